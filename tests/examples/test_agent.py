"""Agents work until their goal is reached."""

import asyncio
from collections.abc import Sequence

import pytest
from temporalio.client import Client, WorkflowFailureError, WorkflowHandle
from temporalio.exceptions import ApplicationError

from examples.agent import tools
from examples.agent.activities import AgentActivities
from examples.agent.models import AgentResult, Goal
from examples.agent.worker import POINTS, TASK_QUEUE, new_worker
from examples.agent.workflows import Agent
from examples.llm_server import LoopbackServer
from tests.recording import Server

from .client_of import client_of


async def start(
    client: Client, agent_id: str, points: Sequence[str], *, max_turns: int = 50, turns_per_run: int = 20
) -> WorkflowHandle[Agent, AgentResult]:
    goal = Goal("Plan a day at the harbour", list(points), max_turns, turns_per_run)
    return await client.start_workflow(Agent.run, args=[goal, None], id=agent_id, task_queue=TASK_QUEUE)


async def activities_of(handle: WorkflowHandle[Agent, AgentResult]) -> list[str]:
    history = await handle.fetch_history()
    return [
        event.activity_task_scheduled_event_attributes.activity_type.name
        for event in history.events
        if event.HasField("activity_task_scheduled_event_attributes")
    ]


def test_agent_settles_each_point_with_the_tool_chosen_at_run_time(server: Server, model: LoopbackServer) -> None:
    async def story(client: Client) -> tuple[AgentResult, list[str]]:
        async with client_of(model) as llm, new_worker(client, AgentActivities(llm)):
            handle = await start(client, "agent-plain", POINTS)
            result = await handle.result()
            assert (await handle.query(Agent.notes)).open_points == []
            return result, await activities_of(handle)

    result, activities = server.run(story)
    assert result.turns == len(POINTS) + 1
    assert activities[::3] == ["plan"] * result.turns
    assert activities[2::3] == ["summarise"] * len(POINTS)
    assert set(activities[1::3]) == {"calculate", "search"}


def test_agent_carries_its_notes_and_a_signal_across_continue_as_new(server: Server, model: LoopbackServer) -> None:
    async def story(client: Client) -> tuple[AgentResult, list[str]]:
        async with client_of(model) as llm, new_worker(client, AgentActivities(llm)):
            handle = await start(client, "agent-chain", ["1 + 1", "2 + 2"], turns_per_run=1)
            await handle.signal(Agent.add_point, "3 + 3")
            result = await handle.result()
            latest = client.get_workflow_handle(handle.id)
            assert await (await latest.describe()).memo_value("turns") == 3
            return result, await activities_of(latest)

    result, last_run = server.run(story)
    assert result.turns == 4
    assert last_run == ["plan"]


def test_agent_gives_up_when_its_turns_are_used_up(server: Server, model: LoopbackServer) -> None:
    async def story(client: Client) -> None:
        async with client_of(model) as llm, new_worker(client, AgentActivities(llm)):
            handle = await start(client, "agent-lost", ["1 + 1", "2 + 2", "3 + 3"], max_turns=2)
            with pytest.raises(WorkflowFailureError) as failure:
                await handle.result()
            assert isinstance(failure.value.cause, ApplicationError)
            assert failure.value.cause.type == "TurnsUsedUp"

    server.run(story)


def test_tool_that_the_model_made_up_is_told_to_the_model_and_not_called(
    server: Server, model: LoopbackServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    # The model chooses from the schema's list; a list with one tool too many is a model that makes one up.
    schema = {
        "type": "object",
        "properties": {"tool": {"enum": ["teleport", "finish"]}, "argument": {"type": "string"}},
    }
    monkeypatch.setattr("examples.agent.activities._PLAN_SCHEMA", schema)

    async def story(client: Client) -> tuple[AgentResult, list[str]]:
        async with client_of(model) as llm, new_worker(client, AgentActivities(llm)):
            handle = await start(client, "agent-dreamer", ["home"])
            return await handle.result(), await activities_of(handle)

    result, activities = server.run(story)
    assert activities == ["plan", "summarise", "plan"]
    assert "there is no tool 'teleport'" in result.summary


@pytest.mark.parametrize(
    ("expression", "value"),
    [("31 * 2", "62"), ("-(2 + 3) / 2", "-2.5"), ("1 / 0", "cannot calculate '1 / 0'"), ("open('x')", None)],
)
def test_calculator_calculates_and_nothing_else(expression: str, value: str | None) -> None:
    assert tools.calculate(expression) == (value or f"cannot calculate {expression!r}")


def test_almanac_is_searched_by_shared_words() -> None:
    assert tools.search("channel of the pilot boat") == "The pilot boat answers on channel 12."
    assert asyncio.run(asyncio.to_thread(tools.search, "zebra")) == "nothing about 'zebra'"
