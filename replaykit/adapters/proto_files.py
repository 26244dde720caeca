"""Binary protobuf files are read field by field, so that one of a thousand histories holds one at a time in memory.

A file of Temporal Cloud is a `temporal.api.export.v1.WorkflowExecutions` or `ExportedExecutions`: field 1 holds its
workflows, field 2 of the newer one its standalone activities. A file of one history is a
`temporal.api.history.v1.History`: field 1 holds its events. Which of them a file is tells the first entry of field 1:
field 1 of an event is a number (its id), field 1 of an exported workflow a message (its history).
"""

import io
from collections.abc import Iterator
from dataclasses import dataclass
from enum import Enum
from typing import BinaryIO

from replaykit.adapters import history_file
from replaykit.errors import HistoryError, HistoryInvalid, HistoryTooLarge, HistoryTruncated, NotAHistory

VARINT, FIXED64, BYTES, FIXED32 = 0, 1, 2, 5
_FIXED = {FIXED64: 8, FIXED32: 4}
_LONGEST_VARINT = 10
_CHUNK = 2**20
_MORE, _SEVEN = 0x80, 0x7F
# The first byte of such a file: field 1 or 2, with a length.
_TAGS = {b"\x0a", b"\x12"}


class Entry(Enum):
    """What the entries of a file's field 1 are."""

    EVENT = "event of one history"
    WORKFLOW = "exported workflow"
    EMPTY = "nothing: an exported workflow without a history reads so"
    OTHER = "nothing that Temporal writes there"


@dataclass(frozen=True, slots=True)
class Field:
    """A field of the outermost message: its number, and its content where it has a length."""

    number: int
    content: bytes | None


def might_be_proto(head: bytes, *, strict: bool) -> bool:
    """Say whether a file that begins so can be one of ours; what is in it tells the rest.

    Strictly, its first entry must begin with the field that Temporal writes first: text that begins with an empty line
    does not.
    """
    if head[:1] not in _TAGS:
        return False
    length = next((place for place, byte in enumerate(head[1:], start=2) if byte < _MORE), len(head))
    return not strict or head[length : length + 1] in {b"", b"\x08", b"\x0a"}


def is_surely_proto(head: bytes) -> bool:
    """Say the same of a file that also begins like JSON after an empty line.

    A newline is the tag of field 1, and the brace after it a length of 123. Then an event begins with its number 1,
    and an exported workflow is a history and nothing else; in JSON neither byte follows a brace.
    """
    size = head[1:2]
    return head[:1] == b"\x0a" and size in {b"{", b"["} and head[2:4] in {b"\x08\x01", bytes([0x0A, size[0] - 2])}


def fields(stream: BinaryIO, name: str) -> Iterator[Field]:
    """Yield the fields of the outermost message, one by one.

    Raises:
        HistoryTruncated: The file stops within a field.
        HistoryTooLarge: A field is larger than any history.
        NotAHistory: The file does not begin like protobuf.
        HistoryInvalid: It goes on otherwise.
    """
    first = True
    while (tag := _varint(stream, name, start=True)) is not None:
        number, wire = tag >> 3, tag & 7
        if not number or wire not in {VARINT, FIXED64, BYTES, FIXED32}:
            raise no_history(name) if first else _broken(name)
        first = False
        if wire == BYTES:
            size = _varint(stream, name) or 0
            yield Field(number, _exactly(stream, size, name))
        elif wire == VARINT:
            _varint(stream, name)
            yield Field(number, None)
        else:
            _exactly(stream, _FIXED[wire], name)
            yield Field(number, None)


def entry_of(content: bytes) -> Entry:
    """Tell what an entry of field 1 is, whatever order its own fields are in."""
    if not content:
        return Entry.EMPTY
    stream = io.BytesIO(content)
    try:
        while (tag := _varint(stream, "", start=True)) is not None:
            number, wire = tag >> 3, tag & 7
            if number == 1:
                return {VARINT: Entry.EVENT, BYTES: Entry.WORKFLOW}.get(wire, Entry.OTHER)
            if not number or wire not in {VARINT, FIXED64, BYTES, FIXED32}:
                return Entry.OTHER
            if wire == VARINT:
                _varint(stream, "")
            else:
                _exactly(stream, _FIXED.get(wire) or _varint(stream, "") or 0, "")
    except HistoryError:
        return Entry.OTHER
    return Entry.OTHER


def _varint(stream: BinaryIO, name: str, *, start: bool = False) -> int | None:
    value = 0
    for place in range(_LONGEST_VARINT):
        byte = stream.read(1)
        if not byte:
            if start and not place:
                return None
            raise _cut(name)
        value |= (byte[0] & _SEVEN) << (7 * place)
        if byte[0] < _MORE:
            return value
    raise _broken(name)


def _exactly(stream: BinaryIO, size: int, name: str) -> bytes:
    if size > history_file.LARGEST:
        raise HistoryTooLarge(
            f"{name} has an entry of {size / 2**20:.0f} MiB.",
            cause=f"Temporal ends a run at 50 MiB; nothing above {history_file.LARGEST // 2**20} MiB is read.",
            fix="check what the file is: it may be damaged, for a history never grows to this size",
        )
    # In pieces: a damaged length must not make room for what never comes.
    pieces = []
    while size and (piece := stream.read(min(size, _CHUNK))):
        pieces.append(piece)
        size -= len(piece)
    if size:
        raise _cut(name)
    return b"".join(pieces)


def _cut(name: str) -> HistoryTruncated:
    return HistoryTruncated(
        f"{name} is cut short.",
        cause="the protobuf stops in the middle of a message",
        fix="copy or download it again",
    )


def _broken(name: str) -> HistoryInvalid:
    return HistoryInvalid(
        f"{name} is damaged.",
        cause="after what was read of it, it goes on with no protobuf",
        fix="copy or download it again",
    )


def no_history(name: str) -> NotAHistory:
    """Say of a file that it is none of ours."""
    return NotAHistory(
        f"{name} holds no workflow history.",
        cause="it is neither JSON nor the protobuf of a history or of a Temporal Cloud export",
        fix="leave the file out, or save the history again",
    )
