"""Base and head become a verdict: plain values in, plain values out."""

from dataclasses import replace

import pytest

from replaykit.cli.change_codes import of_gate
from replaykit.config import DriftPolicy
from replaykit.errors import Problem
from replaykit.model.case import Case, Judgement
from replaykit.model.finding import Change, Divergence, Drift, Shape
from replaykit.model.gate import Demand, GateReport, GateVerdict, PatchBranch, Revision, Standing
from replaykit.model.history import Identity
from replaykit.model.safety import Safety
from replaykit.model.step import Step, StepKey, StepKind
from replaykit.model.value import Json
from replaykit.model.verdict import Clean, Diverged, Drifted, Inconclusive, Verdict
from replaykit.model.witness import Read, Witness
from replaykit.rules.branches import branches_missed
from replaykit.rules.gate import gated
from replaykit.rules.relocate import relocated
from replaykit.rules.streams import compare
from tests.gate.reports import patch as verdict_on_patch

CASE = Case("/shop/order-1.json", "order-1.json")
ORDER = Identity("order-1", "run", "Order", "queue", "default")


def activity(name: str, nth: int = 1, *, task: int = 1, value: str = "order-1") -> Step:
    return Step(StepKey(StepKind.ACTIVITY, name, nth), task=task, id=str(task), input=(Json(value),))


def patch(name: str, task: int) -> Step:
    return Step(StepKey(StepKind.PATCH, name, 1), task=task)


def witness(*steps: Step, ahead: tuple[Step, ...] = ()) -> Witness:
    return Witness(steps, ahead, Read())


def diverged(number: int) -> Diverged:
    return Diverged(Divergence(Shape.REPLACED, number, number, (), (activity("charge"),), (activity("ship"),)))


def drifted(*paths: str) -> Drifted:
    drift = Drift(1, activity("charge"), activity("charge"), tuple(Change(path, "1", "2") for path in paths))
    return Drifted(2, (drift,))


CLEAN = Clean(2)
LOST = Inconclusive(Problem("workflow-not-registered", "No workflow Order is registered.", "cause", "fix"))
SLOW = Inconclusive(Problem("deadline", "The replay did not end.", "cause", "fix"))


def judged(verdict: Verdict, seen: Witness | None = None) -> Judgement:
    return Judgement(CASE, verdict, 0.0, identity=ORDER, witness=seen)


@pytest.mark.parametrize(
    ("base", "head", "standing"),
    [
        (CLEAN, CLEAN, Standing.PASSED),
        (CLEAN, diverged(1), Standing.BLOCKED),
        (CLEAN, drifted("input[0]"), Standing.DRIFTED),
        (CLEAN, LOST, Standing.BLOCKED),
        (CLEAN, SLOW, Standing.UNVERIFIED),
        (CLEAN, Clean(0), Standing.EMPTY),
        (diverged(2), diverged(2), Standing.INTRINSIC),
        (diverged(2), diverged(1), Standing.BLOCKED),
        (diverged(2), diverged(3), Standing.INTRINSIC),
        (diverged(2), CLEAN, Standing.PASSED),
        (diverged(2), SLOW, Standing.INTRINSIC),
        (drifted("input[0]"), drifted("input[0]"), Standing.PASSED),
        (drifted("input[0]"), drifted("input[0]", "input[1]"), Standing.DRIFTED),
        (drifted("input[0]"), CLEAN, Standing.PASSED),
        (drifted("input[0]"), diverged(1), Standing.BLOCKED),
        (LOST, CLEAN, Standing.PASSED),
        (LOST, diverged(1), Standing.BLOCKED),
        (SLOW, SLOW, Standing.UNVERIFIED),
        (SLOW, Clean(0), Standing.EMPTY),
        (LOST, Clean(0), Standing.EMPTY),
    ],
)
def test_each_pair_of_verdicts_has_its_standing(base: Verdict, head: Verdict, standing: Standing) -> None:
    assert gated(judged(base), judged(head)).standing is standing


def test_what_is_intrinsic_shows_the_base_and_what_base_could_not_tell_is_noted() -> None:
    assert gated(judged(diverged(2)), judged(diverged(3))).judgement == judged(diverged(2))
    [note] = gated(judged(LOST), judged(CLEAN)).unverified
    assert (note.what, note.why) == ("comparison with base", "base has no such workflow")


def test_the_same_steps_are_no_difference() -> None:
    seen = witness(activity("charge"), ahead=(activity("reserve", task=2),))
    assert compare(seen, seen).divergence is None
    assert gated(judged(CLEAN, seen), judged(CLEAN, seen)).standing is Standing.PASSED


def test_another_step_ahead_of_the_history_is_blocked_at_that_step() -> None:
    base = witness(activity("charge"), ahead=(activity("reserve", task=2),))
    head = witness(activity("charge"), ahead=(activity("ship", task=2),))
    verdict = gated(judged(CLEAN, base), judged(CLEAN, head))

    assert (verdict.standing, verdict.foreseen) == (Standing.BLOCKED, True)
    assert verdict.parting is not None
    assert (verdict.parting.number, verdict.parting.recorded, verdict.parting.observed) == (2, base.ahead, head.ahead)


def test_what_a_new_patch_guards_ahead_of_the_history_passes() -> None:
    base = witness(activity("charge"), ahead=(activity("reserve", task=2),))
    head = witness(activity("charge"), ahead=(patch("ship-first", 2), activity("ship", task=2)))
    verdict = gated(judged(CLEAN, base), judged(CLEAN, head))

    assert verdict.standing is Standing.PASSED
    assert [note.what for note in verdict.unverified] == ["what head does behind patch `ship-first`"]


def test_a_patch_that_base_knows_guards_nothing() -> None:
    known = patch("ship-first", 2)
    base = witness(activity("charge"), ahead=(known, activity("reserve", task=2)))
    head = witness(activity("charge"), ahead=(known, activity("ship", task=2)))
    assert gated(judged(CLEAN, base), judged(CLEAN, head)).standing is Standing.BLOCKED


def test_other_values_that_no_history_holds_drift() -> None:
    base, head = witness(activity("charge")), witness(activity("charge", value="order-2"))
    verdict = gated(judged(CLEAN, base), judged(CLEAN, head))

    assert verdict.standing is Standing.DRIFTED
    assert [change for drift in verdict.drifts for change in drift.changes] == [
        Change("input[0]", '"order-1"', '"order-2"')
    ]


BRANCHES = """\
if workflow.patched("a"):
    new()
else:
    old()
if not workflow.patched("b"):
    old()
flag = workflow.patched("c")
"""


@pytest.mark.parametrize(
    ("arcs", "markers", "missed"),
    [
        ({(1, 2), (1, 4), (5, 6), (5, 7)}, {"c"}, []),
        ({(1, 2), (5, 6), (5, 7)}, {"c"}, [(1, "a", "old")]),
        ({(1, 4), (5, 6)}, set(), [(1, "a", "new"), (5, "b", "new"), (7, "c", "new")]),
    ],
)
def test_the_branches_of_patches_that_no_history_takes_are_told(
    arcs: set[tuple[int, int]], markers: set[str], missed: list[tuple[int, str, str]]
) -> None:
    expected = tuple(PatchBranch("order.py", line, name, branch) for line, name, branch in missed)
    assert branches_missed("order.py", BRANCHES, arcs, markers) == expected


def test_what_is_no_python_has_no_branches() -> None:
    assert branches_missed("order.py", "if workflow.patched(", set(), set()) == ()


def test_places_below_one_directory_become_places_below_another() -> None:
    problem = Problem("slug", "what", "in /tmp/base/tree/order.py", "fix")
    moved = relocated(judged(Inconclusive(problem)), "/tmp/base/tree", "/shop")  # noqa: S108 - no file
    assert moved == judged(Inconclusive(replace(problem, cause="in /shop/order.py")))


def report(*standings: Standing, met: bool = True) -> GateReport:
    verdicts = tuple(GateVerdict(CASE, standing, "") for standing in standings)
    demands = (Demand("--min-coverage 80", met, ""),)
    return GateReport("/shop", Revision("main", "1"), Revision("head", "2"), verdicts, demands=demands)


@pytest.mark.parametrize(
    ("found", "drift", "code"),
    [
        (report(Standing.PASSED), DriftPolicy.FAIL, 0),
        (report(), DriftPolicy.FAIL, 3),
        (report(Standing.PASSED, Standing.UNVERIFIED), DriftPolicy.FAIL, 3),
        (report(Standing.PASSED, Standing.INTRINSIC), DriftPolicy.FAIL, 3),
        (report(Standing.INTRINSIC, Standing.BLOCKED), DriftPolicy.IGNORE, 1),
        (report(Standing.PASSED, Standing.DRIFTED), DriftPolicy.FAIL, 1),
        (report(Standing.PASSED, Standing.DRIFTED), DriftPolicy.WARN, 0),
        (report(Standing.PASSED, met=False), DriftPolicy.FAIL, 1),
        (report(Standing.PASSED, Standing.EMPTY), DriftPolicy.FAIL, 0),
        (report(Standing.EMPTY), DriftPolicy.FAIL, 3),
    ],
)
def test_only_what_was_verified_ends_with_zero(found: GateReport, drift: DriftPolicy, code: int) -> None:
    assert of_gate(found, drift) == code


@pytest.mark.parametrize(
    ("standing", "safety", "code"),
    [
        (Standing.PASSED, Safety.SAFE, 0),
        (Standing.PASSED, Safety.UNVERIFIED, 3),
        (Standing.PASSED, Safety.UNSAFE, 1),
        (Standing.UNVERIFIED, Safety.UNSAFE, 1),
        (Standing.BLOCKED, Safety.SAFE, 1),
    ],
)
def test_patch_that_is_not_safe_is_no_pass_whatever_the_histories_say(
    standing: Standing, safety: Safety, code: int
) -> None:
    found = replace(report(standing), patches=(verdict_on_patch("check-tone", safety),))
    assert of_gate(found, DriftPolicy.FAIL) == code
