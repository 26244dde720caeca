"""A blocked history is explained by the change of a patch, where that is what the run still needs."""

from collections.abc import Iterable, Iterator
from dataclasses import replace

from replaykit.model.case import Judgement
from replaykit.model.gate import GateVerdict, Standing
from replaykit.model.patches import Change, PatchVerdict, Stage
from replaykit.model.safety import Safety

_VERBS = {Change.DEPRECATED: "deprecates", Change.REMOVED: "removes", Change.RENAMED: "renames"}
_SO = {
    Safety.UNSAFE: "so do open runs, named with the patch.",
    Safety.SAFE: "no open run that would get this code does: where this one has ended, take its history out of the "
    "corpus.",
    Safety.UNVERIFIED: "whether open runs do was not verified.",
}


def explained(verdicts: Iterable[GateVerdict], patches: Iterable[PatchVerdict]) -> Iterator[GateVerdict]:
    """Add to the reason of each blocked history which patch its run still needs, and what became of that."""
    changes = [patch for patch in patches if patch.change in _VERBS]
    for verdict in verdicts:
        needed = [patch for patch in changes if verdict.standing is Standing.BLOCKED and _needs(verdict, patch)]
        said = [
            f"The change {_VERBS[patch.change]} patch `{patch.id}`, which this run still needs; {_SO[patch.safety]}"
            for patch in needed
        ]
        yield replace(verdict, reason=" ".join([verdict.reason, *said])) if said else verdict


def _needs(verdict: GateVerdict, patch: PatchVerdict) -> bool:
    marks = _marks(verdict.judgement)
    if marks is None or patch.workflow not in {"", verdict.workflow_type}:
        return False
    if patch.id not in marks:
        # It has passed by the old branch, which a deprecation takes away, and so does a removal in one step.
        return patch.change is Change.DEPRECATED or (patch.change is Change.REMOVED and patch.before is Stage.PATCHED)
    return patch.change is not Change.DEPRECATED and not marks[patch.id]


def _marks(judgement: Judgement | None) -> dict[str, bool] | None:
    return None if judgement is None or judgement.shape is None else dict(judgement.shape.patches)
