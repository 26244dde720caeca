"""Each change of a patch gets its verdict: safe or not, by Temporal's three steps and the runs that are there.

The three steps, and what was measured of them (temporalio 1.35; tests/patches/test_core.py holds it):

1. `patched(id)`: a run that passed the place before keeps the old branch. An id that runs hold already is no new one.
2. `deprecate_patch(id)`: a run without the marker that passed the place by the old branch meets the new one.
3. The call is gone: Core fails a history whose marker is not flagged deprecated, and skips one that is.
"""

from collections.abc import Collection, Iterator, Sequence

from replaykit.model.patches import (
    Change,
    Counted,
    Evidence,
    Mark,
    Offer,
    OpenRuns,
    PatchRun,
    PatchVerdict,
    Reason,
    Rule,
    Sites,
    Stage,
    Wanted,
)
from replaykit.model.safety import Safety
from replaykit.rules import patch_query
from replaykit.rules.patch_changes import PatchChange, changes
from replaykit.rules.patch_danger import Danger, danger_of
from replaykit.rules.patch_notes import notes_of


def judge_patches(
    base: Sites | None,
    head: Sites,
    *,
    corpus: Sequence[PatchRun] = (),
    server: OpenRuns | None = None,
    earlier: Collection[str] | None = None,
) -> tuple[PatchVerdict, ...]:
    """Judge what a new version of the code does to each patch of each workflow.

    A verdict is never better than what was looked at: only a server's open runs make a deprecation or a removal
    `safe`; a corpus alone can show that one is `unsafe`, and leaves it `unverified` otherwise.

    Args:
        base: The sites of the code that runs were made with so far (`sites_of` its sources). None judges the code as
            it stands: nothing in it counts as a change, and markers whose call it lacks are told, too (`UNCALLED`).
        head: The sites of the new code.
        corpus: The runs of the corpus (`patch_run` of each history's shape).
        server: The open runs of a server, where one was asked (`adapters.open_runs`).
        earlier: The ids among those introduced that the code's own past had; None where nobody looked.

    Returns:
        One verdict a patch and workflow, the unreadable calls last. Those of `Change.KEPT` are no part of the change.
    """
    known = [*changes(base if base is not None else head, head)]
    if base is None:
        known += _unknown_to(head, [*corpus, *(server.runs if server else ())])
    judged = [
        _judged(change, base, head, corpus=corpus, server=server, earlier=earlier)
        for change in sorted(known, key=lambda change: (change.workflow, change.id))
    ]
    return (*judged, *_unreadable(base, head))


def _judged(
    change: PatchChange,
    base: Sites | None,
    head: Sites,
    *,
    corpus: Sequence[PatchRun],
    server: OpenRuns | None,
    earlier: Collection[str] | None,
) -> PatchVerdict:
    histories = [run for run in corpus if change.workflow in {"", run.workflow_type}]
    covered = server is not None and (change.workflow in server.types if change.workflow else change.id in server.ids)
    runs = [run for run in server.runs if change.workflow in {"", run.workflow_type}] if server and covered else []
    seen = [run for run in (*histories, *runs) if run.mark(change.id)]
    kind = change.kind
    used = bool(seen) or change.id in (earlier or ())
    if (kind is Change.INTRODUCED and used) or change.added:
        kind = Change.REUSED
    danger = danger_of(kind, change)
    looked = runs if covered else [run for run in histories if run.open]
    safety, reason, certain, staying = _weighed(danger, looked, change, covered=covered)
    if safety is Safety.UNVERIFIED and kind is Change.REUSED:
        reason = Reason.SECOND_PLACE if change.added else Reason.ID_USED_BEFORE
    if kind is Change.INTRODUCED and change.stage is Stage.PATCHED:
        checked = bool(histories) or covered or earlier is not None
        safety, reason = (Safety.SAFE, Reason.NEW_ID) if checked else (Safety.UNVERIFIED, Reason.NO_EVIDENCE)
    query = patch_query.unmarked if danger.is_of_unmarked else patch_query.marked
    text = query(change.workflow, change.id)
    evidence = Evidence(
        histories=_counted(histories, change.id),
        open=_counted(runs, change.id) if covered else None,
        in_danger=tuple(sorted(certain, key=lambda run: (run.started, run.workflow_id))),
        staying=staying,
        rule=_rule(looked),
        query=patch_query.without_pinned(text) if staying else text,
    )
    return PatchVerdict(
        id=change.id,
        workflow=change.workflow,
        stage=change.stage,
        change=kind,
        safety=safety,
        reason=reason,
        evidence=evidence,
        sites=change.after or change.before,
        before=change.stage_before if base is not None else Stage.ABSENT,
        renamed_to=change.renamed_to,
        offer=_offer(kind, change, runs) if covered and change.workflow else None,
        notes=tuple(notes_of(kind, change, head, histories)),
    )


def _weighed(
    danger: Danger, looked: Sequence[PatchRun], change: PatchChange, *, covered: bool
) -> tuple[Safety, Reason, list[PatchRun], int]:
    """Return the verdict, why, the runs in danger, and how many would be and stay where they are."""
    told = [(run, danger.strikes(run)) for run in looked if run.open]
    staying = sum(1 for run, strikes in told if strikes is not False and not run.behavior.moves)
    certain = [run for run, strikes in told if strikes and run.behavior.moves]
    unread = [run for run, strikes in told if strikes is None and run.behavior.moves]
    if danger.is_none:
        return Safety.SAFE, Reason.BRANCHES_STAY, [], 0
    if change.gone and not (covered and not certain and not unread):
        # A library may ask for it: its code was not read.
        return Safety.UNVERIFIED, Reason.UNKNOWN_CALL, [*certain, *unread], staying
    if certain:
        return Safety.UNSAFE, danger.reason_for(certain), certain, staying
    if not change.workflow and danger.is_of_unmarked:
        return Safety.UNVERIFIED, Reason.NO_WORKFLOW, unread, staying
    if not covered:
        return Safety.UNVERIFIED, Reason.NO_SERVER, unread, staying
    if unread:
        return Safety.UNVERIFIED, Reason.UNREAD, unread, staying
    return Safety.SAFE, Reason.NONE_IN_DANGER, [], staying


def _counted(runs: Sequence[PatchRun], patch: str) -> Counted:
    marks = [run.mark(patch) for run in runs]
    held = [mark.deprecated for mark in marks if mark is not None]
    return Counted(
        without=len(marks) - len(held),
        live=held.count(False),
        deprecated=held.count(True),
        unread=held.count(None),
    )


def _rule(looked: Sequence[PatchRun]) -> Rule:
    behaviors = {run.behavior for run in looked}
    if not behaviors:
        return Rule.UNKNOWN
    if any(not behavior.moves for behavior in behaviors):
        return Rule.PINNED if len(behaviors) == 1 else Rule.MIXED
    return Rule[max(behavior.name for behavior in behaviors)] if len(behaviors) == 1 else Rule.AUTO_UPGRADE


def _offer(kind: Change, change: PatchChange, runs: Sequence[PatchRun]) -> Offer | None:
    """Offer the next step where no run that moves needs this one; a change of today is not yet everywhere."""
    if kind is not Change.KEPT:
        return None
    marks = [run.mark(change.id) for run in runs if run.open and run.behavior.moves]
    if change.stage is Stage.PATCHED and all(marks):
        return Offer.DEPRECATE
    if change.stage is Stage.DEPRECATED and all(mark is None or mark.deprecated for mark in marks):
        return Offer.REMOVE
    return None


def _unknown_to(head: Sites, runs: Sequence[PatchRun]) -> Iterator[PatchChange]:
    """Yield the patches whose live markers are there, and whose calls are not."""
    types = {workflow.type for workflow in head.workflows}
    asked = {(site.workflow, site.id) for site in head.patches}
    marks: set[tuple[str, Mark]] = {
        (run.workflow_type, mark) for run in runs if run.workflow_type in types for mark in run.marks
    }
    for workflow, patch in sorted({(workflow, mark.id) for workflow, mark in marks if mark.deprecated is not True}):
        if not {(workflow, patch), ("", patch)} & asked:
            yield PatchChange(patch, workflow, (), (), gone=True)


def _unreadable(base: Sites | None, head: Sites) -> Iterator[PatchVerdict]:
    old = {(site.function, site.said, site.workflow) for site in (base.patches if base else ()) if site.id is None}
    for site in head.patches:
        if site.id is None:
            yield PatchVerdict(
                id=site.said,
                workflow=site.workflow,
                stage=Stage.PATCHED if site.call.value == "patched" else Stage.DEPRECATED,
                change=Change.KEPT if (site.function, site.said, site.workflow) in old else Change.UNREADABLE,
                safety=Safety.UNVERIFIED,
                reason=Reason.NOT_CONSTANT,
                sites=(site,),
            )


def wanted_of(base: Sites | None, head: Sites) -> Wanted:
    """Say what a server is to be asked for, so that `judge_patches` of the same sites finds all it needs."""
    types: dict[str, set[str]] = {}
    ids: set[str] = set()
    for change in changes(base if base is not None else head, head):
        if not change.workflow:
            ids.add(change.id)
            continue
        deciding = types.setdefault(change.workflow, set())
        if change.stage is not Stage.PATCHED:
            deciding.add(change.id)
    known = {workflow.type for workflow in head.workflows if workflow.type} if base is None else set()
    return Wanted(
        types=tuple((type_, frozenset(deciding)) for type_, deciding in sorted(types.items())),
        others=tuple(sorted(known - set(types))),
        ids=frozenset(ids),
        known=frozenset(site.id for site in head.patches if site.id is not None),
    )
