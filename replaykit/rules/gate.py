"""Base and head on one history become one verdict on the change: a fault that base has too is not blamed on it."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from replaykit.model.case import Case, Judgement
from replaykit.model.finding import Divergence, Drift, Unverified
from replaykit.model.gate import GateVerdict, Standing
from replaykit.model.verdict import NOT_REGISTERED, Clean, Diverged, Drifted, Inconclusive
from replaykit.rules.accept import Accepted, without_accepted
from replaykit.rules.passed import SAME
from replaykit.rules.sameness import where
from replaykit.rules.streams import Difference, compare

# The head has lost what base had: no run of it could go on. Whatever else is inconclusive may be the machine's fault.
LOST = frozenset({NOT_REGISTERED, "workflow-not-started"})
EMPTY = "No workflow task of this run has completed: nothing is recorded that the change could break."


@dataclass(frozen=True, slots=True)
class _Sides:
    case: Case
    base: Judgement
    head: Judgement
    difference: Difference | None

    def verdict(self, standing: Standing, reason: str, *, shown: Judgement | None = None) -> GateVerdict:
        judgement = shown or self.head
        who = self.head.identity or self.base.identity
        difference = self.difference if standing in {Standing.BLOCKED, Standing.DRIFTED} else None
        return GateVerdict(
            case=self.case,
            standing=standing,
            reason=reason,
            workflow_type=who.workflow_type if who else "",
            judgement=judgement,
            parting=difference.divergence if difference else None,
            drifts=_not_among(getattr(judgement.verdict, "drifts", ()), difference.drifts) if difference else (),
            unverified=getattr(judgement.verdict, "unverified", ()),
        )


def _not_among(told: Sequence[Drift], drifts: Sequence[Drift]) -> tuple[Drift, ...]:
    keys = {drift.observed.key for drift in told}
    return tuple(drift for drift in drifts if drift.observed.key not in keys)


def gated(base: Judgement, head: Judgement, accepted: Sequence[Accepted] = ()) -> GateVerdict:
    """Judge the change by what both versions did with one history."""
    sides = _Sides(head.case, base, head, _difference(base, head, accepted))
    match base.verdict:
        case Clean():
            return _of_sound_base(sides)
        case Drifted(drifts=drifts):
            return _of_drifting_base(sides, drifts)
        case Diverged(divergence=divergence):
            return _of_diverging_base(sides, divergence)
        case Inconclusive():
            return _of_unknown_base(sides, base.verdict)


def _difference(base: Judgement, head: Judgement, accepted: Sequence[Accepted]) -> Difference | None:
    if base.witness is None or head.witness is None:
        return None
    found = compare(base.witness, head.witness)
    who = head.identity.workflow_type if head.identity else ""
    drifts, _ = without_accepted(found.drifts, accepted, workflow_type=who)
    return replace(found, drifts=drifts)


def _of_sound_base(sides: _Sides) -> GateVerdict:
    match sides.head.verdict:
        case Diverged() as verdict:
            return sides.verdict(Standing.BLOCKED, f"Base replays it, head does not: {where(verdict)}.")
        case Drifted() as verdict:
            return _changed(sides) or sides.verdict(
                Standing.DRIFTED, f"Base gives the recorded values, head others: {where(verdict)}."
            )
        case Inconclusive(problem=problem) if problem.slug in LOST:
            return sides.verdict(Standing.BLOCKED, f"Base replays it, head cannot: {problem.what}")
        case Inconclusive(problem=problem):
            return sides.verdict(Standing.UNVERIFIED, f"Head could not be replayed: {problem.what}")
        case Clean(steps=0):
            return sides.verdict(Standing.EMPTY, EMPTY)
        case Clean():
            return _changed(sides) or _guarded(sides) or sides.verdict(Standing.PASSED, SAME)


def _guarded(sides: _Sides) -> GateVerdict | None:
    if sides.difference is None or not sides.difference.guards:
        return None
    names = ", ".join(f"`{name}`" for name in sides.difference.guards)
    found = sides.verdict(Standing.PASSED, f"What head does otherwise is guarded by patch {names}.")
    note = Unverified(None, f"what head does behind patch {names}", "no history holds it, and base has no such patch")
    return replace(found, unverified=(*found.unverified, note))


def _changed(sides: _Sides) -> GateVerdict | None:
    """Judge by the steps of both versions, where the history alone shows nothing."""
    difference = sides.difference
    if difference is not None and difference.divergence is not None:
        return sides.verdict(
            Standing.BLOCKED,
            "The history does not show it: a run that base takes further from here diverges with head.",
        )
    if difference is not None and difference.drifts and isinstance(sides.head.verdict, Clean):
        return sides.verdict(Standing.DRIFTED, "The history does not show it: base and head ask with other values.")
    return None


def _of_drifting_base(sides: _Sides, own: Sequence[Drift]) -> GateVerdict:
    """Judge where base itself gives other values than recorded: only what head adds to that is the change."""
    match sides.head.verdict:
        case Drifted(drifts=drifts) as verdict:
            added = _beside(drifts, own)
            drifting = {drift.number for drift in own}
            change = sides.difference
            if change is not None:
                change = replace(change, drifts=tuple(d for d in change.drifts if d.number not in drifting))
            sides = replace(sides, difference=change)
            if change is not None and change.divergence is not None:
                found = _changed(sides)
                if found is not None:
                    return found
            if added or (change is not None and change.drifts):
                shown = replace(sides.head, verdict=replace(verdict, drifts=added or drifts))
                return sides.verdict(
                    Standing.DRIFTED, "Head gives values that neither history nor base has.", shown=shown
                )
            found = sides.verdict(Standing.PASSED, "Base and head ask for the same, base with drift of its own.")
            return replace(found, unverified=(*found.unverified, *map(_own_drift, own)))
        case _:
            return _of_sound_base(sides)


def _beside(drifts: Sequence[Drift], own: Sequence[Drift]) -> tuple[Drift, ...]:
    """Take out of drifts the places that drift without the change, too."""
    places = {(drift.number, change.path) for drift in own for change in drift.changes}
    kept = []
    for drift in drifts:
        changes = tuple(change for change in drift.changes if (drift.number, change.path) not in places)
        if changes:
            kept.append(replace(drift, changes=changes))
    return tuple(kept)


def _own_drift(drift: Drift) -> Unverified:
    return Unverified(drift.recorded.key, "input", "base drifts there, too: the values differ without the change")


def _of_diverging_base(sides: _Sides, own: Divergence) -> GateVerdict:
    said = where(sides.base.verdict)
    match sides.head.verdict:
        case Clean() | Drifted() as verdict:
            if isinstance(verdict, Clean) and verdict.steps:
                return sides.verdict(Standing.PASSED, f"Head replays it, and base does not ({said}): mended.")
        case Diverged(divergence=divergence) if _earlier(divergence, own):
            return sides.verdict(
                Standing.BLOCKED, f"Head leaves the history before base does, which is {said}: that is the change."
            )
        case _:
            pass
    return sides.verdict(
        Standing.INTRINSIC,
        f"Base does not replay it either: {said}. That is a fault of the corpus, of the configuration, or of code that "
        "is non-deterministic in itself, and not of the change.",
        shown=sides.base,
    )


def _earlier(head: Divergence, base: Divergence) -> bool:
    return (head.task, head.number) < (base.task, base.number)


def _of_unknown_base(sides: _Sides, own: Inconclusive) -> GateVerdict:
    """Judge by the history alone: base could not say anything."""
    new = own.problem.slug == NOT_REGISTERED
    without = "base has no such workflow" if new else f"base could not be replayed ({own.problem.slug})"
    match sides.head.verdict:
        case Clean(steps=steps) if steps:
            found = sides.verdict(Standing.PASSED, f"Head replays the history; {without}.")
            note = Unverified(None, "comparison with base", without)
            return replace(found, unverified=(*found.unverified, note))
        case Diverged() as verdict:
            return sides.verdict(Standing.BLOCKED, f"Head does not replay the history ({where(verdict)}); {without}.")
        case Drifted():
            return sides.verdict(Standing.DRIFTED, f"Head gives other values than the history; {without}.")
        case Clean():
            return sides.verdict(Standing.EMPTY, EMPTY)
        case Inconclusive(problem=problem):
            return sides.verdict(Standing.UNVERIFIED, f"{problem.what} {_sentence(without)}")


def _sentence(text: str) -> str:
    return f"{text[:1].upper()}{text[1:]}."
