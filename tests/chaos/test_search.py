"""The search finds bugs that need several faults, by their smallest plans, and says only what the real server shows."""

import asyncio
import time
from contextlib import aclosing
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import strategies as st

from replaykit.adapters.chaos.opening import open_sweep
from replaykit.adapters.chaos.plan_files import load_plans, save_plans
from replaykit.adapters.chaos.simulator import SIMULATED, Simulator
from replaykit.jobs import chaos_search
from replaykit.jobs.chaos import sweep
from replaykit.jobs.chaos_events import Swept, Wanted
from replaykit.jobs.chaos_search import NO_HYPOTHESIS, SearchReport, search_for
from replaykit.model.chaos import Boundary, FaultPlan, Place, Strike
from replaykit.model.chaos_report import ChaosReport, Violation
from replaykit.model.scenario import Scenario
from replaykit.model.search import Budget, Searched
from replaykit.rules.chaos.catalogue import KINDS
from replaykit.rules.chaos.search import search
from tests.chaos import searched_workflows as workflows
from tests.planted.bugs.table import BUGS

pytestmark = pytest.mark.long

# Examples, not seconds, bound a test: a busy machine searches as far as an idle one.
BUDGET = Budget(seconds=600, examples=400)
KIND_LIST = [kind for kind in KINDS.values() if kind.name in SIMULATED]
ACTIVITY = Place.ACTIVITY

SHIP_FAILS = Strike(Boundary(ACTIVITY, "ship"), "fatal_before")
REFUND_FAILS = Strike(Boundary(ACTIVITY, "refund"), "fatal_before")
REFUNDED_TWICE = FaultPlan((SHIP_FAILS, Strike(Boundary(ACTIVITY, "refund"), "error_after")))
CREDITED_TWICE = FaultPlan((SHIP_FAILS, REFUND_FAILS, Strike(Boundary(ACTIVITY, "credit"), "error_after")))
AUDITED_TWICE = FaultPlan((Strike(Boundary(ACTIVITY, "audit"), "error_after"),))


def simulated(scenario: Scenario, budget: Budget = BUDGET) -> Searched:
    with Simulator(scenario) as simulator:
        return search(
            lambda plan, given: simulator.run(plan, given=given), scenario, KIND_LIST, budget, clock=time.monotonic
        )


def searched(scenario: Scenario, directory: Path, budget: Budget = BUDGET) -> SearchReport:
    async def run() -> SearchReport:
        async with open_sweep(scenario, directory) as opened:
            return await search_for(scenario, opened, budget)

    return asyncio.run(run())


def swept(scenario: Scenario, plans: tuple[FaultPlan, ...]) -> ChaosReport:
    async def run() -> ChaosReport:
        async with aclosing(sweep(scenario, Wanted(plans=plans, only=True))) as events:
            return [event.report async for event in events if isinstance(event, Swept)][-1]

    return asyncio.run(run())


def test_a_bug_of_two_faults_is_found_by_its_smallest_plan_and_confirmed(tmp_path: Path) -> None:
    report = searched(workflows.TWO_FAULTS, tmp_path)
    [found] = report.confirmed
    assert found.finding.result.plan == REFUNDED_TWICE
    assert found.finding.violation is Violation.DUPLICATED
    assert not found.finding.flaky
    assert not report.unreproduced


def test_a_bug_of_three_faults_is_found_by_its_smallest_plan_and_confirmed(tmp_path: Path) -> None:
    report = searched(workflows.THREE_FAULTS, tmp_path)
    [found] = report.confirmed
    assert found.finding.result.plan == CREDITED_TWICE
    assert found.finding.what == "effect credit, key order-17: 2 commits, 1 allowed"


def test_faults_that_only_the_workflow_is_told_of_are_put_together() -> None:
    """None of three providers answers: alone each of the failures leaves result, ledger and boundaries as they are."""
    bug = next(bug for bug in BUGS if bug.name == "no_quote_of_three")
    with Simulator(bug.scenario) as simulator:
        found = search(
            lambda plan, given: simulator.run(plan, given=given),
            bug.scenario,
            KIND_LIST,
            Budget(seconds=600, examples=2_000),
            clock=time.monotonic,
            enough=lambda hit: hit.plan == bug.plan,
        )
    assert (bug.violation, bug.plan) in {(hit.finding.violation, hit.plan) for hit in found.hits}


def test_the_correct_twin_shows_nothing() -> None:
    assert simulated(workflows.CORRECT).hits == ()


def test_a_plan_is_no_larger_than_the_budget_allows() -> None:
    found = simulated(workflows.THREE_FAULTS, Budget(seconds=600, examples=300, strikes=2))
    assert found.hits == ()
    assert max(len(plan.strikes) for plan in found.trail) == 2


def test_what_only_the_simulator_shows_is_not_reported(tmp_path: Path) -> None:
    report = searched(workflows.ONLY_SIMULATED, tmp_path)
    assert report.confirmed == ()
    assert report.unreproduced == (CREDITED_TWICE,)


def test_an_input_that_a_bug_needs_is_found_and_made_small(tmp_path: Path) -> None:
    orders = st.tuples(st.just("order-17"), st.integers(min_value=1, max_value=1000))
    report = searched(replace(workflows.LARGE_ORDERS, inputs=orders), tmp_path)
    [found] = report.confirmed
    assert found.finding.result.plan == replace(AUDITED_TWICE, given='["order-17", 101]')
    assert found.given == ("order-17", 101)
    [saved] = save_plans(tmp_path / "plans", [found.finding], scenario="order")
    again = swept(workflows.LARGE_ORDERS, load_plans(saved.parent))
    [finding] = again.findings
    assert (finding.violation, finding.result.plan) == (Violation.DUPLICATED, found.finding.result.plan)
    assert not finding.flaky


def test_the_same_seed_tries_the_same_plans() -> None:
    budget = Budget(seconds=600, examples=150, seed=7)
    once, again = (simulated(workflows.THREE_FAULTS, budget) for _ in range(2))
    assert once.trail == again.trail
    assert simulated(workflows.THREE_FAULTS, Budget(seconds=600, examples=150, seed=8)).trail != once.trail


def test_no_time_is_no_plan() -> None:
    assert simulated(workflows.THREE_FAULTS, Budget(seconds=0)).plans == 0


def test_without_hypothesis_the_report_says_what_was_not_searched(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(chaos_search, "can_search", lambda: False)
    report = searched(workflows.THREE_FAULTS, tmp_path)
    assert report.searched is None
    assert NO_HYPOTHESIS in report.notes


def test_a_plan_that_cannot_be_simulated_is_counted_and_shows_nothing() -> None:
    nothing = Scenario(workflow=workflows.Shipped, args=["order-17"], activities=[workflows.ship], cassette="a.tape")
    found = simulated(nothing)
    assert found.hits == ()
    assert found.not_simulated == (("a cassette", 1),)
