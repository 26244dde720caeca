"""Recorded and observed steps are brought into one order, so that equal behaviour reads equal."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import replace

from replaykit.model.step import ENDS, Step, StepKey, StepKind

# What starts, and the cancel that takes it back when both fall into one workflow task: Core then sends neither.
_TAKEN_BACK_BY = {
    StepKind.TIMER: StepKind.TIMER_CANCEL,
    StepKind.ACTIVITY: StepKind.ACTIVITY_CANCEL,
    StepKind.CHILD: StepKind.CANCEL_EXTERNAL,
    StepKind.NEXUS: StepKind.NEXUS_CANCEL,
}


def numbered(steps: Iterable[Step]) -> tuple[Step, ...]:
    """Count each step's coordinate: the nth of its kind and name."""
    counts: Counter[tuple[StepKind, str]] = Counter()
    result = []
    for step in steps:
        kind, name = step.key.kind, step.key.name
        counts[kind, name] += 1
        result.append(replace(step, key=StepKey(kind, name, counts[kind, name])))
    return tuple(result)


def in_issue_order(steps: Iterable[Step]) -> tuple[Step, ...]:
    """Move each recorded local activity from where its marker stands to where the workflow asked for it.

    A marker is written when the local activity ends. The SDK numbers activities and local activities from one
    sequence, so one with sequence s was asked for before the first activity numbered above s.
    """
    everything = list(steps)
    placed = [step for step in everything if step.key.kind is not StepKind.LOCAL_ACTIVITY]
    local = [step for step in everything if step.key.kind is StepKind.LOCAL_ACTIVITY]
    # Highest first: each goes before those asked for after it, in whatever order their markers were written.
    for step in sorted(local, key=sequence_of, reverse=True):
        at = next((index for index, other in enumerate(placed) if _follows(other, step)), len(placed))
        task = min(step.task, placed[at].task) if at < len(placed) else step.task
        placed.insert(at, replace(step, task=task))
    return tuple(placed)


def sequence_of(local: Step) -> int:
    """Return the SDK's sequence number of a local activity."""
    value = dict(local.options)["seq"].data
    return value if isinstance(value, int) else 0


def _follows(other: Step, local: Step) -> bool:
    if other.key.kind is StepKind.LOCAL_ACTIVITY:
        return sequence_of(other) > sequence_of(local)
    if other.key.kind is StepKind.ACTIVITY and other.id.isdecimal():
        return int(other.id) > sequence_of(local)
    return (other.event_id or 0) > (local.event_id or 0)


def as_recorded(steps: Iterable[Step], *, moves_end_last: bool) -> tuple[Step, ...]:
    """Reduce the commands that code issued to what the server would have recorded of them.

    `moves_end_last` is Core's flag 3 of the history: the command that ends the run goes last in its workflow
    task; without the flag Core drops whatever follows it.
    """
    by_task: dict[int, list[Step]] = {}
    patches: set[str] = set()
    for step in steps:
        if step.key.kind is StepKind.PATCH:
            # Core writes one marker per patch id, however often the code asks.
            if step.key.name in patches:
                continue
            patches.add(step.key.name)
        by_task.setdefault(step.task, []).append(step)
    result: list[Step] = []
    for task in sorted(by_task):
        kept = _without_taken_back(by_task[task])
        result.extend(_end_last(kept) if moves_end_last else _until_end(kept))
    return numbered(result)


def _without_taken_back(steps: list[Step]) -> list[Step]:
    dropped: set[int] = set()
    for index, step in enumerate(steps):
        cancel = _TAKEN_BACK_BY.get(step.key.kind)
        if cancel is None:
            continue
        for later in range(index + 1, len(steps)):
            same = steps[later].key.kind is cancel and steps[later].id == step.id
            if same and later not in dropped:
                dropped |= {index, later}
                break
    return [step for index, step in enumerate(steps) if index not in dropped]


def _end_last(steps: list[Step]) -> list[Step]:
    ends = [step for step in steps if step.key.kind in ENDS]
    return [step for step in steps if step.key.kind not in ENDS] + ends[:1]


def _until_end(steps: list[Step]) -> list[Step]:
    for index, step in enumerate(steps):
        if step.key.kind in ENDS:
            return steps[: index + 1]
    return steps
