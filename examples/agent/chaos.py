"""Agents under chaos: `replaykit chaos examples/agent`."""

from collections.abc import Callable, Sequence
from typing import Any

from openai import AsyncOpenAI

from examples.llm_server import lasting_endpoint
from replaykit import Scenario, Signal
from replaykit.model.chaos import End, RunResult

from .activities import AgentActivities
from .models import Goal
from .workflows import Agent

GOAL = Goal("Plan a day at the harbour", ["31 * 2", "height of the lighthouse"], turns_per_run=1)


def activities() -> Sequence[Callable[..., Any]]:
    """The real activities and tools; the model is the server on loopback."""
    agent = AgentActivities(AsyncOpenAI(base_url=lasting_endpoint(), api_key="loopback", max_retries=0))
    return [agent.plan, agent.calculate, agent.search, agent.summarise]


def one_point_more(run: RunResult) -> bool:
    """Whether the agent settled the point that a signal added; it has to unless its last plan was made by then."""
    added = any(strike.fault.startswith("signal_") for strike in run.plan.strikes)
    return added and run.end is End.COMPLETED and isinstance(run.result, dict) and run.result["turns"] == len(TURNS) + 1


TURNS = (*GOAL.points, "finish")

AGENT = Scenario(
    name="agent",
    workflow=Agent,
    args=[GOAL, None],
    activities=activities,
    signals=[Signal("add_point", ["3 + 3"])],
    accepts=one_point_more,
)
