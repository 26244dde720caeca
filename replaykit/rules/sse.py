"""A stream of server-sent events becomes parts that a person can read, and parts the same chunks, byte for byte.

A part is an event: whole, from its first line to the empty line after it. Where the network cut an event in two, the
part says so; events that arrived in one chunk have the same time.
"""

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from itertools import groupby, pairwise
from typing import TypeAlias

from replaykit.model.cassette import Content, Part, Spelling
from replaykit.model.value import JsonData

JSON, DATA, VERBATIM = "json/plain", "data", "verbatim"
# Times are kept to the microsecond; chunks of the same moment are one such step apart.
STEP = 0.000001

Chunk: TypeAlias = tuple[float, bytes]

_EMPTY_LINE = re.compile(rb"\n\n|\r\n\r\n")


def parts_of(chunks: Iterable[Chunk]) -> tuple[Part, ...]:
    """Take a stream apart: each chunk came at its time, in seconds since the answer began."""
    arrived = _distinct(chunks)
    whole = b"".join(data for _, data in arrived)
    ends: list[tuple[int, float]] = []
    position = 0
    for at, data in arrived:
        position += len(data)
        ends.append((position, at))
    parts: list[Part] = []
    first = 0
    for begin, end in pairwise([0, *_ends_of_events(whole)]):
        while ends[first][0] <= begin:
            first += 1
        cuts: list[tuple[int, float]] = []
        last = first
        while ends[last][0] < end:
            cuts.append((ends[last][0] - begin, ends[last][1]))
            last += 1
        parts.append(_part(whole[begin:end], ends[last][1], tuple(cuts)))
    return tuple(parts)


def chunks_of(parts: Sequence[Part]) -> Iterator[Chunk]:
    """Put a stream together again."""
    for at, pieces in groupby(_pieces(parts), key=lambda piece: piece[0]):
        yield at, b"".join(data for _, data in pieces)


def _distinct(chunks: Iterable[Chunk]) -> list[Chunk]:
    distinct: list[Chunk] = []
    for at, data in chunks:
        if data:
            before = distinct[-1][0] if distinct else -STEP
            distinct.append((max(round(at, 6), round(before + STEP, 6)), data))
    return distinct


def _ends_of_events(whole: bytes) -> Iterator[int]:
    """Yield where each event ends: behind an empty line. What is left at the end is a part, too."""
    position = 0
    for found in _EMPTY_LINE.finditer(whole):
        position = found.end()
        yield position
    if position < len(whole):
        yield len(whole)


def _part(piece: bytes, at: float, cuts: tuple[tuple[int, float], ...]) -> Part:
    event, content = _read(piece)
    return Part(at, content, event, cuts)


def _read(piece: bytes) -> tuple[str | None, Content]:
    verbatim = None, Content(VERBATIM, raw=piece)
    try:
        *lines, end, rest = piece.decode("utf-8").split("\n")
    except ValueError:
        return verbatim
    if end or rest or not lines:
        return verbatim
    *heads, last = lines
    event = heads[0].removeprefix("event: ") if heads else None
    data = last.removeprefix("data: ")
    if len(heads) > 1 or data == last or (event is not None and event == heads[0]):
        return verbatim
    content = Content.from_bytes({"encoding": JSON.encode()}, data.encode())
    if content.spelling is None or not isinstance(content.json, (dict, list)):
        content = Content(DATA, raw=data.encode())
    return (event, content) if _written(event, content) == piece else verbatim


def _written(event: str | None, content: Content) -> bytes:
    if content.encoding == VERBATIM:
        return content.raw
    head = b"" if event is None else b"event: " + event.encode() + b"\n"
    return head + b"data: " + content.data() + b"\n\n"


def _pieces(parts: Sequence[Part]) -> Iterator[Chunk]:
    for part in parts:
        data = _written(part.event, part.content)
        begin = 0
        for end, at in part.cuts:
            yield at, data[begin:end]
            begin = end
        yield part.at, data[begin:]


def spelling_of(parts: Sequence[Part]) -> Spelling:
    """Name the spelling of JSON in which most of a stream's events are written."""
    counted = Counter(part.content.spelling for part in parts if part.content.spelling is not None)
    return max(Spelling, key=lambda spelling: counted[spelling]) if counted else Spelling.COMPACT


def respelled(content: Content, spelling: Spelling) -> Content:
    """Name another spelling in which the same JSON has the same bytes, if it is one: texts of ASCII have several."""
    if content.spelling in {None, spelling} or spelling.write(content.json) != content.data():
        return content
    return Content(content.encoding, json=content.json, spelling=spelling, metadata=content.metadata)


def json_of(part: Part) -> JsonData:
    """Return an event's data where it is JSON, else nothing."""
    return part.content.json if part.content.spelling is not None else None
