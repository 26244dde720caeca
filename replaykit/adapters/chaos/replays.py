"""Every history that a sweep produced is replayed: what a fault led to must itself replay clean."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from typing import TypeAlias

from temporalio.client import WorkflowHistory

from replaykit.adapters.chaos.family import OwnFamily
from replaykit.adapters.chaos.made_here import made_here
from replaykit.adapters.chaos.sandbox import passing_ours
from replaykit.adapters.history import describe
from replaykit.adapters.replayer import ReplaySession
from replaykit.adapters.workflows import USED, WorkerArguments
from replaykit.model.history import Identity
from replaykit.model.scenario import Scenario
from replaykit.model.verdict import Clean, Inconclusive, Verdict
from replaykit.rules.accept import Accepted, parse
from replaykit.rules.judge import judge

_PATIENCE = 5.0
# On the wire a child is given the short timeout of its parent's workflow tasks; no code asked for it.
_OURS = "child workflow:* workflowTaskTimeout"

# Replays one history; None where nothing can be said of it.
Replay: TypeAlias = Callable[[WorkflowHistory], Awaitable[Verdict | None]]


class Replays:
    """An open replayer of the scenario's own workflows."""

    def __init__(self, session: ReplaySession, accepted: tuple[Accepted, ...]) -> None:
        self._session = session
        self._accepted = accepted
        self._lock = asyncio.Lock()

    async def verdict(self, history: WorkflowHistory) -> Verdict | None:
        """Replay one history; None where there is nothing in it to replay.

        The payloads must be as workflows read them.
        """
        began = history.events[0].workflow_execution_started_event_attributes
        identity = Identity(
            workflow_id=history.workflow_id,
            run_id=began.original_execution_run_id,
            workflow_type=began.workflow_type.name,
            task_queue=began.task_queue.name,
            namespace="default",
        )
        async with self._lock:
            if self._session.spent:
                return None
            parsed = describe(history.events, identity, self._session.data_converter, guessed_id=False)
            if not parsed.tasks:
                return None
            outcome = await self._session.replay(parsed, history, patience=_PATIENCE)
        verdict = judge(parsed, outcome, self._accepted)
        return verdict if outcome.core_answered or not isinstance(verdict, Clean | Inconclusive) else None


@asynccontextmanager
async def open_replays(scenario: Scenario, workflows: Sequence[type]) -> AsyncIterator[Replays]:
    """Open a replayer with the worker's arguments while the block runs."""
    scenario = made_here(scenario)
    arguments = WorkerArguments(workflows=list(workflows))
    for key in USED & set(scenario.worker):
        setattr(arguments, key, scenario.worker[key])
    arguments.interceptors = [*arguments.interceptors, OwnFamily()]
    arguments.data_converter = scenario.data_converter
    arguments.workflow_runner = passing_ours(arguments.workflow_runner)
    session = ReplaySession(arguments)
    await session.open()
    try:
        yield Replays(session, parse((*scenario.drift, _OURS)))
    finally:
        await session.close()
