"""The shape of a run is read off its history, and taken apart into the features that one run may share with another."""

import hashlib
from bisect import bisect_left
from collections.abc import Collection, Iterator, Sequence

from replaykit.model.history import History, RunStatus
from replaykit.model.reached import Reached
from replaykit.model.shape import Aspect, Feature, Message, RunShape, Stamps
from replaykit.model.step import Step, StepKind
from replaykit.model.value import Json
from replaykit.rules.fold import fold, text_of

# A step that waits for an answer from outside.
WAITS = frozenset({StepKind.ACTIVITY, StepKind.LOCAL_ACTIVITY, StepKind.TIMER, StepKind.CHILD, StepKind.NEXUS})
_SAID_SHORT = {StepKind.ACTIVITY: "", StepKind.LOCAL_ACTIVITY: "local", StepKind.CHILD: "child"}
# What reaches a run from outside and changes its way; its start and its end are told by type and status.
_MESSAGES = frozenset({"signal", "cancel requested", "workflow task failed", "workflow task timed out"})
START = "start"
# Above this a sequence is cut and told from others by its digest: no run's features may weigh what its history does.
LONGEST = 400


def shape_of(history: History, stamps: Stamps, reached: Reached | None = None) -> RunShape:
    """Read the shape of a run; none of its payloads, messages or ids is in it."""
    steps = history.trace.steps
    return RunShape(
        workflow_type=history.identity.workflow_type,
        status=history.status,
        steps=fold([label(step) for step in steps]),
        patches=tuple(sorted({_patch(step) for step in steps if step.key.kind is StepKind.PATCH})),
        failures=_distinct(_failure(step) for step in steps if step.answer and step.answer.types),
        failed=next((_chain_of_run(step) for step in steps if step.key.kind is StepKind.FAIL), ""),
        answered=_distinct(
            f"{label(step)} {'failed' if step.answer.failure else 'completed'}"
            for step in steps
            if step.key.kind is StepKind.CHILD and step.answer
        ),
        retried=_distinct(label(step) for step in steps if step.answer and step.answer.attempts > 1),
        pending=_distinct(
            label(step)
            for step in steps
            if history.status is RunStatus.OPEN and step.key.kind in WAITS and step.answer is None
        ),
        messages=_messages(history),
        stamps=stamps,
        started=history.started,
        reached=reached,
    )


def label(step: Step) -> str:
    """Name a step as a sequence shows it: an activity by its name, anything else with its kind."""
    kind = _SAID_SHORT.get(step.key.kind, step.key.kind.value)
    return f"{kind} {step.key.name}".strip()


def features(shape: RunShape) -> frozenset[Feature]:
    """Take a shape apart into what a corpus is to cover."""
    return frozenset((*_of_code(shape.reached), *_of_run(shape)))


def _of_code(reached: Reached | None) -> Iterator[Feature]:
    for file, arcs in reached.files if reached else ():
        for start, end in arcs:
            for line in (start, end):
                if line > 0:
                    yield Feature(Aspect.LINE, file, at=(line, 0))
            # The way into a function tells no more than its first line.
            if start > 0:
                yield Feature(Aspect.BRANCH, file, at=(start, end))


def _of_run(shape: RunShape) -> Iterator[Feature]:
    def feature(aspect: Aspect, what: str) -> Feature:
        return Feature(aspect, shape.workflow_type, what)

    yield feature(Aspect.STATUS, shape.status.value + (f" with {shape.failed}" if shape.failed else ""))
    yield feature(Aspect.STEPS, _short(text_of(shape.steps)))
    yield feature(Aspect.PATCHES, patches_text(shape))
    yield from (feature(Aspect.FAILURE, failure) for failure in shape.failures)
    yield from (feature(Aspect.RETRY, step) for step in shape.retried)
    yield from (feature(Aspect.CHILD, end) for end in shape.answered)
    yield from (feature(Aspect.PENDING, step) for step in shape.pending)
    yield from (feature(Aspect.MESSAGE, f"{m.what} after {m.after}") for m in shape.messages)
    yield from (feature(Aspect.SDK, sdk) for sdk in shape.stamps.sdks)
    yield from (feature(Aspect.BUILD, build) for build in shape.stamps.builds)


def patches_text(shape: RunShape) -> str:
    """Write a run's set of patches."""
    return ", ".join(f"{name} (deprecated)" if old else name for name, old in shape.patches)


def words(feature: Feature) -> str:
    """Say a feature in plain words."""
    what, (line, end) = feature.what, feature.at
    match feature.aspect:
        case Aspect.LINE:
            return f"line {feature.scope}:{line}"
        case Aspect.BRANCH:
            return f"branch {feature.scope}:{line}→{end if end > 0 else 'exit'}"
        case Aspect.STATUS:
            return "still open" if what == RunStatus.OPEN.value else f"ends {what}"
        case Aspect.STEPS:
            return f"steps {what}" if what else "no steps"
        case Aspect.PATCHES:
            return f"patches {what}" if what else "no patches"
        case Aspect.FAILURE:
            return what
        case Aspect.RETRY:
            return f"{what} retried"
        case Aspect.CHILD:
            return what
        case Aspect.PENDING:
            return f"waits for {what}"
        case Aspect.MESSAGE:
            return what
        case Aspect.SDK:
            return f"recorded by {what}"
        case Aspect.BUILD:
            return f"run by build {what}"


def told(found: Collection[Feature]) -> tuple[str, ...]:
    """Say features in plain words: the lines of a file as ranges, and branches where no line tells of them already."""
    lines: dict[str, set[int]] = {}
    for feature in found:
        if feature.aspect is Aspect.LINE:
            lines.setdefault(feature.scope, set()).add(feature.at[0])
    said = [f"line{'s' * (len(numbers) > 1)} {file}:{ranges(numbers)}" for file, numbers in sorted(lines.items())]
    others = sorted(f for f in found if f.aspect is not Aspect.LINE and not _told_by(f, lines))
    order = list(Aspect)
    return (*said, *(words(feature) for feature in sorted(others, key=lambda f: order.index(f.aspect))))


def ranges(numbers: set[int]) -> str:
    """Write line numbers as ranges: `41-44, 50`."""
    parts: list[list[int]] = []
    for number in sorted(numbers):
        if parts and number == parts[-1][1] + 1:
            parts[-1][1] = number
        else:
            parts.append([number, number])
    return ", ".join(str(first) if first == last else f"{first}-{last}" for first, last in parts)


def _told_by(feature: Feature, lines: dict[str, set[int]]) -> bool:
    return feature.aspect is Aspect.BRANCH and not lines.get(feature.scope, set()).isdisjoint(feature.at)


def _distinct(names: Iterator[str]) -> tuple[str, ...]:
    return tuple(sorted(set(names)))


def _patch(step: Step) -> tuple[str, bool]:
    return step.key.name, ("deprecated", Json(data=True)) in step.options


def _failure(step: Step) -> str:
    types = step.answer.types if step.answer else ()
    return f"{label(step)} cancelled" if types == ("cancelled",) else f"{label(step)} failed: {' ← '.join(types)}"


def _chain_of_run(step: Step) -> str:
    """Write the types of a run's failure and its causes; a cause of the same type again and again once."""
    match step.input:
        case (Json(list(chain)), *_):
            types = [str(link["type"]) for link in chain if isinstance(link, dict) and "type" in link]
            return " ← ".join(types)
        case _:
            return ""


def _messages(history: History) -> tuple[Message, ...]:
    own = [step for step in history.trace.steps if step.event_id is not None and not _from_outside(step)]
    own.sort(key=lambda step: step.event_id or 0)
    ids = [step.event_id or 0 for step in own]
    found = {
        Message(f"{r.what} {r.name}" if r.what == "signal" else r.what, _before(r.event_id, ids, own))
        for r in history.received
        if r.what in _MESSAGES
    } | {
        Message(f"update {step.key.name}", _before(step.event_id or 0, ids, own))
        for step in history.trace.steps
        if step.key.kind is StepKind.UPDATE_ACCEPTED
    }
    return tuple(sorted(found, key=lambda message: (message.what, message.after)))


def _from_outside(step: Step) -> bool:
    return step.key.kind in {StepKind.UPDATE_ACCEPTED, StepKind.UPDATE_COMPLETED}


def _before(event_id: int, ids: Sequence[int], steps: Sequence[Step]) -> str:
    at = bisect_left(ids, event_id)
    return label(steps[at - 1]) if at else START


def _short(text: str) -> str:
    if len(text) <= LONGEST:
        return text
    return f"{text[:LONGEST]}… #{hashlib.sha256(text.encode()).hexdigest()[:12]}"
