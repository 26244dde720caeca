"""Jobs by hand and by night."""

import sqlite3
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, closing
from datetime import UTC, datetime
from pathlib import Path

import pytest
from temporalio.client import Client, WorkflowFailureError, WorkflowHandle
from temporalio.exceptions import ActivityError

from examples.ai_pipeline.activities import PipelineActivities
from examples.ai_pipeline.models import Job, PipelineResult
from examples.ai_pipeline.store import Store
from examples.ai_pipeline.worker import DOCUMENTS, TASK_QUEUE, new_worker
from examples.ai_pipeline.workflows import AiPipeline
from examples.llm_server import LoopbackServer
from examples.nightly.models import Night
from examples.nightly.schedule import install, nightly_schedule
from examples.nightly.worker import TASK_QUEUE as NIGHTLY_QUEUE
from examples.nightly.worker import new_worker as new_nightly_worker
from examples.nightly.worker import run_night
from tests.recording import Server

from .client_of import client_of


@asynccontextmanager
async def pipeline_worker(client: Client, model: LoopbackServer, database: Path) -> AsyncIterator[None]:
    async with client_of(model) as llm, new_worker(client, PipelineActivities(DOCUMENTS, Store(database), llm)):
        yield


async def start(client: Client, job_id: str, collection: str = "energy") -> WorkflowHandle[AiPipeline, PipelineResult]:
    return await client.start_workflow(AiPipeline.run, Job(job_id, collection), id=job_id, task_queue=TASK_QUEUE)


def rows(database: Path, query: str) -> list[tuple[object, ...]]:
    with closing(sqlite3.connect(database)) as tables:
        return tables.execute(query).fetchall()


def test_job_stores_vectors_and_one_analysis(server: Server, model: LoopbackServer, tmp_path: Path) -> None:
    database = tmp_path / "pipeline.sqlite3"

    async def story(client: Client) -> PipelineResult:
        async with pipeline_worker(client, model, database):
            handle = await start(client, "job-good")
            result = await handle.result()
            assert await handle.query(AiPipeline.step) == "done"
            assert await (await handle.describe()).memo_value("documents") == 3
            return result

    result = server.run(story)
    assert result.documents == 3
    assert rows(database, "SELECT name FROM vectors ORDER BY name") == [("solar",), ("storage",), ("tidal",)]
    assert rows(database, "SELECT key, analysis FROM results") == [("job-good/store", result.analysis)]


def test_busy_model_costs_attempts_and_not_the_job(server: Server, model: LoopbackServer, tmp_path: Path) -> None:
    model.fail("job-busy/embed/storage", status=503)
    database = tmp_path / "pipeline.sqlite3"

    async def story(client: Client) -> int:
        async with pipeline_worker(client, model, database):
            handle = await start(client, "job-busy")
            await handle.result()
            history = await handle.fetch_history()
            return max(event.activity_task_started_event_attributes.attempt for event in history.events)

    assert server.run(story) == 2
    assert rows(database, "SELECT count(*) FROM vectors") == [(3,)]


@pytest.mark.parametrize(
    ("job_id", "collection", "error"),
    [("job-unknown", "unknown", "NoDocumentsError"), ("job-refused", "press", "BadRequestError")],
)
def test_error_that_no_repetition_mends_fails_the_job_at_once(
    server: Server, model: LoopbackServer, tmp_path: Path, job_id: str, collection: str, error: str
) -> None:
    model.fail("job-refused/analyse", status=400)

    async def story(client: Client) -> None:
        async with pipeline_worker(client, model, tmp_path / "pipeline.sqlite3"):
            with pytest.raises(WorkflowFailureError) as failure:
                await (await start(client, job_id, collection)).result()
            assert isinstance(failure.value.cause, ActivityError)
            assert getattr(failure.value.cause.cause, "type", None) == error

    server.run(story)


def test_schedule_runs_each_night_under_its_own_job_id(server: Server, model: LoopbackServer, tmp_path: Path) -> None:
    reports = tmp_path / "reports"

    async def story(client: Client) -> list[str]:
        schedule = nightly_schedule(Night("press"), task_queue=NIGHTLY_QUEUE)
        await install(client, schedule)
        handle = await install(client, schedule)  # repeating it is safe
        async with (
            pipeline_worker(client, model, tmp_path / "pipeline.sqlite3"),
            new_nightly_worker(client, reports),
        ):
            nights = [await run_night(client, handle, datetime(2026, 2, day, tzinfo=UTC)) for day in (3, 4)]
            names = [await night.result() for night in nights]
        await handle.delete()
        return names

    assert server.run(story) == ["night-2026-02-03.txt", "night-2026-02-04.txt"]
    assert (reports / "night-2026-02-04.txt").read_text(encoding="utf-8").startswith("2 documents: ")
