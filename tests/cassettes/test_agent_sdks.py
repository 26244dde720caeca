"""Agents of two SDKs run from their committed cassettes and histories: no model, no network, not one HTTP call."""

import asyncio
import base64
import json
import shutil
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
from openai import AsyncOpenAI
from pydantic_ai import FunctionToolset
from pydantic_ai.durable_exec.temporal import PydanticAIPlugin
from temporalio.client import Client, Plugin, WorkflowFailureError

from examples.agent import worker as agent
from examples.agent.activities import AgentActivities
from examples.agent.workflows import Agent
from examples.ai_pipeline import worker as pipeline
from examples.ai_pipeline.activities import PipelineActivities
from examples.ai_pipeline.models import Job
from examples.ai_pipeline.store import Store
from examples.ai_pipeline.workflows import AiPipeline
from examples.openai_agents import activities as desk_activities
from examples.openai_agents import worker as desk
from examples.pydantic_ai import worker as guide
from examples.pydantic_ai.volatile import VOLATILE
from examples.pydantic_ai.workflows import guide as guide_agent
from examples.record.cassettes import GOAL, SCENES
from replaykit import CassetteMiss, OpenCassette, use_cassette
from replaykit.config import Config
from replaykit.jobs.from_history import from_history
from tests.recording import Server

ROOT = Path(__file__).parents[2]
CASSETTES = {scene.example: scene.path for scene in SCENES}


class Nobody:
    """A port where a model might be: whoever connects is counted, and hung up on."""

    def __init__(self) -> None:
        self.callers = 0
        self._listening = socket.create_server(("127.0.0.1", 0))
        self._thread = threading.Thread(target=self._count)
        self._thread.start()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._listening.getsockname()[1]}/v1"

    def close(self) -> None:
        with suppress(OSError):
            self._listening.shutdown(socket.SHUT_RDWR)
        self._listening.close()
        self._thread.join()

    def _count(self) -> None:
        with suppress(OSError):
            while True:
                caller, _ = self._listening.accept()
                self.callers += 1
                caller.close()


@pytest.fixture
def nobody(monkeypatch: pytest.MonkeyPatch) -> Iterator[Nobody]:
    there = Nobody()
    look_up_host = socket.getaddrinfo

    def counted(host: str, *rest: Any, **more: Any) -> Any:  # noqa: ANN401 - the standard library's own signature
        """Count whoever looks for another host, as the SDKs' tracing does."""
        there.callers += host != "127.0.0.1"
        return look_up_host("127.0.0.1", *rest, **more)

    monkeypatch.setattr(socket, "getaddrinfo", counted)
    monkeypatch.setenv("OPENAI_BASE_URL", there.url)
    monkeypatch.setenv("OPENAI_API_KEY", "none")
    yield there
    there.close()


@pytest.fixture
def silent(nobody: Nobody) -> Iterator[None]:
    """Nothing is asked of any model while the test runs, which is looked at where it would be asked."""
    yield
    assert nobody.callers == 0


async def advised(
    server: Server, example: str, cassette: OpenCassette, asked: dict[str, str], *, name: str
) -> dict[str, Any]:
    """Serve one visitor with the example's own worker, and the cassette among its interceptors."""
    plugin: Plugin = desk.new_plugin() if example == "openai_agents" else PydanticAIPlugin()
    client = await Client.connect(server.address, plugins=[plugin])
    new_worker = desk.new_worker if example == "openai_agents" else guide.new_worker
    workflow = "HarbourDesk" if example == "openai_agents" else "HarbourGuide"
    async with new_worker(client, task_queue=name, interceptors=[cassette]):
        # As a plain dict: each plugin's converter makes the workflow's own type of it.
        told: dict[str, Any] = await client.execute_workflow(workflow, asked, id=name, task_queue=name)
        return told


def history_of(example: str, number: int) -> Path:
    kind, hundred = ("HarbourDesk", 6000) if example == "openai_agents" else ("HarbourGuide", 7000)
    return ROOT / "fixtures" / kind / f"visit-{hundred + number}.json"


def payload_of(history: Path, place: str) -> Any:  # noqa: ANN401 - JSON
    events = json.loads(history.read_text("utf-8"))["events"]
    event, attributes, field = {
        "input": (events[0], "workflowExecutionStartedEventAttributes", "input"),
        "result": (events[-1], "workflowExecutionCompletedEventAttributes", "result"),
    }[place]
    return json.loads(base64.b64decode(event[attributes][field]["payloads"][0]["data"]))


QUESTIONS = {"question": desk.QUESTION, "follow_up": desk.FOLLOW_UP}
BOTH = pytest.mark.parametrize("example", ["openai_agents", "pydantic_ai"])
ANSWERS = {
    "openai_agents": "The lighthouse is built to accommodate 31 adults and 31 children, and it pays a total of 325",
    "pydantic_ai": "The lighthouse is 31.25 feet tall, with 31 and 12 as its units",
}


@BOTH
@pytest.mark.usefixtures("silent")
def test_agent_runs_from_its_committed_cassette_without_a_call(server: Server, example: str) -> None:
    with use_cassette(CASSETTES[example], fail_unused=True) as cassette:
        told = server.run(lambda _: advised(server, example, cassette, QUESTIONS, name=f"taped-{example}"))
    assert told["answers"][0].startswith(ANSWERS[example])
    assert sorted(told["tools"]) == ["ferry_fare", "ferry_fare", "look_up", "look_up"]
    assert cassette.replaying
    assert (cassette.recorded, cassette.misses, cassette.unused) == (0, (), ())
    assert cassette.played == (9 if example == "openai_agents" else 10)


@pytest.fixture
def made_of(tmp_path: Path) -> Callable[[Path], Path]:
    def make(history: Path) -> Path:
        out = tmp_path / "made.yaml"
        declared = VOLATILE if history.parent.name == "HarbourGuide" else ()
        asyncio.run(from_history(Config(), [history], out=out, declared=declared, force=False))
        return out

    return make


@BOTH
@pytest.mark.usefixtures("silent")
def test_agent_runs_on_the_answers_of_a_history_whose_model_was_busy(
    server: Server, made_of: Callable[[Path], Path], example: str
) -> None:
    history = history_of(example, 2)
    with use_cassette(made_of(history), fail_unused=True) as cassette:
        asked = payload_of(history, "input")
        told = server.run(lambda _: advised(server, example, cassette, asked, name=f"made-{example}"))
    assert told == payload_of(history, "result")


def missed_by(server: Server, example: str, name: str, asked: dict[str, str] = QUESTIONS) -> str:
    with pytest.raises(CassetteMiss) as missed, use_cassette(CASSETTES[example]) as cassette:
        server.run(lambda _: advised(server, example, cassette, asked, name=name))
    assert isinstance(missed.value.__context__, WorkflowFailureError)
    cause: str = missed.value.problem.cause
    return cause


@BOTH
@pytest.mark.usefixtures("silent")
def test_changed_question_is_a_miss_that_names_the_message(server: Server, example: str) -> None:
    cause = missed_by(server, example, f"asked-{example}", QUESTIONS | {"question": "How old is the lighthouse?"})
    place = "input[0].input[0].content" if example == "openai_agents" else "input[0].messages[0].parts[0].content"
    assert f'{place}   "How high is the lighthouse?" → "How old is the lighthouse?"' in cause
    assert "differs in 1 place" in cause


@pytest.mark.usefixtures("silent")
def test_changed_tool_of_the_openai_agent_is_named(server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    # The sandbox imports the workflow anew, but not the activity: that is passed through.
    monkeypatch.setattr(desk_activities.look_up, "__doc__", "Look anything up.")
    cause = missed_by(server, "openai_agents", "other-tool")
    assert "differs in 1 place" in cause
    assert "input[0].tools[look_up].description" in cause


@pytest.mark.usefixtures("silent")
def test_changed_tool_of_the_pydantic_agent_is_named(server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    [toolset] = [found for found in guide_agent.toolsets if found.id == "harbour"]
    assert isinstance(toolset, FunctionToolset)
    monkeypatch.setattr(toolset.tools["ferry_fare"], "description", "Tell the fare.")
    cause = missed_by(server, "pydantic_ai", "told-otherwise")
    assert "differs in 1 place" in cause
    assert "input[0].model_request_parameters.function_tools[ferry_fare].description" in cause


@pytest.mark.usefixtures("silent")
def test_agent_of_the_examples_runs_from_its_committed_cassette(server: Server, nobody: Nobody) -> None:
    async def story(client: Client, cassette: OpenCassette) -> Any:  # noqa: ANN401 - the workflow's result
        async with (
            AsyncOpenAI(base_url=nobody.url, api_key="none", max_retries=0) as llm,
            agent.new_worker(client, AgentActivities(llm), task_queue="taped-agent", interceptors=[cassette]),
        ):
            return await client.execute_workflow(Agent.run, args=[GOAL, None], id="agent-601", task_queue="taped-agent")

    with use_cassette(CASSETTES["agent"], fail_unused=True) as cassette:
        told = server.run(lambda client: story(client, cassette))
    assert told.turns == 2
    assert told.summary.startswith("10.12.2019: nothing about '10.12.2019'")
    assert cassette.played == 4


@pytest.mark.usefixtures("silent")
def test_pipeline_of_the_examples_runs_from_its_committed_cassette(
    server: Server, nobody: Nobody, tmp_path: Path
) -> None:
    async def story(client: Client, cassette: OpenCassette) -> Any:  # noqa: ANN401 - the workflow's result
        async with AsyncOpenAI(base_url=nobody.url, api_key="none", max_retries=0) as llm:
            own = PipelineActivities(pipeline.DOCUMENTS, Store(tmp_path / "pipeline.sqlite3"), llm)
            async with pipeline.new_worker(client, own, task_queue="taped-job", interceptors=[cassette]):
                return await client.execute_workflow(
                    AiPipeline.run, Job("job-7801", "press"), id="job-7801", task_queue="taped-job"
                )

    with use_cassette(CASSETTES["ai_pipeline"], fail_unused=True) as cassette:
        told = server.run(lambda client: story(client, cassette))
    assert told.documents == 2
    assert told.analysis.startswith("A great story")
    assert cassette.played == 4


@BOTH
def test_no_answer_of_a_cassette_comes_from_the_model_that_counts_words(example: str) -> None:
    """A recording of the canned model would do as well for these tests; these are of a real one."""
    text = CASSETTES[example].read_text("utf-8")
    assert "In short:" not in text
    if example == "pydantic_ai":
        assert "SmolLM2-135M-Instruct" in text


@BOTH
@pytest.mark.usefixtures("silent")
def test_more_nulls_among_the_settings_break_no_question(server: Server, example: str, tmp_path: Path) -> None:
    """A new release of an SDK brings new settings, each of them null."""
    fuller = tmp_path / "fuller.yaml"
    shutil.copy(CASSETTES[example], fuller)
    text = fuller.read_text("utf-8")
    known = "      temperature: null\n" if example == "openai_agents" else "        metadata: null\n"
    assert known in text
    fuller.write_text(
        text.replace(known, known + known.replace("temperature", "new").replace("metadata", "new")), "utf-8"
    )
    with use_cassette(fuller, fail_unused=True) as cassette:
        server.run(lambda _: advised(server, example, cassette, QUESTIONS, name=f"nulls-{example}"))
    assert not cassette.misses
