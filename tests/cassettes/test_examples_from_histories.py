"""The examples run end to end on a real server with the answers of their recorded histories, and no model at all."""

import asyncio
import base64
import functools
import json
import sqlite3
from collections.abc import Callable, Sequence
from contextlib import closing
from pathlib import Path
from typing import Any, TypeVar

import pytest
from openai import AsyncOpenAI
from temporalio.api.common.v1 import Payload
from temporalio.client import Client, WorkflowFailureError
from temporalio.converter import DataConverter
from temporalio.exceptions import ActivityError, ApplicationError
from temporalio.worker import Worker

from examples.agent.activities import AgentActivities
from examples.agent.models import AgentResult, Goal
from examples.agent.worker import POINTS
from examples.agent.workflows import Agent
from examples.ai_pipeline.activities import PipelineActivities
from examples.ai_pipeline.models import Job, PipelineResult
from examples.ai_pipeline.store import Store
from examples.ai_pipeline.worker import DOCUMENTS
from examples.ai_pipeline.workflows import AiPipeline
from examples.fan_out.activities import FanOutActivities
from examples.fan_out.models import Document, Summary
from examples.fan_out.workflows import DocumentSummary
from replaykit import CassetteMiss, OpenCassette, use_cassette
from replaykit.config import Config
from replaykit.jobs.from_history import from_history
from tests.cassettes.diverged import AnalyseFirst
from tests.recording import Server

FIXTURES = Path(__file__).parents[2] / "fixtures"
T = TypeVar("T")
# Nothing listens on the discard port: whoever calls a model fails.
NOBODY = "http://127.0.0.1:9/v1"


@pytest.fixture
def cassette_of(tmp_path: Path) -> Callable[[str], Path]:
    def make(history: str) -> Path:
        out = tmp_path / "cassette.yaml"
        asyncio.run(from_history(Config(), [FIXTURES / history], out=out, declared=(), force=False))
        return out

    return make


def started_with(history: str, kind: type[T]) -> T:
    events = json.loads((FIXTURES / history).read_text("utf-8"))["events"]
    return _payload(events[0]["workflowExecutionStartedEventAttributes"]["input"], kind)


def recorded_result(history: str, kind: type[T]) -> T:
    events = json.loads((FIXTURES / history).read_text("utf-8"))["events"]
    return _payload(events[-1]["workflowExecutionCompletedEventAttributes"]["result"], kind)


def _payload(field: Any, kind: type[T]) -> T:  # noqa: ANN401 - JSON
    converter = DataConverter.default.payload_converter
    payload = Payload(metadata={"encoding": b"json/plain"}, data=base64.b64decode(field["payloads"][0]["data"]))
    [value] = converter.from_payloads([payload], [kind])
    assert isinstance(value, kind)
    return value


def agent_worker(client: Client, queue: str, cassette: OpenCassette) -> Worker:
    agent = AgentActivities(AsyncOpenAI(base_url=NOBODY, api_key="none", max_retries=0))
    activities: list[Any] = [agent.plan, agent.calculate, agent.search, agent.summarise]
    return Worker(client, task_queue=queue, workflows=[Agent], activities=activities, interceptors=[cassette])


def pipeline_worker(
    client: Client, queue: str, cassette: OpenCassette, database: Path, workflows: Sequence[type] = (AiPipeline,)
) -> Worker:
    llm = AsyncOpenAI(base_url=NOBODY, api_key="none", max_retries=0)
    own = PipelineActivities(DOCUMENTS, Store(database), llm)
    activities: list[Any] = [own.fetch_documents, own.embed_documents, own.analyse, own.store_result]
    return Worker(client, task_queue=queue, workflows=workflows, activities=activities, interceptors=[cassette])


@pytest.mark.parametrize("agent_id", ["agent-501", "agent-502"])
def test_agent_runs_on_the_answers_of_its_history_with_no_model(
    server: Server, cassette_of: Callable[[str], Path], agent_id: str
) -> None:
    async def story(client: Client, cassette: OpenCassette) -> AgentResult:
        async with agent_worker(client, agent_id, cassette):
            goal = Goal("Plan a day at the harbour", POINTS)
            return await client.execute_workflow(Agent.run, args=[goal, None], id=agent_id, task_queue=agent_id)

    with use_cassette(cassette_of(f"Agent/{agent_id}.json"), fail_unused=True) as cassette:
        result = server.run(lambda client: story(client, cassette))
    assert result == recorded_result(f"Agent/{agent_id}.json", AgentResult)
    assert cassette.replaying
    assert (cassette.played, cassette.recorded, cassette.misses, cassette.unused) == (10, 0, (), ())


async def run_job(worker: Worker, client: Client, job: Job) -> PipelineResult:
    async with worker:
        result: PipelineResult = await client.execute_workflow(
            "AiPipeline", job, id=job.job_id, task_queue=worker.task_queue, result_type=PipelineResult
        )
        return result


def test_pipeline_runs_on_the_answers_of_its_history_and_touches_no_store(
    server: Server, cassette_of: Callable[[str], Path], tmp_path: Path
) -> None:
    database = tmp_path / "pipeline.sqlite3"
    with use_cassette(cassette_of("AiPipeline/job-7702.json"), fail_unused=True) as cassette:
        result = server.run(
            lambda client: run_job(
                pipeline_worker(client, "cassette-7702", cassette, database), client, Job("job-7702", "press")
            )
        )
    assert result == recorded_result("AiPipeline/job-7702.json", PipelineResult)
    with closing(sqlite3.connect(database)) as tables:
        assert tables.execute("SELECT count(*) FROM results").fetchone() == (0,)


def test_changed_workflow_that_would_diverge_runs_on_the_answers_of_yesterday(
    server: Server, cassette_of: Callable[[str], Path], tmp_path: Path
) -> None:
    with use_cassette(cassette_of("AiPipeline/job-7702.json")) as cassette:
        worker = functools.partial(pipeline_worker, workflows=[AnalyseFirst])
        result = server.run(
            lambda client: run_job(
                worker(client, "cassette-diverged", cassette, tmp_path / "db"), client, Job("job-7702", "press")
            )
        )
    assert result == recorded_result("AiPipeline/job-7702.json", PipelineResult)
    assert cassette.unused == ("#4 activity store_result",)


def test_recorded_failure_fails_the_job_as_it_did(
    server: Server, cassette_of: Callable[[str], Path], tmp_path: Path
) -> None:
    with use_cassette(cassette_of("AiPipeline/job-7703.json"), fail_unused=True) as cassette:
        with pytest.raises(WorkflowFailureError) as failure:
            server.run(
                lambda client: run_job(
                    pipeline_worker(client, "cassette-7703", cassette, tmp_path / "db"),
                    client,
                    Job("job-7703", "unknown"),
                )
            )
        assert isinstance(failure.value.cause, ActivityError)
        assert isinstance(failure.value.cause.cause, ApplicationError)
        assert (failure.value.cause.cause.type, failure.value.cause.cause.message) == ("NoDocumentsError", "unknown")


def test_changed_question_reaches_the_test_as_a_miss_that_names_the_field(
    server: Server, cassette_of: Callable[[str], Path], tmp_path: Path
) -> None:
    with pytest.raises(CassetteMiss) as missed, use_cassette(cassette_of("AiPipeline/job-7702.json")) as cassette:
        server.run(
            lambda client: run_job(
                pipeline_worker(client, "cassette-changed", cassette, tmp_path / "db"),
                client,
                Job("job-7702", "energy"),
            )
        )
    assert isinstance(missed.value.__context__, WorkflowFailureError)
    assert missed.value.problem.cause == (
        'its one recording, #1, differs in 1 place:\n  input[0].collection   "press" → "energy"'
    )


@pytest.mark.parametrize("history", ["batch-41-a", "batch-42-empty"])
def test_local_activity_is_answered_by_type_and_order(
    server: Server, cassette_of: Callable[[str], Path], history: str
) -> None:
    document = started_with(f"DocumentSummary/{history}.json", Document)

    async def story(client: Client, cassette: OpenCassette) -> Summary:
        own = FanOutActivities(AsyncOpenAI(base_url=NOBODY, api_key="none", max_retries=0))
        async with Worker(
            client,
            task_queue=history,
            workflows=[DocumentSummary],
            activities=[own.count_words, own.digest],
            interceptors=[cassette],
        ):
            return await client.execute_workflow(DocumentSummary.run, document, id=history, task_queue=history)

    with use_cassette(cassette_of(f"DocumentSummary/{history}.json"), fail_unused=True) as cassette:
        if history == "batch-42-empty":
            with pytest.raises(WorkflowFailureError) as failure:
                server.run(lambda client: story(client, cassette))
            # Core reports the failure of a local activity as it is, in the history too.
            assert isinstance(failure.value.cause, ApplicationError)
            assert failure.value.cause.type == "EmptyDocumentError"
        else:
            result = server.run(lambda client: story(client, cassette))
            assert result == recorded_result(f"DocumentSummary/{history}.json", Summary)
    assert cassette.played == (1 if history == "batch-42-empty" else 2)
