"""The recorded trace is compared with the trace that new code produced."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from replaykit.model.finding import Change, Divergence, Drift, Shape, Unverified
from replaykit.model.history import History, RunStatus
from replaykit.model.outcome import Outcome
from replaykit.model.step import ENDS, Step, StepKind
from replaykit.model.value import Json
from replaykit.rules.canonical import sequence_of
from replaykit.rules.values import changes_between

CONTEXT = 3
AHEAD = 4

# Kinds whose id is part of what the step is.
_NAMED_BY_ID = frozenset(
    {
        StepKind.ACTIVITY,
        StepKind.ACTIVITY_CANCEL,
        StepKind.CHILD,
        StepKind.SIGNAL,
        StepKind.CANCEL_EXTERNAL,
        StepKind.UPDATE_ACCEPTED,
        StepKind.UPDATE_COMPLETED,
    }
)

_LABELS = {
    StepKind.COMPLETE: ("result", False),
    StepKind.FAIL: ("failure", False),
    StepKind.UPDATE_COMPLETED: ("outcome", False),
}


# A local activity's number is part of what the step is; a patch is deprecated on purpose.
_NOT_COMPARED = frozenset({"seq", "deprecated"})
# What continue-as-new carries over where the command does not say it.
_INHERITED = frozenset({"memo", "searchAttributes"})


@dataclass(frozen=True, slots=True)
class Comparison:
    """What the comparison of two traces found; `compared` counts the steps that matched."""

    compared: int
    divergence: Divergence | None
    drifts: tuple[Drift, ...]
    unverified: tuple[Unverified, ...]


def diff(history: History, outcome: Outcome) -> Comparison:
    """Compare workflow task by workflow task, as far as Core let the new code run.

    The first task whose steps differ is where the run diverges; everything before it is compared for drift.
    """
    recorded, observed, unverified = _pair_local_activities(history, outcome)
    pairs: list[tuple[Step, Step]] = []
    for task in range(1, outcome.reached + 1):
        left = [step for step in recorded if step.task == task]
        right = [step for step in observed if step.task == task]
        left = _without_skippable_patches(left, right)
        same = _common_prefix(left, right)
        pairs.extend(zip(left[:same], right[:same], strict=True))
        if same < len(left) or same < len(right):
            failing = outcome.task_failure is not None and outcome.task_failure.task == task
            divergence = _divergence(history, outcome, task, [pair[0] for pair in pairs], left[same:], right[same:])
            if failing:
                divergence = _failing(divergence, outcome)
            return _comparison(history, pairs, divergence, unverified)
        if outcome.task_failure is not None and outcome.task_failure.task == task:
            divergence = _divergence(history, outcome, task, [pair[0] for pair in pairs], [], [])
            return _comparison(history, pairs, _failing(divergence, outcome), unverified)
    return _comparison(history, pairs, None, unverified)


def _common_prefix(left: Sequence[Step], right: Sequence[Step]) -> int:
    for index, (recorded, new) in enumerate(zip(left, right, strict=False)):
        if not same_step(recorded, new):
            return index
    return min(len(left), len(right))


def same_step(recorded: Step, new: Step) -> bool:
    """Say whether two steps ask for the same thing: kind, name, and id where the id is part of it."""
    if (recorded.key.kind, recorded.key.name) != (new.key.kind, new.key.name):
        return False
    if recorded.key.kind is StepKind.LOCAL_ACTIVITY:
        return sequence_of(recorded) == sequence_of(new)
    if recorded.key.kind is StepKind.TIMER:
        # The id counts timers. Core compares it when the timer fires, and fails then; a cancelled one never fires.
        cancelled = recorded.answer is not None and recorded.answer.failure is not None
        return cancelled or recorded.id == new.id
    return recorded.key.kind not in _NAMED_BY_ID or recorded.id == new.id


def _without_skippable_patches(left: list[Step], right: list[Step]) -> list[Step]:
    """Leave out recorded markers of deprecated patches that the new code no longer asks for: Core allows that."""
    asked = {step.key.name for step in right if step.key.kind is StepKind.PATCH}
    return [
        step
        for step in left
        if not (
            step.key.kind is StepKind.PATCH
            and step.key.name not in asked
            and dict(step.options).get("deprecated") == Json(data=True)
        )
    ]


def _pair_local_activities(history: History, outcome: Outcome) -> tuple[list[Step], list[Step], tuple[Unverified, ...]]:
    """Put each recorded local activity into the workflow task in which the new code asks for it.

    Its marker tells when it ended, not when it was asked for; a task may pass between (a heartbeat). One without
    any marker may have been running still when the last workflow task completed: that cannot be told.
    """
    asked = {sequence_of(step): step for step in outcome.trace.steps if step.key.kind is StepKind.LOCAL_ACTIVITY}
    recorded: list[Step] = []
    marked: set[int] = set()
    for step in history.trace.steps:
        if step.key.kind is not StepKind.LOCAL_ACTIVITY:
            recorded.append(step)
            continue
        seq = sequence_of(step)
        marked.add(seq)
        twin = asked.get(seq)
        matches = twin is not None and twin.key.name == step.key.name and twin.task <= step.task
        recorded.append(replace(step, task=twin.task) if twin is not None and matches else step)
    pending = {seq for seq in asked.keys() - marked if _may_be_pending(asked[seq], history, outcome)}
    observed = [
        step
        for step in outcome.trace.steps
        if step.key.kind is not StepKind.LOCAL_ACTIVITY or sequence_of(step) not in pending
    ]
    unverified = tuple(
        Unverified(asked[seq].key, "local activity", "it had not ended when the last workflow task completed")
        for seq in sorted(pending)
    )
    return _reordered(recorded, observed), observed, unverified


def _may_be_pending(step: Step, history: History, outcome: Outcome) -> bool:
    """Say whether a local activity without a marker may have been running still.

    Either the run ended in the task that asked for it, in the history as with the new code; or the last completed
    task of an open run only kept some local activity alive, however many such tasks went before.
    """
    ends = [
        any(other.key.kind in ENDS and other.task == step.task for other in trace.steps)
        for trace in (history.trace, outcome.trace)
    ]
    return all(ends) or (history.status is RunStatus.OPEN and history.awaits_local_activity)


def _reordered(recorded: list[Step], observed: list[Step]) -> list[Step]:
    """Within each workflow task, give matched local activities the place they have among the new steps.

    Only their sequence numbers are recorded, not their place among steps of other kinds.
    """
    places = {
        (step.task, sequence_of(step), step.key.name): index
        for index, step in enumerate(observed)
        if step.key.kind is StepKind.LOCAL_ACTIVITY
    }
    tasks = sorted({step.task for step in recorded})
    result: list[Step] = []
    for task in tasks:
        here = [step for step in recorded if step.task == task]
        local = [
            step
            for step in here
            if step.key.kind is StepKind.LOCAL_ACTIVITY and (task, sequence_of(step), step.key.name) in places
        ]
        others = [step for step in here if step not in local]
        first = next((i for i, step in enumerate(observed) if step.task == task), 0)
        for step in sorted(local, key=sequence_of):
            place = places[task, sequence_of(step), step.key.name] - first
            others.insert(min(place, len(others)), step)
        result.extend(others)
    return result


def _divergence(
    history: History,
    outcome: Outcome,
    task: int,
    before: list[Step],
    left: list[Step],
    right: list[Step],
) -> Divergence:
    later = [step for step in history.trace.steps if step.task > task]
    return Divergence(
        shape=shape_of(left, right, later, tail=task == len(history.tasks)),
        task=task,
        number=len(before) + 1,
        before=tuple(before[-CONTEXT:]),
        recorded=tuple((left + later)[:AHEAD]) if left else (),
        observed=tuple(right[:AHEAD]),
        standing=outcome.standing,
        core_error=outcome.core_error,
        core_answered=outcome.core_answered,
    )


def _failing(divergence: Divergence, outcome: Outcome) -> Divergence:
    return replace(divergence, shape=Shape.TASK_FAILS, failure=outcome.task_failure)


def shape_of(left: list[Step], right: list[Step], later: list[Step], *, tail: bool) -> Shape:
    """Name the way in which new steps leave the recorded ones, as far as both sides show it.

    Args:
        left: What the history still records in this workflow task.
        right: What the new code still issued in it.
        later: What the history records in later workflow tasks.
        tail: This is the last completed workflow task.
    """
    if not right:
        return Shape.REMOVED
    if right[0].key.kind in ENDS and not (left and left[0].key.kind in ENDS):
        return Shape.ENDS_EARLY
    if not left:
        return Shape.TAIL if tail else Shape.INSERTED
    if left[0].key.kind in ENDS:
        return Shape.REPLACED if right[0].key.kind in ENDS else Shape.GOES_ON
    if _named(left[0]) == _named(right[0]):
        return Shape.RENUMBERED
    new_later = any(_named(step) == _named(left[0]) for step in right[1:])
    recorded_later = any(_named(step) == _named(right[0]) for step in [*left[1:], *later])
    if new_later:
        return Shape.REORDERED if recorded_later else Shape.INSERTED
    return Shape.REORDERED if recorded_later else Shape.REPLACED


def _named(step: Step) -> tuple[StepKind, str]:
    return step.key.kind, step.key.name


def _comparison(
    history: History,
    pairs: list[tuple[Step, Step]],
    divergence: Divergence | None,
    unverified: tuple[Unverified, ...],
) -> Comparison:
    drifts: list[Drift] = []
    notes = list(unverified)
    for number, (recorded, new) in enumerate(pairs, start=1):
        changes, verified = changes_of(recorded, new)
        if changes:
            drifts.append(Drift(number, recorded, new, changes))
        if not verified:
            notes.append(Unverified(new.key, "input", "its payload could not be decoded"))
        if not recorded.input_known:
            notes.append(Unverified(new.key, "input and options", "the marker of a local activity carries none"))
    if not history.checks_ids and history.tasks:
        notes.append(
            Unverified(
                None,
                "Core's check of activity and child ids and types",
                "the history lacks Core's flag 1 (recorded by an older SDK); replaykit compared them",
            )
        )
    if history.guessed_id:
        notes.append(Unverified(None, "workflow id", "the history names none: the file's name was taken"))
    return Comparison(len(pairs), divergence, tuple(drifts), tuple(notes))


def changes_of(recorded: Step, new: Step) -> tuple[tuple[Change, ...], bool]:
    """Return the values that differ between two steps of one coordinate, and whether all of them could be read."""
    label, indexed = _LABELS.get(recorded.key.kind, ("input", True))
    changes: list[Change] = []
    verified = True
    if recorded.input_known:
        found, verified = changes_between(label, recorded.input, new.input, indexed=indexed)
        changes.extend(found)
    if recorded.key.kind is StepKind.NEXUS:
        # Core compares service and operation, not the endpoint that serves them.
        found, _ = changes_between("endpoint", [Json(recorded.id)], [Json(new.id)], indexed=False)
        changes.extend(found)
    before, after = dict(recorded.options), dict(new.options)
    for name in sorted((before.keys() | after.keys()) - _NOT_COMPARED):
        if recorded.key.kind is StepKind.CONTINUE_AS_NEW and name in _INHERITED and name not in after:
            continue
        one, other = before.get(name), after.get(name)
        found, _ = changes_between(name, [one] if one else [], [other] if other else [], indexed=False)
        changes.extend(found)
    return tuple(changes), verified
