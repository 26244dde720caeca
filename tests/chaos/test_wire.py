"""Faults on the wire: each strikes as its row of the table says, and what it finds is really there."""

import asyncio
import dataclasses
import sys
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

import pytest
from temporalio.api.enums.v1 import EventType, TaskQueueKind
from temporalio.client import Client
from temporalio.service import RPCError, RPCStatusCode

from replaykit.adapters.chaos.lanes import Ran
from replaykit.adapters.chaos.opening import open_sweep
from replaykit.adapters.chaos.proxy import Call, Status, relaying
from replaykit.jobs.chaos import sweep
from replaykit.jobs.chaos_events import Swept, Wanted
from replaykit.model.chaos import Boundary, End, FaultPlan, Place, Strike
from replaykit.model.chaos_report import ChaosReport, Violation
from replaykit.model.scenario import Scenario, Signal
from replaykit.rules.chaos.catalogue import KINDS
from replaykit.rules.chaos.kinds import Fidelity, Group
from replaykit.rules.chaos.plans import singles
from tests.chaos.wire_workflows import (
    Basket,
    Forwarded,
    Ledgered,
    Parcel,
    ParcelLater,
    ParcelOnce,
    Purchase,
    SlowOnce,
    Till,
    book,
    book_later,
)
from tests.recording import Server

pytestmark = pytest.mark.long

WIRE = tuple(kind.name for kind in KINDS.values() if kind.fidelity is Fidelity.PROXY)
RUN = Boundary(Place.RUN)
PARCEL = Scenario(workflow=Parcel, args=lambda workflow_id: [workflow_id], activities=[book])
ONLY_ONCE = Scenario(workflow=ParcelOnce, args=lambda workflow_id: [workflow_id], activities=[book])
FORWARDED = Scenario(workflow=Forwarded, args=lambda workflow_id: [workflow_id], activities=[book], workflows=[Parcel])
BASKET = Scenario(workflow=Basket, args=[1], activities=[book], updates=[Signal("put", ["kettle"])])


def step(nth: int = 1, attempt: int = 1) -> Boundary:
    return Boundary(Place.ACTIVITY, "book", nth, attempt)


def task(name: str, within: str = "") -> Boundary:
    return Boundary(Place.TASK, name, within=within)


def plan(at: Boundary, fault: str) -> FaultPlan:
    return FaultPlan((Strike(at, fault),))


def run_all(scenario: Scenario, directory: Path, *plans: FaultPlan) -> list[Ran]:
    async def runs() -> list[Ran]:
        async with open_sweep(scenario, directory) as opened:
            return list(await asyncio.gather(*map(opened.run, plans)))

    return asyncio.run(runs())


def swept(scenario: Scenario, directory: Path, *faults: str) -> ChaosReport:
    async def report() -> ChaosReport:
        events = [
            event async for event in sweep(scenario, Wanted(faults=faults, jobs=8, pairs=False), directory=directory)
        ]
        assert isinstance(events[-1], Swept)
        return events[-1].report

    return asyncio.run(report())


def attempts(ran: Ran) -> list[tuple[str, int]]:
    """Which attempts did their work, in this order: the step and the number that the activity saw."""
    return [(effect.step, effect.attempt) for effect in ran.result.committed]


def events(ran: Ran) -> Counter[str]:
    names = [EventType.Name(event.event_type) for history in ran.histories for event in history.events]
    return Counter(name.removeprefix("EVENT_TYPE_") for name in names)


PARCEL_PLANS = {
    "none": FaultPlan(),
    "twice": plan(step(), "completion_twice"),
    "late": plan(step(), "completion_late"),
    "response lost": plan(step(), "completion_response_lost"),
    "task lost": plan(task("activity book #1"), "task_lost"),
    "timer's task lost": plan(task("timer #1"), "task_lost"),
    "last task lost": plan(task("complete"), "task_lost"),
    "task's response lost": plan(task("activity book #1"), "task_response_lost"),
    "last task's response lost": plan(task("complete"), "task_response_lost"),
}


@pytest.fixture(scope="module")
def parcels(tmp_path_factory: pytest.TempPathFactory) -> Mapping[str, Ran]:
    """A parcel sent under each of the plans."""
    rans = run_all(PARCEL, tmp_path_factory.mktemp("parcels"), *PARCEL_PLANS.values())
    return dict(zip(PARCEL_PLANS, rans, strict=True))


@pytest.mark.parametrize("name", PARCEL_PLANS)
def test_every_strike_on_the_wire_strikes_and_a_run_that_can_take_it_ends_as_without_it(
    parcels: Mapping[str, Ran], name: str
) -> None:
    result = parcels[name].result
    assert result.fired == set(PARCEL_PLANS[name].strikes)
    assert result.end is End.COMPLETED
    assert result.result == [f"{result.workflow_id}-out is booked", f"{result.workflow_id}-back is booked"]


@pytest.mark.parametrize("name", ["twice", "response lost"])
def test_a_completion_that_arrives_is_the_only_one_however_often_its_worker_tells_it(
    parcels: Mapping[str, Ran], name: str
) -> None:
    assert attempts(parcels[name]) == [("activity book #1", 1), ("activity book #2", 1)]
    assert events(parcels[name])["ACTIVITY_TASK_COMPLETED"] == 2


def test_a_second_completion_really_came_to_the_server(parcels: Mapping[str, Ran]) -> None:
    assert any(
        "second report was answered with NOT_FOUND" in moment.what for moment in parcels["twice"].result.timeline
    )


def test_work_whose_report_comes_too_late_is_done_twice_and_reported_once(parcels: Mapping[str, Ran]) -> None:
    assert attempts(parcels["late"]) == [
        ("activity book #1", 1),
        ("activity book #1", 2),
        ("activity book #2", 1),
    ]
    assert events(parcels["late"])["ACTIVITY_TASK_COMPLETED"] == 2


@pytest.mark.parametrize("name", ["task lost", "timer's task lost", "last task lost"])
def test_a_lost_workflow_task_times_out_and_comes_again(parcels: Mapping[str, Ran], name: str) -> None:
    assert events(parcels[name])["WORKFLOW_TASK_TIMED_OUT"] == 1
    assert attempts(parcels[name]) == [("activity book #1", 1), ("activity book #2", 1)]


@pytest.mark.parametrize("fault", ["completion_response_lost", "completion_twice"])
def test_an_attempt_that_fails_tells_the_server_so_on_the_wire_too(tmp_path: Path, fault: str) -> None:
    both = FaultPlan((Strike(step(), "error_before"), Strike(step(attempt=2), fault)))
    fatal = plan(step(), "fatal_before")
    lost = FaultPlan((*fatal.strikes, Strike(task("fail"), "task_lost")))
    retried, failed = run_all(PARCEL, tmp_path, both, lost)
    assert set(both.strikes) <= retried.result.fired
    assert attempts(retried)[0] == ("activity book #1", 2)
    assert set(lost.strikes) <= failed.result.fired
    assert failed.result.end is End.FAILED
    types = [event.event_type for event in failed.histories[0].events]
    assert EventType.EVENT_TYPE_ACTIVITY_TASK_FAILED in types
    assert EventType.EVENT_TYPE_ACTIVITY_TASK_TIMED_OUT not in types


def test_an_eager_attempt_in_a_lost_response_is_burnt_without_any_work(parcels: Mapping[str, Ran]) -> None:
    ran = parcels["task's response lost"]
    assert events(ran)["WORKFLOW_TASK_TIMED_OUT"] == 0
    assert attempts(ran) == [("activity book #1", 2), ("activity book #2", 1)]


def test_the_only_attempt_is_burnt_by_a_lost_response_and_nothing_was_done(tmp_path: Path) -> None:
    [ran] = run_all(ONLY_ONCE, tmp_path, plan(task("activity book #1"), "task_response_lost"))
    assert ran.result.end is End.FAILED
    assert ran.result.fired
    assert ran.result.effects == ()


@pytest.mark.long
def test_an_activity_of_one_attempt_with_eager_start_is_found_and_named_with_its_plan(tmp_path: Path) -> None:
    report = swept(ONLY_ONCE, tmp_path, "task_response_lost")
    assert [(finding.violation, finding.result.plan) for finding in report.findings] == [
        (Violation.DIVERGED, plan(task("activity book #1"), "task_response_lost"))
    ]


@pytest.mark.long
def test_a_correct_workflow_is_swept_on_the_wire_without_findings(tmp_path: Path) -> None:
    report = swept(PARCEL, tmp_path, "wire")
    assert report.findings == ()
    assert report.fired == report.enumerated >= report.singles == 14
    assert report.unverified == ()


def purchase(*, always_looks: bool) -> Scenario:
    def made() -> Sequence[Callable[..., object]]:
        return [till.charge]

    till = Till(always_looks=always_looks)
    return Scenario(workflow=Purchase, args=lambda workflow_id: [workflow_id], activities=made)


def test_a_local_activity_runs_twice_in_a_lost_task_both_times_as_its_first_attempt(tmp_path: Path) -> None:
    [ran] = run_all(purchase(always_looks=False), tmp_path, plan(task("local activity charge #1"), "task_lost"))
    assert ran.result.fired
    assert attempts(ran) == [("local activity charge #1", 1), ("local activity charge #1", 1)]
    assert events(ran)["MARKER_RECORDED"] == 1


def test_a_local_activity_that_trusts_its_attempt_number_is_found_and_only_by_lost_tasks(tmp_path: Path) -> None:
    report = swept(purchase(always_looks=False), tmp_path, "wire", "query")
    [finding] = report.findings
    assert finding.violation is Violation.DUPLICATED
    assert not finding.flaky
    assert {judged.result.plan for judged in report.judged if judged.findings} == {
        plan(task("local activity charge #1"), "task_lost"),
        plan(task("complete"), "task_lost"),
    }
    # A task that fails once does the same, and is the simpler fault.
    assert finding.result.plan == plan(task("complete"), "task_fails")


def test_a_local_activity_that_looks_whether_it_is_done_is_not_found(tmp_path: Path) -> None:
    report = swept(purchase(always_looks=True), tmp_path, "wire", "task_fails", "query")
    assert report.findings == ()
    assert any(strike.fault == "task_lost" for judged in report.judged for strike in judged.result.fired)


def test_the_tasks_of_children_are_lost_too_and_come_again_as_soon(tmp_path: Path) -> None:
    child = "child workflow Parcel #1"
    [ran] = run_all(FORWARDED, tmp_path, plan(task("activity book #1", child), "task_lost"))
    assert ran.result.fired
    assert ran.result.end is End.COMPLETED
    timeouts = [
        history.events[0].workflow_execution_started_event_attributes.workflow_task_timeout.ToTimedelta()
        for history in ran.histories
    ]
    assert [timeout.total_seconds() for timeout in timeouts] == [1, 1]


@pytest.mark.parametrize("fault", ["completion_twice", "completion_late", "completion_response_lost"])
def test_a_report_that_comes_by_the_activitys_id_is_struck_too(tmp_path: Path, fault: str) -> None:
    later = Scenario(workflow=ParcelLater, args=lambda workflow_id: [workflow_id], activities=[book_later])
    [ran] = run_all(later, tmp_path, plan(Boundary(Place.ACTIVITY, "book_later"), fault))
    assert ran.result.fired
    assert ran.result.end is End.COMPLETED


def test_a_late_report_by_the_activitys_id_comes_while_the_next_attempt_is_at_work(tmp_path: Path) -> None:
    later = Scenario(workflow=ParcelLater, args=lambda workflow_id: [workflow_id], activities=[book_later])
    [ran] = run_all(later, tmp_path, plan(Boundary(Place.ACTIVITY, "book_later"), "completion_late"))
    assert attempts(ran) == [("activity book_later #1", 1), ("activity book_later #1", 2)]
    # It names no attempt: the server takes it for the report of the second.
    assert events(ran)["ACTIVITY_TASK_COMPLETED"] == 1


def test_a_run_that_is_replayed_at_every_task_is_struck_on_the_wire_too(tmp_path: Path) -> None:
    both = plan(RUN, "evict") | plan(task("timer #1"), "task_lost")
    [ran] = run_all(PARCEL, tmp_path, both)
    assert ran.result.fired == set(both.strikes)
    kinds = {
        event.workflow_task_scheduled_event_attributes.task_queue.kind
        for event in ran.histories[0].events
        if event.event_type == EventType.EVENT_TYPE_WORKFLOW_TASK_SCHEDULED
    }
    assert kinds == {TaskQueueKind.TASK_QUEUE_KIND_NORMAL}


@pytest.mark.long
def test_a_run_whose_task_was_lost_to_a_slow_machine_is_run_again(tmp_path: Path) -> None:
    runs = tmp_path / "runs"
    scenario = Scenario(workflow=SlowOnce, args=lambda workflow_id: [workflow_id, str(runs)], activities=[book])
    [ran] = run_all(scenario, tmp_path, plan(task("activity book #1"), "task_response_lost"))
    assert ran.result.spurious == ()
    assert ran.result.fired
    assert events(ran)["WORKFLOW_TASK_TIMED_OUT"] == 0
    assert len(set(runs.read_text().split())) > 1


def test_an_update_that_arrives_in_a_lost_task_is_done_once(tmp_path: Path) -> None:
    first, later = (
        plan(task("activity book #1"), "update_in_lost_task"),
        plan(task("complete"), "update_in_lost_task"),
    )
    for under, ran in zip((first, later), run_all(BASKET, tmp_path, first, later), strict=True):
        assert ran.result.fired == set(under.strikes)
        assert ran.result.result == ["kettle"]
        assert events(ran)["WORKFLOW_TASK_TIMED_OUT"] == 1
        assert events(ran)["WORKFLOW_EXECUTION_UPDATE_ACCEPTED"] == 1
        assert sum(effect.key.endswith("/kettle") for effect in ran.result.committed) == 1


def test_the_first_update_waits_for_the_first_task_that_is_lost(tmp_path: Path) -> None:
    first, last = run_all(
        BASKET,
        tmp_path,
        plan(task("activity book #1"), "update_in_lost_task"),
        plan(task("complete"), "update_in_lost_task"),
    )
    order = [EventType.Name(event.event_type).removeprefix("EVENT_TYPE_") for event in first.histories[0].events]
    assert order.index("WORKFLOW_TASK_TIMED_OUT") < order.index("WORKFLOW_EXECUTION_UPDATE_ACCEPTED")
    assert any(moment.what == "update put is sent" for moment in first.result.timeline)
    assert any(moment.what == "update put is sent again" for moment in last.result.timeline)


def test_an_update_repeated_under_its_id_is_one_update(tmp_path: Path) -> None:
    [ran] = run_all(BASKET, tmp_path, plan(RUN, "update_repeated"))
    assert ran.result.fired
    assert ran.result.result == ["kettle"]
    assert events(ran)["WORKFLOW_EXECUTION_UPDATE_ACCEPTED"] == 1


def test_updates_of_one_name_are_two_updates_each_repeated_under_an_id_of_its_own(tmp_path: Path) -> None:
    puts = [Signal("put", ["kettle"]), Signal("put", ["cup"])]
    scenario = dataclasses.replace(BASKET, args=[2], updates=puts)
    [ran] = run_all(scenario, tmp_path, plan(RUN, "update_repeated"))
    assert ran.result.fired
    assert ran.result.result == ["kettle", "cup"]
    assert events(ran)["WORKFLOW_EXECUTION_UPDATE_ACCEPTED"] == 2


def test_an_update_that_is_rejected_is_repeated_too(tmp_path: Path) -> None:
    scenario = dataclasses.replace(BASKET, updates=[Signal("put", [""])])
    [ran] = run_all(scenario, tmp_path, plan(RUN, "update_repeated"))
    assert ran.result.fired
    assert ran.result.result == []


def ledgered(*, careful: bool) -> Scenario:
    return Scenario(workflow=Ledgered, args=[careful, [], []], updates=[Signal("post", ["rent"])])


def test_an_update_that_is_done_again_after_continue_as_new_is_found(tmp_path: Path) -> None:
    report = swept(ledgered(careful=False), tmp_path, "update_repeated")
    assert [(finding.violation, finding.result.plan) for finding in report.findings] == [
        (Violation.DIVERGED, plan(RUN, "update_repeated"))
    ]


def test_a_workflow_that_carries_the_ids_of_its_updates_on_is_not_found(tmp_path: Path) -> None:
    report = swept(ledgered(careful=True), tmp_path, "update_repeated")
    assert report.findings == ()
    assert report.fired == 1


def test_updates_are_struck_only_where_the_scenario_sends_some(parcels: Mapping[str, Ran], tmp_path: Path) -> None:
    kinds = [kind for kind in KINDS.values() if kind.name.startswith("update_")]
    assert list(singles(parcels["none"].result.sightings, kinds)) == []
    [ran] = run_all(BASKET, tmp_path, FaultPlan())
    found = Counter(strike.fault for strike in singles(ran.result.sightings, kinds))
    assert found["update_repeated"] == 1
    assert found["update_in_lost_task"] == sum(each.boundary.place is Place.TASK for each in ran.result.sightings)


@pytest.mark.long
def test_without_grpcio_the_report_names_the_wire_as_not_injected(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "grpc", None)
    report = swept(PARCEL, tmp_path, "wire", "error_before")
    assert report.unverified == ("faults of the wire: pip install 'temporal-replaykit[chaos]'",)
    assert not {strike.fault for judged in report.judged for strike in judged.result.plan.strikes} & set(WIRE)


def test_with_grpcio_all_faults_on_the_wire_are_injected_by_default(tmp_path: Path) -> None:
    async def injects() -> frozenset[str]:
        async with open_sweep(PARCEL, tmp_path) as opened:
            return opened.injects

    assert {kind.name for kind in KINDS.values() if kind.group is Group.WIRE} <= asyncio.run(injects())


def test_the_proxy_hands_on_what_the_server_refuses_with_its_words(server: Server) -> None:
    async def refusal(client: Client) -> RPCError:
        with pytest.raises(RPCError) as caught:
            await client.get_workflow_handle("nobody-started-this").describe()
        return caught.value

    async def through_proxy(client: Client) -> None:
        seen: list[str] = []

        async def answer(call: Call) -> bytes:
            seen.append(call.method)
            return await call.forward(call.message)

        direct = await refusal(client)
        async with relaying(client.service_client.config.target_host, answer) as address:
            relayed = await refusal(await Client.connect(address))
        assert (relayed.status, relayed.message) == (direct.status, direct.message)
        assert relayed.grpc_status.details == direct.grpc_status.details
        assert seen == ["GetSystemInfo", "DescribeWorkflowExecution"]

    server.run(through_proxy)


def test_the_proxy_answers_with_the_status_of_a_strike(server: Server) -> None:
    async def struck(client: Client) -> None:
        async def answer(call: Call) -> bytes:
            if call.method == "DescribeWorkflowExecution":
                raise Status("PERMISSION_DENIED", "as asked")
            return await call.forward(call.message)

        async with relaying(client.service_client.config.target_host, answer) as address:
            with pytest.raises(RPCError, match="as asked") as caught:
                await (await Client.connect(address)).get_workflow_handle("any").describe()
        assert caught.value.status is RPCStatusCode.PERMISSION_DENIED

    server.run(struck)
