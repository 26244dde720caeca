"""Remarks on a patch that decide nothing, and that a person wants to know."""

from collections.abc import Iterator, Sequence

from replaykit.model.patches import Behavior, Change, PatchRun, Sites, Stage
from replaykit.rules.patch_changes import PatchChange


def notes_of(kind: Change, change: PatchChange, head: Sites, histories: Sequence[PatchRun]) -> Iterator[str]:
    """Yield the remarks."""
    places = {(site.path, site.function) for site in change.after}
    if len(places) > 1:
        yield f"asked for in {len(places)} places: one marker answers for all of them"
    if kind is Change.KEPT and change.guards_changed:
        yield "the guarded code changed under the same id: runs that hold the marker take it, replay them"
    others = sorted({s.workflow for s in head.patches if s.id == change.id} - {change.workflow, ""})
    if others and change.workflow:
        yield f"the id is used in {', '.join(others)}, too: queries must name the workflow type"
    if kind is Change.REMOVED:
        live = sum(1 for run in histories if not run.open and (mark := run.mark(change.id)) and not mark.deprecated)
        if live:
            yield f"closed runs with the live marker replay and answer queries no longer: {live} in the corpus"
    if (kind is Change.DEPRECATED or change.stage is Stage.DEPRECATED) and kind is not Change.REMOVED:
        closed = sum(1 for run in histories if not run.open and run.mark(change.id) is None)
        if closed:
            yield f"closed runs without the marker may replay no longer: {closed} in the corpus"
    declared = {w.behavior for w in head.workflows if w.type == change.workflow and w.behavior}
    if declared == {Behavior.PINNED}:
        yield "declared pinned: whether an open run is, its last worker decided, not this code"
