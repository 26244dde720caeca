"""Agents under chaos: `replaykit chaos examples/agent`."""

from collections.abc import Callable, Sequence
from typing import Any

from openai import AsyncOpenAI

from examples.llm_server import lasting_endpoint
from replaykit import Scenario, Signal
from replaykit.model.chaos import RunResult

from .activities import AgentActivities
from .models import Goal
from .workflows import Agent

# A turn a run: each continues as new, and a signal that races that must be in the notes of the next.
GOAL = Goal("Plan a day at the harbour", ["31 * 2"], turns_per_run=1)
TURNS = (*GOAL.points, "finish")


def activities() -> Sequence[Callable[..., Any]]:
    """The real activities and tools; the model is the server on loopback."""
    agent = AgentActivities(AsyncOpenAI(base_url=lasting_endpoint(), api_key="loopback", max_retries=0))
    return [agent.plan, agent.calculate, agent.search, agent.summarise]


def more_points(run: RunResult) -> bool:
    """Whether the agent settled the points that signals added, one more turn each."""
    added = sum(strike.fault.startswith("signal_") for strike in run.plan.strikes)
    turns = run.result["turns"] if isinstance(run.result, dict) else 0
    return isinstance(turns, int) and len(TURNS) < turns <= len(TURNS) + added


AGENT = Scenario(
    name="agent",
    workflow=Agent,
    args=[GOAL, None],
    activities=activities,
    signals=[Signal("add_point", ["3 + 3"])],
    accepts=more_points,
)
