"""Histories are read from files: what Temporal Cloud exports, the CLI and the Web UI save, and replaykit's own."""

import contextlib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, BinaryIO, TypeAlias

from temporalio.client import WorkflowHistory

from replaykit.adapters import history_file
from replaykit.adapters.compressed import opened
from replaykit.adapters.fetch import Fetched
from replaykit.adapters.history import parse
from replaykit.adapters.history_file import IDENTITY_KEY, checked
from replaykit.adapters.json_histories import UTF_16, found_in, might_be_json
from replaykit.adapters.locations import Place, places, safe
from replaykit.adapters.proto_files import is_surely_proto, might_be_proto, no_history
from replaykit.adapters.proto_histories import Events, histories_in
from replaykit.adapters.run_identity import identity_of_run, key_of, suffix_of
from replaykit.errors import HistoryEmpty, HistoryError, HistoryInvalid, HistoryTooLarge, NotAHistory, ReplaykitError
from replaykit.model.source import Counts, SkippedActivities, Unread

UNKNOWN_FIELDS = "its events hold fields that this version of temporalio does not know; they are left out"
# A damaged or hostile file can hold millions of entries that are nothing.
MOST_UNUSABLE = 1000
_CHUNK = 2**20


@dataclass(frozen=True, slots=True)
class FromFile(Fetched):
    """A history that was read from a file.

    `source` names the file and the item in it, safe to show. `note` is what replaykit noted beside the events, whole;
    empty for other files. `remarks` say, each in a sentence, what about it is a guess or was left out. `supersedes`:
    the run was read before, from a file that had fewer of its events.
    """

    source: str
    note: Mapping[str, Any]
    remarks: tuple[str, ...]
    supersedes: bool


Event: TypeAlias = FromFile | Unread | SkippedActivities | Counts


def fetched_from(locations: Iterable[str], *, base: Path, namespace: str = "") -> Iterator[Event]:
    """Read every history of some files, directories and URLs, each run once.

    What a file is tells its content: JSON of the CLI, the Web UI, the HTTP API or replaykit; protobuf of one history
    or of a Temporal Cloud export; each as it is or packed with gzip or zstd. One history at a time is held in memory.
    A run that was read before, by namespace, workflow id and actual run id, is dropped, unless it has more events now.

    Args:
        locations: Paths, relative to `base`, and URLs that fsspec opens. Directories are searched whole, hidden
            entries left out, in sorted order.
        base: The directory that relative paths start from.
        namespace: The namespace of histories that do not tell theirs. replaykit's own files do; Temporal Cloud's
            tell by their path, where nothing is given here.

    Yields:
        `FromFile` for each history, `Unread` for what could not be read, `SkippedActivities` for each file that
        holds some, and `Counts` at the end.
    """
    reading = _Reading(namespace)
    for location in locations:
        try:
            for place in places(location, base=base):
                yield from reading.file(place)
        except ReplaykitError as error:
            yield reading.unread(safe(location), error)
    yield reading.counts


class _Reading:
    """What has been read so far: identities for the runs, counts for all else."""

    def __init__(self, namespace: str) -> None:
        self.counts = Counts()
        self._namespace = namespace
        self._opened: set[str] = set()
        # The number of events that each run was read with.
        self._runs: dict[bytes, int] = {}

    def unread(self, source: str, error: ReplaykitError) -> Unread:
        self._count(unread=1)
        return Unread(source, error.problem)

    def file(self, place: Place) -> Iterator[Event]:
        if place.key in self._opened:
            return
        self._opened.add(place.key)
        self._count(files=1)
        # In a directory, a file that by its name is something else is passed over if its content is, too.
        foreign = not place.named and suffix_of(place.path) is None
        unusable = 0
        try:
            for name, found in _found(place, strict=foreign):
                match found:
                    case SkippedActivities():
                        self._count(activities=found.count)
                        yield found
                        continue
                    case HistoryError():
                        read: FromFile | HistoryError | None = found
                    case _:
                        read = self._history(name, found, place)
                match read:
                    case NotAHistory() | HistoryEmpty() if foreign:
                        raise read
                    case HistoryError():
                        unusable += 1
                        yield self.unread(name, read)
                    case FromFile():
                        yield read
                foreign = False
                if unusable > MOST_UNUSABLE:
                    raise _given_up(place.shown)
        except ReplaykitError as error:
            if foreign and isinstance(error, NotAHistory | HistoryEmpty):
                self._count(foreign=1)
            else:
                yield self.unread(place.shown, error)

    def _history(self, name: str, found: object, place: Place) -> FromFile | HistoryError | None:
        """Make a history of what was found; None for one that was read before."""
        if isinstance(found, Events):
            events, alone, unknown, note = found.events, found.alone, found.unknown, {}
        else:
            try:
                document = checked(found, name)
                events, alone, unknown = parse(document, "", name).events, name == place.shown, False
            except HistoryError as error:
                return error
            own = document.get(IDENTITY_KEY)
            note = own if isinstance(own, dict) else {}
        identity, remarks = identity_of_run(events, note=note, namespace=self._namespace, path=place.path, alone=alone)
        key = key_of(identity, events)
        before = self._runs.get(key, 0)
        if before >= len(events):
            self._count(duplicates=1)
            return None
        self._runs[key] = len(events)
        self._count(**{"superseded" if before else "histories": 1})
        history = WorkflowHistory(identity.workflow_id, events)
        if unknown:
            remarks = (*remarks, UNKNOWN_FIELDS)
        return FromFile(identity, history, name, note, remarks, supersedes=bool(before))

    def _count(self, **more: int) -> None:
        self.counts = replace(self.counts, **{name: getattr(self.counts, name) + n for name, n in more.items()})


def _found(place: Place, *, strict: bool) -> Iterator[tuple[str, object]]:
    """Yield what a file holds: checked events, JSON that should be a history, or what is wrong in its place."""
    file, stream = opened(place)
    with contextlib.closing(file):
        head = stream.peek()
        if not head:
            raise HistoryEmpty(
                f"{place.shown} is empty.",
                cause="the file has no content",
                fix=f"save it again: {history_file.SAVE_AGAIN}",
            )
        if is_surely_proto(head) or (might_be_proto(head, strict=strict) and not might_be_json(head)):
            yield from histories_in(stream, place.shown)
        elif not might_be_json(head):
            raise no_history(place.shown)
        elif suffix_of(place.path) == "jsonl" and not head.startswith(UTF_16):
            for number, line in enumerate(iter(lambda: _line(stream, place.shown), b""), start=1):
                if line.strip():
                    yield from found_in(line, f"{place.shown} (line {number})")
        else:
            yield from found_in(_whole(stream, place.shown), place.shown)


def _line(stream: BinaryIO, name: str) -> bytes:
    line = stream.readline(history_file.LARGEST + 1)
    if len(line) > history_file.LARGEST:
        raise _too_large(name)
    return line


def _whole(stream: BinaryIO, name: str) -> bytes:
    pieces = []
    size = 0
    while piece := stream.read(_CHUNK):
        pieces.append(piece)
        size += len(piece)
        if size > history_file.LARGEST:
            raise _too_large(name)
    return b"".join(pieces)


def _too_large(name: str) -> HistoryTooLarge:
    return HistoryTooLarge(
        f"{name} holds more than {history_file.LARGEST // 2**20} MiB of JSON.",
        cause="Temporal ends a run at 50 MiB of history, which JSON at most triples",
        fix="check what the file is; a history never grows to this size",
    )


def _given_up(name: str) -> HistoryInvalid:
    return HistoryInvalid(
        f"{name} is read no further.",
        cause=f"more than {MOST_UNUSABLE} of its entries cannot be used",
        fix="copy or download it again",
    )
