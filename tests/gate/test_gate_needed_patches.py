"""A blocked history is told from which change of a patch it suffers: plain values in, plain values out."""

from dataclasses import replace

import pytest

from replaykit.model.case import Judgement
from replaykit.model.gate import GateVerdict, Standing
from replaykit.model.history import RunStatus
from replaykit.model.patches import Change, PatchVerdict, Reason, Stage
from replaykit.model.safety import Safety
from replaykit.model.shape import RunShape, Stamps
from replaykit.model.verdict import Clean
from replaykit.rules.gate_patches import explained
from tests.gate.reports import case

BLOCKED = "Base replays it, head does not."
UNMARKED: tuple[tuple[str, bool], ...] = ()
LIVE, DEPRECATED, OTHER = (("check", False),), (("check", True),), (("another", False),)


def verdict(marks: tuple[tuple[str, bool], ...], standing: Standing = Standing.BLOCKED) -> GateVerdict:
    shape = RunShape("Order", RunStatus.OPEN, (), marks, (), "", (), (), (), (), Stamps(), 0.0)
    return GateVerdict(case("one"), standing, BLOCKED, "Order", Judgement(case("one"), Clean(1), 0.1, shape=shape))


def patch(change: Change, *, safety: Safety = Safety.UNSAFE, before: Stage = Stage.PATCHED) -> PatchVerdict:
    return PatchVerdict("check", "Order", Stage.ABSENT, change, safety, Reason.LIVE_OPEN, before=before)


def said(verdict: GateVerdict, patch: PatchVerdict) -> str:
    [one] = explained([verdict], [patch])
    return one.reason.removeprefix(BLOCKED).strip()


@pytest.mark.parametrize(
    ("change", "before", "marks", "needs"),
    [
        (Change.DEPRECATED, Stage.PATCHED, UNMARKED, True),
        (Change.DEPRECATED, Stage.PATCHED, OTHER, True),
        (Change.DEPRECATED, Stage.PATCHED, LIVE, False),
        (Change.REMOVED, Stage.DEPRECATED, LIVE, True),
        (Change.REMOVED, Stage.DEPRECATED, DEPRECATED, False),
        (Change.REMOVED, Stage.DEPRECATED, UNMARKED, False),
        (Change.REMOVED, Stage.PATCHED, UNMARKED, True),
        (Change.REMOVED, Stage.PATCHED, LIVE, True),
        (Change.RENAMED, Stage.PATCHED, LIVE, True),
        (Change.RENAMED, Stage.PATCHED, UNMARKED, False),
        (Change.INTRODUCED, Stage.ABSENT, UNMARKED, False),
    ],
)
def test_a_blocked_run_needs_the_patch_whose_marker_it_holds_or_whose_old_branch_it_passed(
    change: Change,
    before: Stage,
    marks: tuple[tuple[str, bool], ...],
    needs: bool,  # noqa: FBT001 - what the table expects
) -> None:
    assert bool(said(verdict(marks), patch(change, before=before))) is needs


def test_what_is_said_of_open_runs_is_what_is_known_of_them() -> None:
    told = {safety: said(verdict(UNMARKED), patch(Change.DEPRECATED, safety=safety)) for safety in Safety}

    assert all(
        text.startswith("The change deprecates patch `check`, which this run still needs; ") for text in told.values()
    )
    assert "so do open runs, named with the patch" in told[Safety.UNSAFE]
    assert "no open run that would get this code does" in told[Safety.SAFE]
    assert "take its history out of the corpus" in told[Safety.SAFE]
    assert "not verified" in told[Safety.UNVERIFIED]


def test_nothing_is_said_of_what_is_not_blocked_is_of_another_workflow_or_could_not_be_read() -> None:
    deprecated = patch(Change.DEPRECATED)

    assert not said(verdict(UNMARKED, Standing.PASSED), deprecated)
    assert not said(verdict(UNMARKED), replace(deprecated, workflow="Parcel"))
    assert not said(replace(verdict(UNMARKED), judgement=None), deprecated)
