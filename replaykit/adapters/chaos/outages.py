"""The server dies and comes back on its database, or nobody polls for a while: runs that were under way go on."""

import asyncio
import time
import uuid
from collections.abc import AsyncIterator, Callable, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path

from google.protobuf.field_mask_pb2 import FieldMask
from temporalio.api.activity.v1 import ActivityOptions
from temporalio.api.common.v1 import WorkflowExecution
from temporalio.api.enums.v1 import EventType
from temporalio.api.history.v1 import HistoryEvent
from temporalio.api.workflowservice.v1 import UpdateActivityOptionsRequest
from temporalio.worker import Worker

from replaykit.adapters.chaos.armed import Armed
from replaykit.adapters.chaos.clock import SETTINGS
from replaykit.adapters.chaos.held import Outage
from replaykit.adapters.chaos.lanes import Lane, Ran
from replaykit.adapters.chaos.made_here import made_here
from replaykit.adapters.chaos.opening import open_workers, worker_arguments
from replaykit.adapters.chaos.sweep import Sweep
from replaykit.adapters.server import dev_server, free_port
from replaykit.model.chaos import FaultPlan, Place
from replaykit.model.scenario import Scenario

_LOOK = 0.02
# A run that schedules no activity is given this long to get under way.
_UNDER_WAY = 1.0
# How long nobody polls, where no timeout is to come meanwhile.
_NOBODY = 0.5
_COMES_WITHIN = 10.0
_THREADS = 32
_TRIES = 3
_BRIEF = frozenset({Place.TASK, Place.RUN})


class FragileServer:
    """A server on a database file, to be killed and started again, with the workers of a scenario."""

    def __init__(self, scenario: Scenario, directory: Path) -> None:
        self._scenario = scenario
        self._directory = directory
        self._port = free_port()
        self._up = AsyncExitStack()
        self.deaths = 0

    async def run(self, sweep: Sweep, plans: Sequence[FaultPlan]) -> list[Ran]:
        """Run the scenario once under each plan, and kill the server once when all stand at their boundaries.

        A run that strikes an activity stands there when its work is done and not yet reported; one that strikes a
        workflow task when the code has run and the server does not know; the whole run is struck at its first task.
        What a slow machine keeps from its boundary is run again, with another death.
        """
        found: dict[int, Ran] = {}
        for _ in range(_TRIES):
            left = [place for place in range(len(plans)) if place not in found or _is_spoilt(found[place])]
            if left:
                found |= zip(left, await self._batch(sweep, [plans[place] for place in left]), strict=True)
        return [found[place] for place in range(len(plans))]

    async def _batch(self, sweep: Sweep, plans: Sequence[FaultPlan]) -> list[Ran]:
        outage = Outage()
        armed: dict[str, Armed] = {}

        async def arms(run: Armed) -> None:
            run.outage = outage
            armed[run.workflow_id] = run

        async def leaves(_run: Armed) -> None:
            pass

        lane = Lane(sweep.task_queue, arms, leaves)
        runs: dict[int, asyncio.Task[Ran]] = {}
        try:
            # A workflow's thread does not stand for long: such runs start when the others stand.
            for wave in (False, True):
                for number, plan in enumerate(plans):
                    if any(strike.at.place in _BRIEF for strike in plan.strikes) is wave:
                        runs[number] = asyncio.create_task(sweep.run_in(lane, plan))
                await _until(sweep.patience, lambda: len(armed) == len(runs) and all(map(_stands, armed.values())))
            await self.dies(lambda: _are_struck(armed[standing] for standing in outage.standing))
            outage.over.set()
            return [await runs[number] for number in range(len(plans))]
        finally:
            outage.over.set()
            for task in runs.values():
                task.cancel()
            await asyncio.gather(*runs.values(), return_exceptions=True)

    async def dies(self, struck: Callable[[], object] = lambda: None) -> None:
        """Kill the server with SIGKILL, by its id, and start it again on the same file and port.

        Args:
            struck: Called while there is no server.
        """
        await self._up.aclose()
        struck()
        self.deaths += 1
        await self.comes_up()

    async def comes_up(self) -> str:
        """Start the server; returns its address."""
        client = await self._up.enter_async_context(
            dev_server(
                self._directory,
                settings=SETTINGS,
                # They are in the database, once it is there.
                search_attributes={} if self.deaths else self._scenario.search_attributes,
                port=self._port,
            )
        )
        self.client = client
        return client.service_client.config.target_host

    async def close(self) -> None:
        """Kill it for good."""
        await self._up.aclose()


@asynccontextmanager
async def open_fragile(scenario: Scenario, directory: Path) -> AsyncIterator[tuple[FragileServer, Sweep]]:
    """Start a server that may die, and a sweep's workers on it, while the block runs; all files go to `directory`.

    Raises:
        NoTemporalCli: There is no `temporal` command.
        DemoError: The server does not come up.
    """
    server = FragileServer(scenario, directory)
    try:
        await server.comes_up()
        async with open_workers(scenario, directory, server.client) as sweep:
            yield server, sweep
    finally:
        await server.close()


async def run_without_workers(scenario: Scenario, sweep: Sweep, plan: FaultPlan) -> Ran:
    """Run the scenario, and have nobody poll once it has scheduled an activity, until all that can time out has.

    A run that schedules none, and has ended before, is run again, and its first workflow task waits.
    """
    ran = await _without_workers(scenario, sweep, plan, first=False)
    if ran.result.fired:
        return ran
    return await _without_workers(scenario, sweep, plan, first=True)


async def _without_workers(scenario: Scenario, sweep: Sweep, plan: FaultPlan, *, first: bool) -> Ran:
    """Run the scenario with nobody who polls: for its `first` task, or for the activities that it schedules."""
    task_queue = f"replaykit-chaos-nobody-{uuid.uuid4().hex[:8]}"
    run: list[Armed] = []

    async def arms(armed: Armed) -> None:
        run.append(armed)

    async def leaves(_run: Armed) -> None:
        pass

    arguments = worker_arguments(made_here(scenario), sweep.registry, sweep.reach, sweep.ledger_path)
    with ThreadPoolExecutor(_THREADS) as executor:
        more = {"activity_executor": executor, **arguments}
        running = asyncio.create_task(sweep.run_in(Lane(task_queue, arms, leaves), plan))
        try:
            waiting: list[HistoryEvent] = []
            if first:
                await _until(_COMES_WITHIN, lambda: bool(run))
            else:
                # Only its workflow tasks are polled for, so that the activity that it schedules waits.
                async with Worker(sweep.client, task_queue=task_queue, no_remote_activities=True, **more):
                    await _until(_COMES_WITHIN, lambda: bool(run) and bool(run[0].kin.runs))
                    waiting = await _scheduled(sweep, run[0]) if run else []
            if run and not running.done():
                await _time_out(sweep, run[0], waiting)
                for strike in plan.strikes:
                    run[0].fires(strike)
            async with Worker(sweep.client, task_queue=task_queue, **more):
                return await running
        finally:
            running.cancel()
            await asyncio.gather(running, return_exceptions=True)


async def _scheduled(sweep: Sweep, armed: Armed) -> list[HistoryEvent]:
    """Wait until the run waits for activities, and return the events that say so."""
    deadline = time.monotonic() + _UNDER_WAY
    while True:
        events = [event async for event in sweep.client.get_workflow_handle(armed.workflow_id).fetch_history_events()]
        found = [event for event in events if event.event_type == EventType.EVENT_TYPE_ACTIVITY_TASK_SCHEDULED]
        if found or time.monotonic() > deadline:
            return found
        await asyncio.sleep(_LOOK)


async def _time_out(sweep: Sweep, armed: Armed, waiting: Sequence[HistoryEvent]) -> None:
    """Let pass what has to, while nobody polls: the clock of a run does not skip while an activity waits."""
    pending = 0
    for event in waiting:
        said = event.activity_task_scheduled_event_attributes
        if not said.schedule_to_start_timeout.ToTimedelta():
            continue
        request = UpdateActivityOptionsRequest(
            namespace=sweep.client.namespace,
            execution=WorkflowExecution(workflow_id=armed.workflow_id),
            id=said.activity_id,
            identity=sweep.client.identity,
            update_mask=FieldMask(paths=["schedule_to_start_timeout"]),
            activity_options=ActivityOptions(),
        )
        request.activity_options.schedule_to_start_timeout.FromMilliseconds(1)
        await sweep.client.workflow_service.update_activity_options(request)
        pending += 1
    deadline = time.monotonic() + _COMES_WITHIN
    handle = sweep.client.get_workflow_handle(armed.workflow_id)
    while pending and time.monotonic() < deadline:
        events = [event async for event in handle.fetch_history_events()]
        late = [event for event in events if event.event_type == EventType.EVENT_TYPE_ACTIVITY_TASK_TIMED_OUT]
        if len(late) >= pending:
            break
        await asyncio.sleep(_LOOK)
    armed.happens("nobody polled for a while")
    await asyncio.sleep(_NOBODY)


def _stands(run: Armed) -> bool:
    """Say whether a run is where the server may die: at its boundary, or at its end."""
    return run.closed or (run.outage is not None and run.workflow_id in run.outage.standing)


def _is_spoilt(ran: Ran) -> bool:
    return bool(ran.result.spurious) or not set(ran.result.plan.strikes) <= ran.result.fired


def _are_struck(runs: Iterable[Armed]) -> None:
    for run in list(runs):
        for strike in run.plan.strikes:
            run.fires(strike)


async def _until(patience: float, holds: Callable[[], bool]) -> None:
    deadline = time.monotonic() + patience
    while time.monotonic() < deadline and not holds():  # noqa: ASYNC110 - several things at once
        await asyncio.sleep(_LOOK)
