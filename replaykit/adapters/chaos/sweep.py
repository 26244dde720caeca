"""A scenario is run again and again on a real server, many runs side by side, each under its own plan."""

import asyncio
import time
import uuid
from pathlib import Path
from typing import Any

from temporalio.client import Client, WorkflowHandle
from temporalio.service import RPCError

from replaykit.adapters.chaos import ends
from replaykit.adapters.chaos.answering import Recordings, given_to
from replaykit.adapters.chaos.armed import Armed
from replaykit.adapters.chaos.clock import driven, set_skipping
from replaykit.adapters.chaos.cues import Telling
from replaykit.adapters.chaos.given import given_by
from replaykit.adapters.chaos.histories import first_only, histories_of
from replaykit.adapters.chaos.lanes import Lane, Lanes, Ran
from replaykit.adapters.chaos.ledger import Ledger
from replaykit.adapters.chaos.reach import Reach
from replaykit.adapters.chaos.registry import Registry
from replaykit.adapters.chaos.results import Results
from replaykit.adapters.chaos.updates import send_all
from replaykit.adapters.chaos.wire_lane import task_timeout
from replaykit.adapters.sdk_private import workflow_type
from replaykit.model.chaos import End, FaultPlan
from replaykit.model.scenario import Given, Scenario
from replaykit.rules.chaos.catalogue import KINDS, kind_of
from replaykit.rules.chaos.kinds import Fidelity

# Two failures of one workflow task in a row: waiting for the third costs ten seconds of backoff.
WEDGED_AFTER = 2
# What Core itself refuses to replay no code of the workflow's sees: the server counts the attempts at such a task.
_CORE_GIVES_UP = 4
# Seconds; the clock of a run does not skip while a child is open, so that its retries take the time that they take.
_BESIDE_CHILDREN = 30.0
# Seconds; a run that takes longer is looked at, again and again.
_LONG = 3.0
_LOOK = 0.02
_LATER = frozenset({"no_workers"})
_REPEAT_WAITS = 1.0
_GRACE = 5.0
# Without a cache Core drops a workflow task now and then where children run local activities side by side: each comes
# again after its timeout of ten seconds (examples/fan_out: two or three of them a run, temporalio 1.35).
_UNCACHED_STALLS = 60.0
_TRIES = 5
# How many runs are done again at once: what a slow machine spoilt, it would spoil again beside all the others.
_CALM = 2


class Sweep:
    """An open sweep: `run` may be called many times at once."""

    def __init__(
        self,
        scenario: Scenario,
        client: Client,
        ledger: Ledger,
        reach: Reach,
        registry: Registry,
        recordings: Recordings | None,
        *,
        lanes: Lanes,
    ) -> None:
        self._lanes = lanes
        self._recordings = recordings
        self._scenario = scenario
        self._client = client
        self._ledger = ledger
        self._results = Results(scenario, ledger, client.data_converter.payload_converter)
        self._reach = reach
        self._registry = registry
        self.patience = scenario.timeout
        self._calm = asyncio.Semaphore(_CALM)
        self.injects = frozenset(
            kind.name
            for kind in KINDS.values()
            if (kind.fidelity in {Fidelity.IN_PROCESS, Fidelity.HTTP} and kind.name not in _LATER)
            or (kind.fidelity is Fidelity.PROXY and lanes.wire is not None)
        )

    async def run(self, plan: FaultPlan, *, cached: bool = True, given: Given | None = None) -> Ran:
        """Run the scenario under a plan, to its end or to where it will not end.

        A run in which the server timed out an attempt that nothing had struck says nothing of the plan, and neither
        does one in which its only strike came too late: it is done again, a few times, and with few others beside it.
        `given` stands in for the scenario's own arguments.
        """
        ran = await self._run(plan, cached=cached, given=given)
        for _ in range(_TRIES - 1):
            missed = len(plan.strikes) == 1 and not ran.result.fired
            if not (ran.result.spurious or missed):
                break
            async with self._calm:
                ran = await self._run(plan, cached=cached, given=given)
        return ran

    async def run_in(self, lane: Lane, plan: FaultPlan, *, given: Given | None = None) -> Ran:
        """Run the scenario under a plan once, where others have its workers."""
        return await self._run(plan, cached=True, given=given, lane=lane)

    @property
    def client(self) -> Client:
        """The client by which runs are started."""
        return self._client

    @property
    def ledger_path(self) -> Path:
        """Where activities of any process write their effects."""
        return self._ledger.path

    @property
    def task_queue(self) -> str:
        """Where the workers of the sweep itself are."""
        return self._lanes.cached

    @property
    def registry(self) -> Registry:
        """The runs that are under a plan."""
        return self._registry

    @property
    def reach(self) -> Reach:
        """The way to the server that strikes have."""
        return self._reach

    async def _run(self, plan: FaultPlan, *, cached: bool, given: Given | None, lane: Lane | None = None) -> Ran:
        evicts = next((strike for strike in plan.strikes if strike.fault == "evict"), None)
        workflow_id = f"chaos-{uuid.uuid4().hex[:16]}"
        armed = self._registry.arm(
            workflow_id, plan, untrusted=self._scenario.untrusted, updates=bool(self._scenario.updates)
        )
        armed.answers, armed.requests = given_to(armed, self._recordings, effects=self._scenario.http_effects)
        try:
            if lane is not None:
                await lane.arms(armed)
            handle = await self._start(armed, given, cached=cached and evicts is None, lane=lane)
            calm = cached and evicts is None
            how = await self._end(handle, armed, patience=self.patience if calm else self.patience + _UNCACHED_STALLS)
            if lane is not None:
                await lane.leaves(armed)
            armed.closed = True
            await self._quiet(armed)
            armed.requests.close()
            if evicts is not None and armed.replays:
                armed.fires(evicts)
            # A child of a run that has ended may begin while histories are read.
            family = armed.kin.runs if self._scenario.chain else first_only(armed.kin.runs, armed.workflow_id)
            histories = await histories_of(self._client, family)
            return Ran(self._results.of(armed, how, histories, family), histories)
        finally:
            self._registry.disarm(armed)

    async def _start(
        self, armed: Armed, given: Given | None, *, cached: bool, lane: Lane | None
    ) -> WorkflowHandle[Any, Any]:
        task_queue, limit = self._lanes.cached if cached else self._lanes.uncached, task_timeout(armed.plan)
        through_proxy = any(kind_of(strike.fault).fidelity is Fidelity.PROXY for strike in armed.plan.strikes)
        if lane is not None:
            task_queue, limit = lane.task_queue, lane.task_timeout
        elif through_proxy and self._lanes.wire is not None:
            task_queue = await self._lanes.wire.task_queue(cached=cached)
        given = given_by(armed.plan.given) if armed.plan.given else self._scenario.args if given is None else given
        args = given(armed.workflow_id) if callable(given) else given
        handle = await self._client.start_workflow(
            type_of(self._scenario),
            args=list(args),
            id=armed.workflow_id,
            task_queue=task_queue,
            task_timeout=limit,
            **self._scenario.start,
        )
        armed.happens("the workflow is started")
        return handle

    async def _end(self, handle: WorkflowHandle[Any, Any], armed: Armed, *, patience: float) -> End | None:
        """Wait for the end of a run; returns how it does not end, where it does not."""
        result = asyncio.ensure_future(ends.result_of(handle, follow=self._scenario.chain))
        driving = asyncio.ensure_future(self._driven(handle, armed))
        deadline = time.monotonic() + patience
        look = time.monotonic() + _LONG
        try:
            while True:
                done, _ = await asyncio.wait({result}, timeout=_LOOK if armed.failed_tasks else 0.25)
                if done:
                    if any(strike.fault == "update_repeated" for strike in armed.plan.strikes):
                        # The first outcome may be what ended the run: the repetition is still on its way.
                        await asyncio.wait({driving}, timeout=_REPEAT_WAITS)
                    if not self._scenario.chain:
                        await self._terminate(handle)
                    return None
                wedged = armed.failed_tasks >= WEDGED_AFTER
                if not wedged and time.monotonic() > look:
                    look = time.monotonic() + _LONG
                    wedged = await ends.task_attempts(handle) >= _CORE_GIVES_UP
                if wedged:
                    await self._terminate(handle)
                    return End.WEDGED
                if time.monotonic() > deadline + (_BESIDE_CHILDREN if armed.kin.has_children else 0):
                    await self._terminate(handle)
                    return End.HUNG
        finally:
            for task in (driving, result):
                task.cancel()
            await asyncio.gather(driving, result, return_exceptions=True)

    async def _drive(self, handle: WorkflowHandle[Any, Any], armed: Armed) -> None:
        await send_all(handle, armed, self._scenario.updates)
        if self._scenario.drive is not None:
            await self._scenario.drive(handle)

    async def _told(self, handle: WorkflowHandle[Any, Any], telling: Telling) -> None:
        async def skip(skips: bool, most: int = 0) -> None:  # noqa: FBT001 - the clock skips or it does not
            await set_skipping(self._client, handle.id, skips=skips, most=most)

        await telling(handle, skip, self._client.get_workflow_handle)

    async def _driven(self, handle: WorkflowHandle[Any, Any], armed: Armed) -> None:
        try:
            if isinstance(self._scenario.drive, Telling):
                await self._told(handle, self._scenario.drive)
            elif self._scenario.updates or self._scenario.drive is not None:
                await driven(self._client, handle.id, self._drive(handle, armed))
        except asyncio.CancelledError:
            raise
        except Exception as error:  # noqa: BLE001 - the team's own function may raise anything
            # A run that was struck may have ended before it was told everything.
            armed.happens(f"what drives the scenario raised {type(error).__name__}: {error}")

    @staticmethod
    async def _terminate(handle: WorkflowHandle[Any, Any]) -> None:
        try:
            await handle.terminate("replaykit: it does not end")
        except RPCError:
            return

    @staticmethod
    async def _quiet(armed: Armed) -> None:
        """Wait for attempts that are still at work: a zombie acts after the run has ended."""
        deadline = time.monotonic() + _GRACE
        while armed.attempts.running and time.monotonic() < deadline:  # noqa: ASYNC110 - attempts end on several threads
            await asyncio.sleep(_LOOK)


def type_of(scenario: Scenario) -> str:
    """Return the workflow type that a client starts."""
    given = scenario.workflow
    return given if isinstance(given, str) else workflow_type(given) or given.__name__
