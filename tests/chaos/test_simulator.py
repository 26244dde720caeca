"""The simulator gives what a real server gives; what it cannot do it says."""

import asyncio
import time
from collections.abc import Callable, Iterator, Sequence
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from temporalio import activity, workflow
from temporalio.client import WorkflowHandle

from examples.order_saga.activities import OrderActivities
from examples.order_saga.models import Order
from examples.order_saga.shop import Shop
from examples.order_saga.workflows import OrderSaga
from replaykit.adapters.chaos.opening import open_sweep
from replaykit.adapters.chaos.simulator import SIMULATED, Simulator
from replaykit.model.chaos import Boundary, End, FaultPlan, Place, RunResult, Strike
from replaykit.model.scenario import Scenario, Signal
from replaykit.model.simulation import NotSimulated
from replaykit.rules.chaos.catalogue import KINDS
from replaykit.rules.chaos.plans import singles
from tests.chaos.small_workflows import SCENARIOS, SOON, Approved, Chain, Local, Packed, Ship, pay
from tests.chaos.small_workflows import Order as Children

# Runs that are struck end before their handlers: the SDK's warning of that is what chaos is about.
pytestmark = pytest.mark.filterwarnings(
    "ignore::temporalio.workflow.UnfinishedUpdateHandlersWarning",
    "ignore::temporalio.workflow.UnfinishedSignalHandlersWarning",
)

KIND_LIST = [kind for kind in KINDS.values() if kind.name in SIMULATED]
# What can come in several orders on a real server does come in several: so often such a plan is run again there.
# The rarer order of a cancel and a result comes in one run of three, and far less often beside other work.
AGAIN = 40


def order_saga(directory: Path) -> Scenario:
    shop = Shop(directory / "shop.sqlite3")
    shop.restock("kettle", 1_000_000)
    orders = OrderActivities(shop)
    return Scenario(
        workflow=OrderSaga,
        args=[Order("17", "ada@example.com", "tok_ok", "kettle", 1, 4200)],
        activities=[orders.charge, orders.refund, orders.reserve, orders.release, orders.notify],
        failures=["OrderRolledBack"],
    )


def gave(result: RunResult | NotSimulated) -> tuple[object, ...]:
    """What of a run must be equal: end, result, failure types, ledger, what struck, what was left behind."""
    assert isinstance(result, RunResult), result
    effects = (
        (effect.name, effect.key, effect.idempotency_key, effect.input, effect.committed, effect.step, effect.attempt)
        for effect in result.effects
    )
    parts = (
        result.end,
        result.result,
        result.failure_types,
        sorted(effects),
        sorted(result.fired),
        result.orphans,
        result.unfinished,
        result.unhandled,
    )
    return tuple(repr(part).replace(result.workflow_id, "<workflow>") for part in parts)


def every_single(scenario: Scenario, simulator: Simulator) -> list[FaultPlan]:
    base = simulator.run(FaultPlan())
    assert isinstance(base, RunResult)
    signals = [signal.name for signal in scenario.signals]
    return [FaultPlan(), *(FaultPlan((each,)) for each in singles(base.sightings, KIND_LIST, signals=signals))]


def simulated(scenario: Scenario) -> dict[FaultPlan, RunResult | NotSimulated]:
    with Simulator(scenario) as simulator:
        return {plan: simulator.run(plan) for plan in every_single(scenario, simulator)}


async def differing(
    scenario: Scenario, directory: Path, expected: dict[FaultPlan, RunResult | NotSimulated]
) -> list[str]:
    """Run the same plans on a real server; returns those that never gave there what the simulator gave."""
    async with open_sweep(scenario, directory) as sweep:
        room, alone = asyncio.Semaphore(12), asyncio.Lock()

        async def real(plan: FaultPlan) -> tuple[object, ...]:
            async with room:
                return gave((await sweep.run(plan)).result)

        async def differs(plan: FaultPlan) -> str:
            wanted = gave(expected[plan])
            found = await real(plan)
            for _ in range(AGAIN):
                if found == wanted:
                    return ""
                async with alone:
                    found = await real(plan)
            return "" if found == wanted else f"{plan}: {wanted} simulated, {found} real"

        plans = [plan for plan, result in expected.items() if isinstance(result, RunResult)]
        return [said for said in await asyncio.gather(*map(differs, plans)) if said]


@pytest.mark.long
def test_each_fault_of_the_order_saga_gives_what_it_gives_on_a_real_server(tmp_path: Path) -> None:
    scenario = order_saga(tmp_path)
    expected = simulated(scenario)
    assert len(expected) >= 60
    assert not [result for result in expected.values() if isinstance(result, NotSimulated)]
    assert asyncio.run(differing(scenario, tmp_path, expected)) == []


@pytest.mark.long
@pytest.mark.parametrize("name", ["a signal and a timer", "local activities", "an update, a patch and a timer"])
def test_each_fault_of_a_small_workflow_gives_what_it_gives_on_a_real_server(name: str, tmp_path: Path) -> None:
    assert asyncio.run(differing(SCENARIOS[name], tmp_path, simulated(SCENARIOS[name]))) == []


@pytest.mark.deep
@pytest.mark.parametrize(
    "name", ["a thread that heartbeats", "children", "a chain of runs", "a cancel that is waited for"]
)
def test_each_fault_of_more_small_workflows_gives_what_it_gives_on_a_real_server(name: str, tmp_path: Path) -> None:
    assert asyncio.run(differing(SCENARIOS[name], tmp_path, simulated(SCENARIOS[name]))) == []


# Without a server: what the simulator gives by itself.


@pytest.fixture
def opened() -> Iterator[Callable[[Scenario], Simulator]]:
    held: list[Simulator] = []

    def opening(scenario: Scenario) -> Simulator:
        held.append(Simulator(scenario))
        return held[-1]

    yield opening
    for simulator in held:
        simulator.close()


Opened = Callable[[Scenario], Simulator]


def ran(simulator: Simulator, *strikes: Strike) -> RunResult:
    result = simulator.run(FaultPlan(strikes))
    assert isinstance(result, RunResult), result
    return result


def at(name: str, fault: str, *, within: str = "") -> Strike:
    return Strike(Boundary(Place.ACTIVITY, name, within=within), fault)


def steps(result: RunResult) -> list[str]:
    return [str(sighting.boundary) for sighting in result.sightings if sighting.boundary.place is not Place.TASK]


def test_an_hour_takes_no_time(opened: Opened) -> None:
    simulator = opened(Scenario(workflow=Approved, activities=[pay]))
    began = time.monotonic()
    assert ran(simulator).result == "nobody"
    assert time.monotonic() - began < 60


def test_a_crash_after_the_work_does_the_work_twice(opened: Opened) -> None:
    result = ran(opened(Scenario(workflow=Ship, args=["box"], activities=[pay])), at("pay", "crash_after"))
    assert [(effect.name, effect.attempt) for effect in result.committed] == [("pay", 1), ("pay", 2)]
    assert result.end is End.COMPLETED


def test_an_eviction_replays_and_changes_nothing(opened: Opened) -> None:
    simulator = opened(SCENARIOS["an update, a patch and a timer"])
    result = ran(simulator, Strike(Boundary(Place.RUN), "evict"))
    assert result.fired
    assert (result.end, result.result) == (End.COMPLETED, 3)


@workflow.defn
class Forgetful:
    """Does another thing each time it is replayed."""

    made = 0

    @workflow.run
    async def run(self) -> None:
        Forgetful.made += 1
        if Forgetful.made % 2:
            await workflow.sleep(1)
        await workflow.execute_activity(pay, "x", start_to_close_timeout=SOON)


def test_code_that_is_not_deterministic_wedges_when_it_is_evicted(opened: Opened) -> None:
    Forgetful.made = 0
    result = ran(opened(Scenario(workflow=Forgetful, activities=[pay])), Strike(Boundary(Place.RUN), "evict"))
    assert result.end is End.WEDGED
    assert "Nondeterminism" in result.failure


@workflow.defn
class Broken:
    @workflow.run
    async def run(self) -> None:
        raise RuntimeError("no failure of the workflow's")


def test_a_workflow_task_that_always_fails_is_a_wedge(opened: Opened) -> None:
    result = ran(opened(Scenario(workflow=Broken)))
    assert result.end is End.WEDGED
    assert result.failure == "no failure of the workflow's"


@workflow.defn
class Waiting:
    @workflow.run
    async def run(self) -> None:
        await workflow.wait_condition(lambda: False)


def test_a_run_that_waits_for_what_does_not_come_hangs_at_once(opened: Opened) -> None:
    began = time.monotonic()
    assert ran(opened(Scenario(workflow=Waiting))).end is End.HUNG
    assert time.monotonic() - began < Scenario(workflow=Waiting).timeout


@workflow.defn
class Endless:
    @workflow.run
    async def run(self) -> None:
        await workflow.execute_activity("pay", "x", start_to_close_timeout=SOON)


def test_an_activity_that_never_succeeds_hangs(opened: Opened) -> None:
    @activity.defn(name="pay")
    async def fails(name: str) -> None:
        raise RuntimeError(name)

    assert ran(opened(Scenario(workflow=Endless, activities=[fails]))).end is End.HUNG


def test_each_run_of_a_chain_and_each_child_is_struck_by_its_own_name(opened: Opened) -> None:
    chain = ran(opened(Scenario(workflow=Chain, activities=[pay])), at("pay", "error_after", within="run 2"))
    assert [effect.key for effect in chain.committed] == ["link 2", "link 1", "link 1", "link 0"]
    family = opened(Scenario(workflow=Children, workflows=[Ship], activities=[pay]))
    child = ran(family, at("pay", "fatal_before", within="child workflow Ship #2"))
    assert child.end is End.FAILED
    assert child.failure_types == ("child workflow execution failure", "activity failure", "InjectedError")


def test_a_child_of_a_terminated_parent_ends_as_its_policy_says(opened: Opened) -> None:
    family = opened(Scenario(workflow=Children, workflows=[Ship], activities=[pay]))
    result = ran(family, at("pay", "parent_terminated", within="child workflow Ship #1"))
    assert result.end is End.TERMINATED
    assert result.orphans == ()


def test_the_cancel_of_a_run_reaches_it_with_an_activitys_result(opened: Opened) -> None:
    result = ran(opened(SCENARIOS["a cancel that is waited for"]), at("pay", "cancel_with_result"))
    assert result.fired
    assert result.end in {End.COMPLETED, End.CANCELLED}


def test_no_run_shares_a_workflow_id_with_another_simulators(opened: Opened) -> None:
    scenario = Scenario(workflow=Ship, args=["box"], activities=[pay])
    ids = {ran(opened(scenario)).workflow_id for _ in range(3)}
    assert len(ids) == 3


def test_arguments_may_be_made_of_the_workflow_id(opened: Opened) -> None:
    simulator = opened(Scenario(workflow=Ship, args=lambda workflow_id: [f"box of {workflow_id}"], activities=[pay]))
    result = ran(simulator)
    assert result.result == f"box of {result.workflow_id} shipped"


def test_other_arguments_may_stand_in(opened: Opened) -> None:
    simulator = opened(Scenario(workflow=Ship, args=["box"], activities=[pay]))
    result = simulator.run(FaultPlan(), given=["crate"])
    assert isinstance(result, RunResult)
    assert result.result == "crate shipped"


def says(simulator: Simulator, *strikes: Strike) -> str:
    result = simulator.run(FaultPlan(strikes))
    assert isinstance(result, NotSimulated), result
    return result.why


def test_a_fault_that_needs_a_server_is_not_simulated(opened: Opened) -> None:
    simulator = opened(Scenario(workflow=Ship, args=["box"], activities=[pay]))
    assert says(simulator, at("pay", "kill_after")) == "the fault kill_after"
    assert says(simulator, Strike(Boundary(Place.RUN), "no_workers")) == "the fault no_workers"


async def describes(handle: WorkflowHandle[Any, Any]) -> None:
    await handle.describe()


def test_a_call_of_the_client_that_needs_a_server_is_not_simulated(opened: Opened) -> None:
    assert says(opened(Scenario(workflow=Waiting, drive=describes))) == "the client's describe_workflow"


@workflow.defn
class Elsewhere:
    @workflow.run
    async def run(self) -> None:
        await workflow.execute_activity(pay, "x", start_to_close_timeout=SOON, task_queue="another")


def test_another_task_queue_is_not_simulated(opened: Opened) -> None:
    assert says(opened(Scenario(workflow=Elsewhere, activities=[pay]))) == "an activity on the task queue another"


def test_a_thread_that_the_sdk_would_interrupt_is_not_simulated(opened: Opened) -> None:
    scenario: Sequence[Any] = SCENARIOS["a thread that heartbeats"].activities  # type: ignore[assignment]  # a list
    simulator = opened(Scenario(workflow=Packed, activities=scenario))
    assert "a thread that is interrupted" in says(simulator, at("pack", "zombie"))


def test_a_local_activity_that_is_never_heard_of_again_is_not_simulated(opened: Opened) -> None:
    @activity.defn(name="pay")
    async def left_open(_name: str) -> None:
        activity.raise_complete_async()

    simulator = opened(Scenario(workflow=Local, activities=[left_open]))
    assert says(simulator) == "a local activity that is never heard of again"


def test_cassettes_plugins_and_codecs_are_not_simulated(opened: Opened) -> None:
    assert says(opened(Scenario(workflow=Waiting, cassette="a.tape"))) == "a cassette"
    assert says(opened(Scenario(workflow=Waiting, worker={"plugins": [object()]}))) == "plugins of the worker"


async def breaks_off(handle: WorkflowHandle[Any, Any]) -> None:
    asyncio.get_running_loop().call_soon(lambda: 1 / 0)
    await handle.signal("anything")
    await asyncio.sleep(1)


def test_what_goes_wrong_beside_a_run_is_no_end_of_it(opened: Opened) -> None:
    assert says(opened(Scenario(workflow=Waiting, drive=breaks_off))) == "ZeroDivisionError: division by zero"


def test_a_signal_that_is_sent_is_heard(opened: Opened) -> None:
    scenario = Scenario(workflow=Approved, activities=[pay], signals=[Signal("approve", ("chaos",))])
    strike = Strike(Boundary(Place.TASK, "timer #1"), "signal_races(approve)")
    result = ran(opened(scenario), strike)
    assert (result.end, result.result) == (End.COMPLETED, "chaos")


@workflow.defn
class Late:
    """Takes longer for a step than its limit."""

    @workflow.run
    async def run(self) -> None:
        await workflow.execute_activity(
            "slow", schedule_to_close_timeout=timedelta(seconds=30), start_to_close_timeout=timedelta(seconds=8)
        )


def test_an_attempt_that_takes_too_long_is_tried_again_until_all_of_the_time_is_spent(opened: Opened) -> None:
    begun: list[int] = []

    @activity.defn(name="slow")
    async def slow() -> None:
        begun.append(activity.info().attempt)
        await asyncio.sleep(3600)

    result = ran(opened(Scenario(workflow=Late, activities=[slow])))
    assert result.end is End.FAILED
    assert result.failure_types[0] == "activity failure"
    assert "timeout" in result.failure_types[1]
    assert begun == [1, 2, 3]


def test_the_faults_that_are_simulated_are_named(opened: Opened) -> None:
    del opened
    assert {"error_before", "crash_after", "zombie", "evict", "cancel_with_result", "signal_races"} <= SIMULATED
    assert not SIMULATED & {"kill_after", "no_workers", "update_repeated", "task_lost"}
