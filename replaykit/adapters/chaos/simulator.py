"""The simulator: a scenario is run under a plan without a server, some hundred times a second, the same each time."""

import asyncio
import logging
import time
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import TracebackType
from typing import Any, Self

from temporalio.bridge.proto.workflow_activation import InitializeWorkflow

from replaykit.adapters.chaos.activities import Striking
from replaykit.adapters.chaos.answering import Answering
from replaykit.adapters.chaos.armed import Armed
from replaykit.adapters.chaos.cues import Telling
from replaykit.adapters.chaos.ends import Ended, end_of
from replaykit.adapters.chaos.ledger import effect_from
from replaykit.adapters.chaos.made_here import made_here
from replaykit.adapters.chaos.registry import Registry
from replaykit.adapters.chaos.simulated.activities import Activities
from replaykit.adapters.chaos.simulated.client import Simulated, SimulatedReach
from replaykit.adapters.chaos.simulated.execution import Execution
from replaykit.adapters.chaos.simulated.instances import Instances
from replaykit.adapters.chaos.simulated.loop import VirtualLoop
from replaykit.adapters.chaos.simulated.world import World
from replaykit.adapters.chaos.sweep import WEDGED_AFTER, type_of
from replaykit.model.chaos import Effect, End, FaultPlan, RunResult
from replaykit.model.scenario import Given, Scenario
from replaykit.model.simulation import NotSimulated
from replaykit.rules.chaos.catalogue import KINDS
from replaykit.rules.chaos.kinds import Fidelity

# Faults of the sweep's own making that need a server: they stand with it.
_NEED_A_SERVER = frozenset({"no_workers", "update_repeated"})
SIMULATED = frozenset(
    kind.name for kind in KINDS.values() if kind.fidelity is Fidelity.IN_PROCESS and kind.name not in _NEED_A_SERVER
)
"""The faults that the simulator can inject."""

_GRACE = 5.0
_LOOK = 0.02


class Simulator:
    """Runs a scenario without a server; used as a context manager, from a thread that has no event loop running.

    What it does: workflow code through the SDK's own instance, not sandboxed; the real activities in process; retries,
    timeouts, heartbeats, local activities, timers, signals, updates, queries, cancels, children, continue-as-new,
    patches, evictions, and the faults of `SIMULATED` through the same interceptors as on a real server.

    What it does not, and says so of a plan that comes to it (`NotSimulated`): Nexus operations, other task queues,
    cron, retries of whole workflows, cassettes, plugins of the worker, payload codecs, any client call but signal,
    query, cancel, terminate and update; local activities that time out, are cancelled or are never heard of again;
    threads that the SDK interrupts.

    And what it does more simply than a server: no deadlock is detected in workflow code; HTTP requests are seen neither
    as effects nor as boundaries; histories have no true length, and `RunResult.normal` is empty; of what can come in
    several orders it knows one.
    """

    def __init__(self, scenario: Scenario) -> None:
        scenario = self._scenario = made_here(scenario)
        self._loop = VirtualLoop()
        self._registry = Registry()
        self._simulated = Simulated()
        self._rows: list[Effect] = []
        converter = scenario.data_converter
        self._converter = converter
        made = scenario.activities
        functions = made() if callable(made) else made
        self._loop.run_until_complete(self._open(list(functions)))

    async def _open(self, functions: list[Callable[..., Any]]) -> None:
        scenario, registry = self._scenario, self._registry
        client = await self._simulated.connect(self._converter)
        reach = SimulatedReach(client, {signal.name: signal.args for signal in scenario.signals}, self._simulated)
        interceptors = [
            Striking(registry, reach, self._note),
            *scenario.worker.get("interceptors", ()),
            Answering(registry),
        ]
        self._activities = Activities(functions, interceptors, self._converter)
        self._instances = Instances(scenario, registry, reach, self._activities.functions)

    def _note(self, row: dict[str, Any]) -> None:
        self._rows.append(effect_from(row))

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Let everything go."""
        self._loop.close()

    def run(self, plan: FaultPlan, *, given: Given | None = None) -> RunResult | NotSimulated:
        """Run the scenario under a plan, to its end or to where it will not end.

        Args:
            plan: The plan.
            given: What stands in for the scenario's own arguments.
        """
        why = cannot(self._scenario, plan)
        if why:
            return NotSimulated(plan, why)
        with _quiet_logs():
            return self._loop.run_until_complete(self._run(plan, given))

    async def _run(self, plan: FaultPlan, given: Given | None) -> RunResult | NotSimulated:
        self._rows.clear()
        # No other run's, ever: what the activities change may outlive the simulator.
        workflow_id = f"chaos-{uuid.uuid4().hex[:16]}"
        evicts = next((strike for strike in plan.strikes if strike.fault == "evict"), None)
        armed = self._registry.arm(workflow_id, plan, untrusted=self._scenario.untrusted)
        world = World(
            self._loop,
            armed,
            self._converter,
            self._instances,
            self._activities,
            evicts=evicts is not None,
            chain=self._scenario.chain,
        )
        self._simulated.world = world
        stopped = self._loop.create_future()
        world.on_stop = lambda: None if stopped.done() else stopped.set_result(None)
        self._loop.on_idle = world.on_stop
        self._loop.until = time.monotonic() + self._scenario.timeout
        # What goes wrong in the simulator itself is no end of the run.
        self._loop.set_exception_handler(lambda _loop, said: world.breaks(said.get("exception")))
        try:
            root = self._begin(world, given)
            world.begin(self._driven(armed))
            await stopped
            armed.closed = True
            end = self._how(world, armed)
            await self._quiet(armed)
            if evicts is not None and armed.replays:
                armed.fires(evicts)
            if world.cannot:
                return NotSimulated(plan, world.cannot)
            return self._result(world, armed, end, root)
        finally:
            self._loop.on_idle = lambda: None
            self._loop.set_exception_handler(lambda _loop, _said: None)
            for execution in tuple(world.executions.values()):
                execution.commands.abandon()
                execution.discard()
            left = tuple(world.beside)
            for task in left:
                task.cancel()
            if left:
                await asyncio.wait(left, timeout=_GRACE)
            self._simulated.world = None
            self._registry.disarm(armed)

    def _begin(self, world: World, given: Given | None) -> Execution:
        args = self._scenario.args if given is None else given
        workflow_id = world.armed.workflow_id
        run_id = world.new_run_id()
        init = InitializeWorkflow(
            workflow_type=type_of(self._scenario),
            workflow_id=workflow_id,
            arguments=world.payloads(args(workflow_id) if callable(args) else args),
            randomness_seed=world.seed(run_id),
            attempt=1,
            first_execution_run_id=run_id,
            original_execution_run_id=run_id,
            start_time=world.now(),
        )
        init.workflow_task_timeout.FromSeconds(10)
        root = Execution(world, init, run_id=run_id)
        world.executions[workflow_id] = root
        world.armed.happens("the workflow is started")
        return root

    async def _driven(self, armed: Armed) -> None:
        client = self._simulated.client
        assert client is not None  # noqa: S101 - made when the simulator was opened
        handle = client.get_workflow_handle(armed.workflow_id)
        try:
            for update in self._scenario.updates:
                await handle.execute_update(
                    update.name, args=list(update.args), id=f"{armed.workflow_id}-{update.name}"
                )
            if self._scenario.drive is not None:
                await self._scenario.drive(handle)
        except Exception as error:  # noqa: BLE001 - the team's own function may raise anything
            armed.happens(f"what drives the scenario raised {type(error).__name__}: {error}")

    @staticmethod
    def _how(world: World, armed: Armed) -> End | None:
        if armed.failed_tasks >= WEDGED_AFTER:
            return End.WEDGED
        last = world.executions[armed.workflow_id]
        return None if last.closed or (not world.chain and last.init.continued_from_execution_run_id) else End.HUNG

    async def _quiet(self, armed: Armed) -> None:
        """Wait for attempts that are still at work: a zombie acts after the run has ended."""
        until = self._loop.time() + _GRACE
        # Children hear of their parent's end a little later.
        await asyncio.sleep(_LOOK)
        while armed.attempts.running and self._loop.time() < until:  # noqa: ASYNC110 - simulated time costs nothing
            await asyncio.sleep(_LOOK)

    def _result(self, world: World, armed: Armed, how: End | None, root: Execution) -> RunResult:
        last = world.executions[armed.workflow_id] if world.chain else root
        ended = end_of([last.event], self._converter.payload_converter) if last.closed else Ended(End.HUNG)
        return RunResult(
            plan=armed.plan,
            workflow_id=armed.workflow_id,
            end=how or ended.end,
            result=ended.result,
            failure=armed.task_failure if how is End.WEDGED else ended.failure,
            failure_types=ended.failure_types,
            fired=frozenset(armed.fired),
            normal=tuple(world.told),
            sightings=armed.sightings,
            effects=tuple(self._rows),
            orphans=tuple(
                armed.kin.within(workflow_id, "")
                for workflow_id, execution in world.executions.items()
                if workflow_id != armed.workflow_id and not execution.closed
            ),
            unfinished=tuple(armed.unfinished),
            unhandled=(*root.unseen, *(last.unseen if last is not root else ())),
            misses=armed.missed,
            spend=armed.spend,
            timeline=tuple(sorted(armed.moments, key=lambda moment: moment.at)),
            seconds=time.monotonic() - armed.began,
        )


def cannot(scenario: Scenario, plan: FaultPlan) -> str:
    """Say why a plan cannot be simulated; empty where it can."""
    for strike in plan.strikes:
        if strike.fault.partition("(")[0] not in SIMULATED:
            return f"the fault {strike.fault}"
    if isinstance(scenario.drive, Telling):
        return "a scenario made of a history"
    if scenario.cassette:
        return "a cassette"
    if scenario.worker.get("plugins"):
        return "plugins of the worker"
    if scenario.data_converter.payload_codec is not None:
        return "a payload codec"
    return ""


@contextmanager
def _quiet_logs() -> Iterator[None]:
    """Keep the SDK's warnings to itself: thousands of runs are meant to fail."""
    logger = logging.getLogger("temporalio")
    before = logger.level
    logger.setLevel(logging.CRITICAL)
    try:
        yield
    finally:
        logger.setLevel(before)
