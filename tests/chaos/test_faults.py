"""Each fault that is injected in the workers' process strikes, and does what the table of faults says."""

import asyncio
from collections.abc import Sequence
from pathlib import Path

import pytest
from temporalio.api.enums.v1 import EventType, TimeoutType, WorkflowTaskFailedCause
from temporalio.api.history.v1 import HistoryEvent

from replaykit.adapters.chaos.lanes import Ran
from replaykit.adapters.chaos.opening import open_sweep
from replaykit.model.chaos import Boundary, End, FaultPlan, Place, RunResult, Strike
from replaykit.rules.chaos.catalogue import KINDS
from replaykit.rules.chaos.kinds import Fidelity
from replaykit.rules.chaos.plans import singles
from tests.chaos.subjects import CHECKOUT

CHARGE = Boundary(Place.ACTIVITY, "charge")
SHIP = Boundary(Place.ACTIVITY, "ship")
COMPLETES = Boundary(Place.TASK, "complete")
IN_PROCESS = sorted(kind.name for kind in KINDS.values() if kind.fidelity is Fidelity.IN_PROCESS)
# What this scenario has nothing for: a child, updates, and a time without workers.
ELSEWHERE = {"parent_terminated", "update_repeated", "no_workers"}


@pytest.fixture(scope="module")
def ran(tmp_path_factory: pytest.TempPathFactory) -> dict[FaultPlan, Ran]:
    """Every single fault that can happen to the scenario, each run under it alone; and the baseline."""

    async def sweep(directory: Path) -> dict[FaultPlan, Ran]:
        async with open_sweep(CHECKOUT, directory) as opened:
            baseline = await opened.run(FaultPlan())
            kinds = [kind for kind in KINDS.values() if kind.name in opened.injects and kind.name in IN_PROCESS]
            strikes = singles(baseline.result.sightings, kinds, signals=["note"])
            plans = [FaultPlan((strike,)) for strike in strikes]
            gate = asyncio.Semaphore(16)

            async def one(plan: FaultPlan) -> Ran:
                async with gate:
                    return await opened.run(plan)

            return {FaultPlan(): baseline, **dict(zip(plans, await asyncio.gather(*map(one, plans)), strict=True))}

    return asyncio.run(sweep(tmp_path_factory.mktemp("sweep")))


def of(ran: dict[FaultPlan, Ran], at: Boundary, fault: str, *, persistent: bool = False) -> Ran:
    return ran[FaultPlan((Strike(at, fault, persistent),))]


def attempts(result: RunResult, name: str) -> list[int]:
    return [effect.attempt for effect in result.committed if effect.name == name]


def events(found: Ran, kind: str) -> list[HistoryEvent]:
    wanted = EventType.Value(f"EVENT_TYPE_{kind}")
    return [event for event in found.histories[0].events if event.event_type == wanted]


def test_the_baseline_passes_each_boundary_once_in_order(ran: dict[FaultPlan, Ran]) -> None:
    assert [str(sighting.boundary) for sighting in ran[FaultPlan()].result.sightings] == [
        "workflow task of local activity price #1",
        "local activity price #1",
        "workflow task of activity charge #1",
        "activity charge #1",
        "workflow task of timer #1",
        "workflow task of activity ship #1",
        "activity ship #1",
        "effect 2 of activity ship #1",
        "workflow task of complete",
    ]


def test_an_hour_on_the_runs_own_clock_takes_no_time(ran: dict[FaultPlan, Ran]) -> None:
    baseline = ran[FaultPlan()]
    first, last = (baseline.histories[0].events[place].event_time.ToDatetime() for place in (0, -1))
    assert (last - first).total_seconds() > 3600
    assert baseline.result.seconds < 60


def test_every_fault_that_was_planned_struck(ran: dict[FaultPlan, Ran]) -> None:
    assert [str(plan) for plan, found in ran.items() if set(plan.strikes) != found.result.fired] == []


@pytest.mark.parametrize("fault", sorted(set(IN_PROCESS) - ELSEWHERE))
def test_the_fault_is_among_those_planned(ran: dict[FaultPlan, Ran], fault: str) -> None:
    assert any(strike.fault.partition("(")[0] == fault for plan in ran for strike in plan.strikes)


@pytest.mark.parametrize(
    ("fault", "done_by"),
    [
        ("error_before", [2]),
        ("error_after", [1, 2]),
        ("retry_later", [2]),
        ("crash_before", [2]),
        ("crash_after", [1, 2]),
        ("heartbeat_stops", [2]),
        ("zombie", [2, 1]),
        ("fatal_before", []),
        ("fatal_after", [1]),
        ("signal_before(note)", [1]),
        ("signal_after(note)", [1]),
        ("wrong_type", [1]),
    ],
)
def test_the_effect_is_done_by_the_attempts_that_the_fault_leaves(
    ran: dict[FaultPlan, Ran], fault: str, done_by: Sequence[int]
) -> None:
    assert attempts(of(ran, CHARGE, fault).result, "charge") == done_by


@pytest.mark.parametrize(("fault", "end"), [("fatal_before", End.FAILED), ("crash_after", End.COMPLETED)])
def test_what_is_retried_ends_well_and_what_is_not_fails(ran: dict[FaultPlan, Ran], fault: str, end: End) -> None:
    assert of(ran, CHARGE, fault).result.end is end


def test_a_fault_that_persists_uses_up_every_attempt(ran: dict[FaultPlan, Ran]) -> None:
    result = of(ran, CHARGE, "crash_after", persistent=True).result
    assert attempts(result, "charge") == [1, 2, 3]
    assert result.end is End.FAILED
    assert "start-to-close timeout" in result.failure_types


def test_a_crash_between_two_effects_does_the_first_twice_and_the_second_once(ran: dict[FaultPlan, Ran]) -> None:
    second = Boundary(Place.EFFECT, "ship", part=2)
    result = of(ran, second, "crash_between").result
    assert (attempts(result, "pack"), attempts(result, "send")) == ([1, 2], [2])


def test_a_heartbeat_that_stops_times_out_as_one(ran: dict[FaultPlan, Ran]) -> None:
    found = of(ran, CHARGE, "heartbeat_stops")
    [started] = [
        event.activity_task_started_event_attributes
        for event in events(found, "ACTIVITY_TASK_STARTED")
        if event.activity_task_started_event_attributes.attempt == 2
    ]
    assert started.last_failure.timeout_failure_info.timeout_type == TimeoutType.TIMEOUT_TYPE_HEARTBEAT


def test_a_retry_in_an_hour_comes_an_hour_later_on_the_runs_clock(ran: dict[FaultPlan, Ran]) -> None:
    found = of(ran, CHARGE, "retry_later")
    first, last = (found.histories[0].events[place].event_time.ToDatetime() for place in (0, -1))
    assert (last - first).total_seconds() > 2 * 3600


@pytest.mark.parametrize("fault", ["cancel_before", "cancel_after", "cancel_with_result"])
def test_a_cancel_reaches_the_run(ran: dict[FaultPlan, Ran], fault: str) -> None:
    found = of(ran, CHARGE, fault)
    assert len(events(found, "WORKFLOW_EXECUTION_CANCEL_REQUESTED")) == 1
    assert found.result.end is End.CANCELLED


@pytest.mark.parametrize("fault", ["cancel_before", "cancel_after"])
def test_a_cancel_is_heard_before_the_activity_goes_on_and_never_with_its_result(tmp_path: Path, fault: str) -> None:
    # Of runs side by side that were not waited for, four to seven in ten got both in one workflow task.
    async def runs() -> list[Ran]:
        plan = FaultPlan((Strike(CHARGE, fault),))
        async with open_sweep(CHECKOUT, tmp_path) as opened:
            return list(await asyncio.gather(*(opened.run(plan) for _ in range(12))))

    rans = asyncio.run(runs())
    assert {found.result.end for found in rans} == {End.CANCELLED}
    for found in rans:
        kinds = [event.event_type for event in found.histories[0].events]
        after = kinds[kinds.index(EventType.EVENT_TYPE_WORKFLOW_EXECUTION_CANCEL_REQUESTED) :]
        told = after.index(EventType.EVENT_TYPE_WORKFLOW_TASK_STARTED)
        assert EventType.EVENT_TYPE_ACTIVITY_TASK_COMPLETED not in after[:told]


def test_a_cancel_and_a_result_arrive_in_one_workflow_task(ran: dict[FaultPlan, Ran]) -> None:
    kinds = [event.event_type for event in of(ran, CHARGE, "cancel_with_result").histories[0].events]
    requested = kinds.index(EventType.EVENT_TYPE_WORKFLOW_EXECUTION_CANCEL_REQUESTED)
    completed = kinds.index(EventType.EVENT_TYPE_ACTIVITY_TASK_COMPLETED)
    between = kinds[min(requested, completed) : max(requested, completed)]
    assert EventType.EVENT_TYPE_WORKFLOW_TASK_STARTED not in between


@pytest.mark.parametrize("fault", ["signal_races(note)", "cancel_races"])
def test_what_races_the_end_of_the_run_makes_the_server_refuse_it(ran: dict[FaultPlan, Ran], fault: str) -> None:
    failed = events(of(ran, COMPLETES, fault), "WORKFLOW_TASK_FAILED")
    assert [event.workflow_task_failed_event_attributes.cause for event in failed] == [
        WorkflowTaskFailedCause.WORKFLOW_TASK_FAILED_CAUSE_UNHANDLED_COMMAND
    ]


def test_a_workflow_task_fails_once_and_goes_well_the_second_time(ran: dict[FaultPlan, Ran]) -> None:
    found = of(ran, Boundary(Place.TASK, "timer #1"), "task_fails")
    assert len(events(found, "WORKFLOW_TASK_FAILED")) == 1
    assert found.result.end is End.COMPLETED


def test_an_evicted_run_is_replayed_at_every_workflow_task(ran: dict[FaultPlan, Ran]) -> None:
    result = of(ran, Boundary(Place.RUN), "evict").result
    assert result.normal == ran[FaultPlan()].result.normal


def test_a_result_of_another_type_wedges_code_that_trusts_its_type(ran: dict[FaultPlan, Ran]) -> None:
    result = of(ran, CHARGE, "wrong_type").result
    assert result.end is End.WEDGED
    assert "decod" in result.failure


def test_a_result_that_lacks_a_field_reaches_the_workflow(ran: dict[FaultPlan, Ran]) -> None:
    found = of(ran, CHARGE, "missing_field")
    [completed, *_] = events(found, "ACTIVITY_TASK_COMPLETED")
    [payload] = completed.activity_task_completed_event_attributes.result.payloads
    assert payload.data == b'{"charged": "order-17"}'


def test_an_emulated_crash_leaves_the_history_that_an_error_does_not(ran: dict[FaultPlan, Ran]) -> None:
    crashed, failed = (of(ran, CHARGE, fault).result for fault in ("crash_before", "error_before"))
    assert crashed.normal != failed.normal
    assert "START_TO_CLOSE" in "".join(crashed.normal)
