"""Every payload of an event is found where it stands: which list it belongs to, and what that list's path is."""

import functools
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias

from google.protobuf.descriptor import Descriptor
from temporalio.api.common.v1 import Callback, Header, Payload, Payloads, SearchAttributes
from temporalio.api.failure.v1 import Failure
from temporalio.api.history.v1 import HistoryEvent

from replaykit.adapters.markers import LOCAL_ACTIVITY_MARKER, PATCH_MARKER

_PAYLOAD = Payload.DESCRIPTOR.full_name
_PAYLOADS = Payloads.DESCRIPTOR.full_name
_HEADER = Header.DESCRIPTOR.full_name
_FAILURE = Failure.DESCRIPTOR.full_name
# No codec touches search attributes, which the server reads, nor what a server sends back with a callback.
_UNTOUCHED = frozenset({SearchAttributes.DESCRIPTOR.full_name, Callback.DESCRIPTOR.full_name})
# Nor what Core itself writes into the details of its markers, after the codec.
_OF_CORE = {PATCH_MARKER: frozenset({"patch-data"}), LOCAL_ACTIVITY_MARKER: frozenset({"data"})}

# Lists of arguments, which are counted even where there is one.
ARGUMENTS = frozenset({"input", "args"})
# Levels of the protocol that a person's path leaves out.
_SILENT = frozenset({"fields", "acceptedRequest", "userMetadata"})


@dataclass(frozen=True, slots=True)
class Place:
    """Payloads that were encoded in one call of the codec, and where they stand.

    Attributes:
        path: Names from the event's attributes down, as in `failure.cause.details`.
        holder: The message of type Payloads, or the one Payload.
        failure: The failure whose encoded attributes the payload is, if it is that.
        in_header: It is of a header, which workers may or may not encode.
        in_attributes: It is of the event's attributes, not of the metadata beside them.
    """

    path: tuple[str, ...]
    holder: Any
    failure: Any = None
    in_header: bool = False
    in_attributes: bool = True

    @property
    def payloads(self) -> Sequence[Payload]:
        """The payloads, in order."""
        return [self.holder] if isinstance(self.holder, Payload) else self.holder.payloads

    @property
    def takes_one(self) -> bool:
        """Whether exactly one payload fits here."""
        return isinstance(self.holder, Payload)

    def put(self, payloads: Sequence[Payload]) -> None:
        """Put others in their place."""
        if isinstance(self.holder, Payload):
            [payload] = payloads
            self.holder.CopyFrom(payload)
        else:
            self.holder.CopyFrom(Payloads(payloads=payloads))

    def name(self, index: int | None = None) -> str:
        """Write the path; with the index of a payload where it stands in a list of arguments or of several."""
        words = [part for part in self.path if part not in _SILENT]
        listed = index is not None and (len(self.payloads) > 1 or self.path[-1] in ARGUMENTS)
        return ".".join(words) + (f"[{index}]" if listed else "")


def places(event: HistoryEvent) -> Iterator[Place]:
    """Yield the places of an event's payloads, in the order of the protocol; empty ones are left out."""
    attributes = event.WhichOneof("attributes")
    if attributes and _holds(HistoryEvent.DESCRIPTOR.fields_by_name[attributes].message_type):
        yield from _below(getattr(event, attributes), ())
    if event.HasField("user_metadata"):
        yield from _below(event.user_metadata, ("userMetadata",), in_attributes=False)
    for marker in event.event_group_markers:
        yield from _below(marker, ("eventGroupMarkers",), in_attributes=False)


def _below(
    message: Any,  # noqa: ANN401 - any message of the protocol
    path: tuple[str, ...],
    *,
    in_header: bool = False,
    in_attributes: bool = True,
) -> Iterator[Place]:
    descriptor: Descriptor = message.DESCRIPTOR
    header = in_header or descriptor.full_name == _HEADER
    failure = message if descriptor.full_name == _FAILURE else None
    core = _OF_CORE.get(message.marker_name, ()) if descriptor.name == "MarkerRecordedEventAttributes" else ()
    for name, json_name, kind in _fields(descriptor):
        if kind == _ONE:
            if message.HasField(name):
                children: Sequence[tuple[tuple[str, ...], Any]] = (((*path, json_name), getattr(message, name)),)
            else:
                continue
        elif kind == _LIST:
            children = [((*path, f"{json_name}[{n}]"), item) for n, item in enumerate(getattr(message, name))]
        else:
            entries = getattr(message, name)
            children = [((*path, json_name, key), entries[key]) for key in sorted(entries) if key not in core]
        for where, child in children:
            type_name = child.DESCRIPTOR.full_name
            if type_name not in {_PAYLOAD, _PAYLOADS}:
                yield from _below(child, where, in_header=header, in_attributes=in_attributes)
            elif type_name == _PAYLOAD or child.payloads:
                owner = failure if name == "encoded_attributes" else None
                yield Place(where, child, owner, header, in_attributes)


_Collect: TypeAlias = Callable[[Any, list[Payload]], None]


def payloads_of(events: Iterable[HistoryEvent]) -> list[Payload]:
    """Collect the payloads of events without saying where they stand, several times as fast as `places`.

    Core's own details of markers are among them, for whether they are left out depends on where they stand.
    """
    found: list[Payload] = []
    collect = _collector(HistoryEvent.DESCRIPTOR)
    for event in events:
        collect(event, found)
    return found


@functools.cache
def _collector(descriptor: Descriptor) -> _Collect:
    """Plan the collection from a message type: by the fields that are set, few of which lead to payloads."""
    if descriptor.full_name == _PAYLOAD:
        return lambda payload, found: found.append(payload)
    if descriptor.full_name == _PAYLOADS:
        return lambda message, found: found.extend(message.payloads)
    leading = {
        field: (field.message_type, _MAP if field.message_type.GetOptions().map_entry else _LIST)
        if field.is_repeated
        else (field.message_type, _ONE)
        for field in descriptor.fields
        if field.message_type is not None and _holds(field.message_type)
    }

    def collect(message: Any, found: list[Payload]) -> None:  # noqa: ANN401 - any message of the protocol
        for field, value in message.ListFields():
            plan = leading.get(field)
            if plan is None:
                continue
            inner, kind = plan
            # Looked up when it is met: a failure holds its cause, which is a failure.
            if kind == _ONE:
                _collector(inner)(value, found)
            elif kind == _LIST:
                for item in value:
                    _collector(inner)(item, found)
            else:
                below = _collector(inner.fields_by_name["value"].message_type)
                for key in value:
                    below(value[key], found)

    return collect


_ONE, _LIST, _MAP = "one", "list", "map"


@functools.cache
def _fields(descriptor: Descriptor) -> tuple[tuple[str, str, str], ...]:
    """Plan the walk through a message type: the fields that lead to payloads, and how many each holds."""
    found = []
    for field in descriptor.fields:
        inner = field.message_type
        if inner is None or not _holds(inner):
            continue
        if not field.is_repeated:
            found.append((field.name, field.json_name, _ONE))
        elif inner.GetOptions().map_entry:
            found.append((field.name, field.json_name, _MAP))
        else:
            found.append((field.name, field.json_name, _LIST))
    return tuple(found)


@functools.cache
def _holds(descriptor: Descriptor) -> bool:
    """Say whether a message of this type may hold payloads that a codec touches."""
    return _reaches(descriptor, frozenset())


def _reaches(descriptor: Descriptor, above: frozenset[str]) -> bool:
    name = descriptor.full_name
    if name in {_PAYLOAD, _PAYLOADS}:
        return True
    if name in above or name in _UNTOUCHED:
        return False
    inside = above | {name}
    return any(field.message_type is not None and _reaches(field.message_type, inside) for field in descriptor.fields)
