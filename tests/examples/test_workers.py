"""Each example runs as its README says: by one command, and as a copied folder."""

import os
import shutil
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

import pytest
from temporalio.api.enums.v1 import EventType
from temporalio.client import Client

from examples.approval.models import Review, Verdict
from examples.approval.workflows import Approval
from examples.llm_server import LoopbackServer
from examples.record.stage import reached
from tests.recording import Server

pytestmark = pytest.mark.long

EXAMPLES = Path(__file__).parents[2] / "examples"
NAMES = ("agent", "ai_pipeline", "approval", "encrypted", "fan_out", "nightly", "order_saga", "versioned")


@pytest.fixture
def environment(server: Server) -> Mapping[str, str]:
    inherited = {key: value for key, value in os.environ.items() if not key.startswith(("OPENAI", "TEMPORAL"))}
    return inherited | {"TEMPORAL_ADDRESS": server.address, "PYTHONPATH": str(EXAMPLES.parent)}


def command(name: str, *arguments: str, package: str = "examples.") -> list[str]:
    return [sys.executable, "-m", f"{package}{name}.worker", *arguments]


def run(line: list[str], folder: Path, environment: Mapping[str, str]) -> subprocess.CompletedProcess[str]:
    return subprocess.run(line, cwd=folder, env=environment, capture_output=True, text=True, timeout=90, check=False)


@pytest.mark.parametrize(
    ("name", "arguments", "result"),
    [
        ("agent", ["--run", "worker-agent", "--point", "6 * 7"], "AgentResult(summary="),
        ("ai_pipeline", ["--run", "worker-job"], "PipelineResult(job_id='worker-job', documents=3"),
        ("encrypted", ["--run", "worker-report"], "Filed(number='R-1001', finding='nothing remarkable')"),
        ("fan_out", ["--run", "worker-batch"], "BatchResult(summaries=[Summary("),
        ("openai_agents", ["--run", "worker-desk"], "Advice(answers=['In short:"),
        ("order_saga", ["--run", "worker"], "OrderResult(order_id='worker', charge_id='order-worker/charge'"),
        ("pydantic_ai", ["--run", "worker-guide"], "answers=['In short:"),
        ("versioned", ["--run", "worker-digest", "--generation", "1"], "3 headlines posted"),
    ],
    ids=["agent", "ai_pipeline", "encrypted", "fan_out", "openai_agents", "order_saga", "pydantic_ai", "versioned"],
)
def test_worker_runs_one_and_prints_its_result(
    environment: Mapping[str, str], tmp_path: Path, name: str, arguments: list[str], result: str
) -> None:
    done = run(command(name, *arguments), tmp_path, environment)
    assert done.stdout.startswith(result), done.stderr
    assert done.returncode == 0


def test_worker_of_a_failed_order_says_why_and_exits_with_1(environment: Mapping[str, str], tmp_path: Path) -> None:
    done = run(command("order_saga", "--run", "poor", "--card", "tok_declined"), tmp_path, environment)
    assert done.returncode == 1
    assert done.stderr.splitlines()[-1] == "order-poor: OrderRolledBack: order poor was rolled back"


def test_approval_worker_waits_for_the_decision(server: Server, environment: Mapping[str, str], tmp_path: Path) -> None:
    async def decide(client: Client) -> None:
        handle = client.get_workflow_handle("worker-notice")
        await reached(handle, EventType.EVENT_TYPE_TIMER_STARTED)
        await handle.execute_update(Approval.review, Review("ada", Verdict.APPROVE))

    with subprocess.Popen(
        command("approval", "--run", "worker-notice"),
        cwd=tmp_path,
        env=environment,
        stdout=subprocess.PIPE,
        text=True,
    ) as process:
        try:
            server.run(decide)
            printed, _ = process.communicate(timeout=60)
        finally:
            process.kill()
    assert printed == "ApprovalResult(outcome='published', drafts=1)\n"


def test_nightly_worker_makes_up_for_a_night_beside_the_pipelines_worker(
    environment: Mapping[str, str], tmp_path: Path
) -> None:
    with subprocess.Popen(command("ai_pipeline"), cwd=tmp_path, env=environment) as pipeline:
        try:
            done = run(command("nightly", "--run", "2026-03-01"), tmp_path, environment)
        finally:
            pipeline.kill()
    assert done.stdout == ".replaykit/examples/reports/night-2026-03-01.txt\n", done.stderr
    assert (tmp_path / done.stdout.strip()).is_file()


def test_copied_folders_import_and_run_as_packages_of_their_own(
    environment: Mapping[str, str], model: LoopbackServer, tmp_path: Path
) -> None:
    for name in NAMES:
        shutil.copytree(EXAMPLES / name, tmp_path / name, ignore=shutil.ignore_patterns("__pycache__"))
    alone = {**environment, "PYTHONPATH": "", "OPENAI_BASE_URL": model.base_url, "OPENAI_API_KEY": "loopback"}
    # A folder of the framework's own name would hide the framework.
    for name, elsewhere in {"openai_agents": "harbour_desk", "pydantic_ai": "harbour_guide"}.items():
        shutil.copytree(EXAMPLES / name, tmp_path / elsewhere, ignore=shutil.ignore_patterns("__pycache__"))
    copied = (*NAMES, "harbour_desk", "harbour_guide")
    imports = "; ".join(f"import {name}.workflows, {name}.worker" for name in copied)
    unwanted = "assert not [m for m in sys.modules if m.split('.')[0] == 'examples']"
    imported = run([sys.executable, "-c", f"import sys; {imports}; {unwanted}"], tmp_path, alone)
    assert imported.returncode == 0, imported.stderr
    done = run(command("ai_pipeline", "--run", "copied-job", package=""), tmp_path, alone)
    assert done.stdout.startswith("PipelineResult(job_id='copied-job'"), done.stderr


def test_loading_a_workflow_does_not_load_the_openai_sdk(environment: Mapping[str, str], tmp_path: Path) -> None:
    imports = "; ".join(f"import examples.{name}.workflows" for name in NAMES)
    done = run(
        [sys.executable, "-c", f"import sys; {imports}; assert 'openai' not in sys.modules"], tmp_path, environment
    )
    assert done.returncode == 0, done.stderr
