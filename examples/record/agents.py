"""Histories of Agent: short and long loops, a chain of runs, and agents that never reach their goal."""

import asyncio
from collections.abc import Sequence

from temporalio.api.enums.v1 import EventType
from temporalio.client import WorkflowHandle

from examples.agent.activities import AgentActivities
from examples.agent.models import AgentResult, Goal
from examples.agent.worker import POINTS, TASK_QUEUE, new_worker
from examples.agent.workflows import Agent

from .stage import Run, Stage, ended_badly, reached

LONG_LOOP = 60  # turns of some 18 events each: more than 1,000 events


async def record(stage: Stage) -> list[Run]:
    """Run all agents; returns those to export."""
    async with new_worker(stage.client, AgentActivities(stage.llm)):
        groups = await asyncio.gather(_short(stage), _long(stage), _chain(stage), _stopped(stage))
        return [run for group in groups for run in group]


async def _short(stage: Stage) -> list[Run]:
    stage.model.fail("agent-502/2/plan", status=429)
    plain = await _start(stage, "agent-501", POINTS)
    retried = await _start(stage, "agent-502", POINTS)
    steered = await _start(stage, "agent-503", POINTS)
    await steered.signal(Agent.add_point, "channel of the pilot boat")
    await asyncio.gather(plain.result(), retried.result(), steered.result())
    await plain.query(Agent.notes)
    exhausted = await _start(stage, "agent-504", _sums(9), max_turns=3)
    return [Run(plain.id), Run(retried.id), Run(steered.id), await ended_badly(exhausted, "FAILED")]


async def _long(stage: Stage) -> list[Run]:
    agent = await _start(stage, "agent-505", _sums(LONG_LOOP), max_turns=LONG_LOOP + 1, turns_per_run=LONG_LOOP + 1)
    await agent.result()
    return [Run(agent.id)]


async def _chain(stage: Stage) -> list[Run]:
    """Seven turns and a last one, three a run: two runs continue as new, the third completes."""
    agent = await _start(stage, "agent-506", _sums(7), turns_per_run=3)
    await agent.result()
    runs: list[Run] = []
    run_id = agent.first_execution_run_id
    while run_id:
        runs.insert(0, Run(agent.id, run_id))
        history = await stage.client.get_workflow_handle(agent.id, run_id=run_id).fetch_history()
        end = history.events[-1].workflow_execution_continued_as_new_event_attributes
        run_id = end.new_execution_run_id
    return runs


async def _stopped(stage: Stage) -> list[Run]:
    stage.model.stall("agent-507/2/plan")
    stage.model.stall("agent-508/1/summarise")
    cancelled = await _start(stage, "agent-507", POINTS)
    pending = await _start(stage, "agent-508", POINTS)
    await reached(cancelled, EventType.EVENT_TYPE_ACTIVITY_TASK_SCHEDULED, times=4)
    await cancelled.cancel()
    await reached(pending, EventType.EVENT_TYPE_ACTIVITY_TASK_SCHEDULED, times=3)
    return [await ended_badly(cancelled, "CANCELED"), Run(pending.id)]


def _sums(count: int) -> list[str]:
    return [f"{number} * 7" for number in range(1, count + 1)]


async def _start(
    stage: Stage, agent_id: str, points: Sequence[str], *, max_turns: int = 50, turns_per_run: int = 20
) -> WorkflowHandle[Agent, AgentResult]:
    goal = Goal("Plan a day at the harbour", list(points), max_turns, turns_per_run)
    return await stage.client.start_workflow(Agent.run, args=[goal, None], id=agent_id, task_queue=TASK_QUEUE)
