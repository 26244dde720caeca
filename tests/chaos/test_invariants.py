"""What must hold of a struck run."""

import pytest

from replaykit.model.chaos import End, RunResult, Spend
from replaykit.model.chaos_report import Held, Violation
from replaykit.model.scenario import Scenario
from replaykit.rules.chaos.invariants import judge_run
from tests.chaos.results import WORKFLOW, effect, plan, result, strike

SCENARIO = Scenario(workflow="Order")
BASELINE = result()


def violations(run: RunResult, *, scenario: Scenario = SCENARIO, baseline: RunResult = BASELINE) -> list[Violation]:
    return [finding.violation for finding in judge_run(run, baseline, scenario).findings]


def test_a_run_that_ends_as_the_baseline_did_holds() -> None:
    judged = judge_run(result("crash_after"), BASELINE, SCENARIO)
    assert (judged.held, judged.findings) == (Held.SAME, ())


def test_results_are_equal_whatever_the_workflow_id_in_them() -> None:
    baseline = result(workflow_id="chaos-0", result={"charge": "chaos-0/charge"})
    run = result("crash_after", result={"charge": f"{WORKFLOW}/charge"})
    assert judge_run(run, baseline, SCENARIO).held is Held.SAME


def test_another_result_is_a_divergence() -> None:
    assert violations(result("crash_after", result={"id": 2})) == [Violation.DIVERGED]


def test_a_fault_that_did_not_strike_is_never_a_pass() -> None:
    assert violations(result("crash_after", fired=frozenset())) == [Violation.NOT_FIRED]


def test_what_the_cassette_does_not_know_is_unverified_whatever_came_of_it() -> None:
    run = result("crash_after", misses=("No recording for activity refund.",), end=End.FAILED)
    assert violations(run) == [Violation.UNVERIFIED]


@pytest.mark.parametrize(("end", "violation"), [(End.WEDGED, Violation.WEDGED), (End.HUNG, Violation.HUNG)])
def test_a_run_that_does_not_end_is_a_finding_and_its_open_effects_are_none(end: End, violation: Violation) -> None:
    run = result("task_fails", end=end, failure="boom", effects=(effect("charge", undo="refund"),))
    assert violations(run) == [violation]


@pytest.mark.parametrize(
    ("fault", "end", "expected"),
    [
        ("fatal_before", End.FAILED, Held.FAILED_CLEANLY),
        ("cancel_before", End.CANCELLED, Held.CANCELLED_CLEANLY),
        ("crash_after", End.FAILED, None),
        ("cancel_before", End.FAILED, None),
        ("fatal_before", End.CANCELLED, None),
    ],
)
def test_a_fault_entitles_to_its_own_kind_of_end_alone(fault: str, end: End, expected: Held | None) -> None:
    assert judge_run(result(fault, end=end, result=None), BASELINE, SCENARIO).held is expected


def test_a_fault_that_persists_entitles_to_fail() -> None:
    persistent = strike("crash_after", persistent=True)
    run = result("crash_after", end=End.FAILED, plan=type(plan())((persistent,)), fired=frozenset({persistent}))
    assert judge_run(run, BASELINE, SCENARIO).held is Held.FAILED_CLEANLY


def test_a_declared_failure_is_right_whatever_struck() -> None:
    run = result("crash_after", end=End.FAILED, failure_types=("OrderRolledBack",))
    assert violations(run) == [Violation.DIVERGED]
    assert violations(run, scenario=Scenario(workflow="Order", failures=["OrderRolledBack"])) == []


def test_an_accepted_end_is_right() -> None:
    run = result("crash_after", result={"id": 2})
    assert violations(run, scenario=Scenario(workflow="Order", accepts=lambda ended: ended.result == {"id": 2})) == []


def test_two_commits_of_one_key_are_a_duplicate() -> None:
    assert violations(result("crash_after", effects=(effect("charge"), effect("charge", attempt=2)))) == [
        Violation.DUPLICATED
    ]


def test_commits_under_one_idempotency_key_are_one() -> None:
    same = tuple(effect("charge", idempotency_key="k", attempt=attempt) for attempt in (1, 2))
    other = tuple(effect("charge", idempotency_key=f"k{attempt}", attempt=attempt) for attempt in (1, 2))
    assert violations(result("crash_after", effects=same)) == []
    assert violations(result("crash_after", effects=other)) == [Violation.DUPLICATED]


def test_as_many_commits_as_the_baseline_made_are_allowed() -> None:
    twice = (effect("notify"), effect("notify"))
    assert violations(result("crash_after", effects=twice), baseline=result(effects=twice)) == []


def test_what_began_and_was_not_committed_is_no_duplicate() -> None:
    assert violations(result("crash_after", effects=(effect("charge", committed=False), effect("charge")))) == []


def test_one_key_with_two_inputs_is_a_finding() -> None:
    effects = tuple(effect("charge", idempotency_key="k", input=digest) for digest in ("a", "b"))
    assert violations(result("crash_after", effects=effects)) == [Violation.CHANGED_INPUT]


def test_an_effect_that_is_not_taken_back_leaks() -> None:
    charged = effect("charge", undo="refund")
    run = result("fatal_after", end=End.FAILED, effects=(charged,))
    assert violations(run) == [Violation.LEAKED]
    compensated = result("fatal_after", end=End.FAILED, effects=(charged, effect("refund")))
    assert judge_run(compensated, BASELINE, SCENARIO).held is Held.COMPENSATED


def test_an_effect_that_comes_after_its_compensation_leaks() -> None:
    run = result("fatal_after", end=End.FAILED, effects=(effect("refund"), effect("charge", undo="refund")))
    assert violations(run) == [Violation.LEAKED]


def test_no_code_survives_a_compensation_that_the_plan_keeps_from_ever_being_done() -> None:
    struck = strike("fatal_before", "refund")
    run = result(end=End.FAILED, effects=(effect("charge", undo="refund"),))
    failing = type(run.plan)((strike("fatal_after"), struck))
    excused = result(end=End.FAILED, effects=run.effects, plan=failing, fired=frozenset(failing.strikes))
    assert violations(excused) == []


def test_an_effect_nobody_says_how_to_undo_does_not_leak() -> None:
    assert violations(result("fatal_after", end=End.FAILED, effects=(effect("notify"),))) == []


@pytest.mark.parametrize(
    ("limits", "over"),
    [
        (Scenario(workflow="A", max_llm_calls=3), False),
        (Scenario(workflow="A", max_llm_calls=2), True),
        (Scenario(workflow="A", max_tokens=100), False),
        (Scenario(workflow="A", max_tokens=99), True),
        (Scenario(workflow="A", max_dollars=0.5), False),
        (Scenario(workflow="A", max_dollars=0.4), True),
    ],
)
def test_spending_more_than_declared_is_a_finding(limits: Scenario, *, over: bool) -> None:
    run = result("crash_after", spend=Spend(3, 100, 0.5))
    assert violations(run, scenario=limits) == ([Violation.OVERSPENT] if over else [])


def test_what_the_baseline_leaves_behind_is_no_finding_and_more_is() -> None:
    behind = {"orphans": ("child workflow Ship #1",), "unfinished": ("signal approve",)}
    assert violations(result("crash_after", **behind), baseline=result(**behind)) == []
    assert violations(result("crash_after", **behind)) == [Violation.ORPHANED, Violation.UNFINISHED]


def test_a_signal_that_was_accepted_and_never_seen_is_lost() -> None:
    assert violations(result("signal_races", unhandled=("signal approve",))) == [Violation.LOST_SIGNAL]


def test_invariants_of_the_team_may_answer_say_or_assert() -> None:
    def never(_run: RunResult) -> bool:
        return False

    def says(_run: RunResult) -> str:
        return "the shelf is empty"

    def asserts(run: RunResult) -> None:
        assert run.end is End.FAILED, "it completed"

    scenario = Scenario(workflow="Order", invariants=[never, says, asserts, lambda _run: None, lambda _run: True])
    findings = judge_run(result("crash_after"), BASELINE, scenario).findings
    assert [finding.what for finding in findings] == [
        "never: it does not hold",
        "says: the shelf is empty",
        "asserts: it completed",
    ]
