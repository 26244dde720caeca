"""The entries of a protobuf file become the events of its histories, one history at a time."""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import BinaryIO, TypeVar

from google.protobuf.message import DecodeError, Message
from temporalio.api.enums.v1 import EventType
from temporalio.api.export import v1 as export
from temporalio.api.history.v1 import History, HistoryEvent

from replaykit.adapters import history_file
from replaykit.adapters.history_file import SAVE_AGAIN
from replaykit.adapters.proto_files import Entry, entry_of, fields, no_history
from replaykit.errors import (
    HistoryEmpty,
    HistoryError,
    HistoryInvalid,
    HistoryOutOfOrder,
    HistoryTooLarge,
)
from replaykit.model.source import SkippedActivities

EXAMPLES = 3
ITEMS, ACTIVITIES = 1, 2
_MOST_NUMBERS = 5
_AGAIN = "save the whole history again: " + SAVE_AGAIN

M = TypeVar("M", bound=Message)


@dataclass(frozen=True, slots=True)
class Events:
    """The events of one history, checked; `alone` in their file, and whether some hold fields unknown here."""

    events: Sequence[HistoryEvent]
    alone: bool
    unknown: bool


@dataclass(slots=True)
class _Walk:
    """What has been seen of a file so far."""

    kind: Entry = Entry.EMPTY
    items: int = 0
    events: list[HistoryEvent] = field(default_factory=list)
    size: int = 0
    activities: list[str] = field(default_factory=list)
    skipped: int = 0
    unknown: Counter[int] = field(default_factory=Counter)


def histories_in(stream: BinaryIO, name: str) -> Iterator[tuple[str, Events | HistoryError | SkippedActivities]]:
    """Yield each history with its name for messages, what is wrong in its place, and the activities that have none.

    Raises:
        HistoryError: The file as a whole is cut short, damaged, or holds something else.
    """
    walk = _Walk()
    error: HistoryError | None = None
    try:
        for found in fields(stream, name):
            if found.number == ITEMS and found.content is not None:
                if (item := _item(found.content, walk, name)) is not None:
                    yield f"{name} (item {walk.items})", item
            elif found.number == ACTIVITIES and found.content is not None and walk.kind is not Entry.EVENT:
                _skip(found.content, walk, name)
            else:
                _note_unknown(found.number, walk)
    except HistoryError as raised:
        error = raised
    if walk.skipped:
        yield name, SkippedActivities(name, walk.skipped, tuple(walk.activities))
    if error is not None:
        raise error
    if walk.events:
        yield name, _history(History(events=walk.events), walk.events, name, alone=True)
    if walk.unknown and not (walk.items or walk.skipped):
        raise no_history(name)
    if walk.unknown:
        raise _unknown(walk, name)


def _item(content: bytes, walk: _Walk, name: str) -> Events | HistoryError | None:
    walk.items += 1
    if walk.kind is Entry.EMPTY:
        walk.kind = entry_of(content)
        if walk.kind is Entry.OTHER:
            raise no_history(name)
    if walk.kind is Entry.EVENT:
        walk.size += len(content)
        if walk.size > history_file.LARGEST:
            raise HistoryTooLarge(
                f"{name} holds more than {history_file.LARGEST // 2**20} MiB of events.",
                cause="Temporal ends a run at 50 MiB of history; nothing above that is read.",
                fix="check what the file is; a history never grows to this size",
            )
        walk.events.append(_parsed(HistoryEvent, content, name))
        return None
    return _exported(content, f"{name} (item {walk.items})", first=walk.items == 1, file=name)


def _exported(content: bytes, name: str, *, first: bool, file: str) -> Events | HistoryError:
    try:
        message = _parsed(export.WorkflowExecution, content, name)
        found = _history(message, message.history.events, name, alone=False)
    except HistoryError as error:
        return error
    if isinstance(found, HistoryError) and first and _is_something_else(message):
        raise no_history(file)
    return found


def _is_something_else(message: export.WorkflowExecution) -> bool:
    """Say whether not even the first event has a number or a kind: other protobuf can be nested like an export."""
    events = message.history.events
    return bool(events) and not events[0].event_id and not events[0].event_type


def _history(whole: Message, events: Sequence[HistoryEvent], name: str, *, alone: bool) -> Events | HistoryError:
    if not events:
        return HistoryEmpty(
            f"{name} is a history without events.",
            cause="its list of events is empty; every run begins with WorkflowExecutionStarted",
            fix=_AGAIN,
        )
    first = events[0]
    if not first.HasField("workflow_execution_started_event_attributes"):
        return HistoryOutOfOrder(
            f"{name} does not begin with WorkflowExecutionStarted.",
            cause=f"its first event is {_event_name(first)}",
            fix=_AGAIN,
        )
    for expected, event in enumerate(events, start=1):
        if event.event_id != expected:
            return HistoryOutOfOrder(
                f"{name} has events missing or out of order.",
                cause=f"event {expected} should stand where event {event.event_id} does",
                fix=_AGAIN,
            )
    return Events(events, alone=alone, unknown=_holds_unknown(whole))


def _holds_unknown(message: Message) -> bool:
    known = type(message)()
    known.CopyFrom(message)
    known.DiscardUnknownFields()
    return known.ByteSize() != message.ByteSize()


def _event_name(event: HistoryEvent) -> str:
    found = EventType.DESCRIPTOR.values_by_number.get(event.event_type)
    return found.name.removeprefix("EVENT_TYPE_") if found else f"of kind {event.event_type}"


def _parsed(kind: type[M], content: bytes, name: str) -> M:
    try:
        return kind.FromString(content)
    except DecodeError:
        raise HistoryInvalid(
            f"{name} has an event that Temporal's protocol does not read.",
            cause="its protobuf is damaged, or of a form that this version of temporalio does not know",
            fix="copy or download it again, or: pip install -U temporalio",
        ) from None


def _skip(content: bytes, walk: _Walk, name: str) -> None:
    walk.skipped += 1
    # temporalio before 1.35 has no class for them; then they are counted only.
    kind = getattr(export, "ActivityExecution", None)
    if kind is None or len(walk.activities) == EXAMPLES:
        return
    try:
        info = kind.FromString(content).activity.info
    except DecodeError:
        info = None
    if info is not None and info.activity_id:
        walk.activities.append(f"{info.activity_type.name} · {info.activity_id}")
    elif walk.kind is Entry.EMPTY and not walk.activities:
        raise no_history(name)


def _note_unknown(number: int, walk: _Walk) -> None:
    # A hostile file can hold millions of different numbers.
    if number in walk.unknown or len(walk.unknown) < _MOST_NUMBERS:
        walk.unknown[number] += 1


def _unknown(walk: _Walk, name: str) -> HistoryInvalid:
    numbers = ", ".join(f"field {number} ({count} times)" for number, count in sorted(walk.unknown.items()))
    return HistoryInvalid(
        f"{name} holds more than histories and activities.",
        cause=f"beside what was read, it has {numbers}, which is unknown to this version",
        fix="pip install -U temporal-replaykit temporalio",
    )
