"""A recording's journal: one line an interaction, on disk before the answer is handed on.

    replaykit-journal 1 {"replaces": null, "volatile": []}
    8f3a2b1c {"order": 0, "interaction": {"activity": "plan", …}}

Each line but the first begins with the CRC of the rest. A process writes its own journal and holds a lock on it for as
long as it may write: whoever gets the lock knows that the writer is gone, SIGKILL included. What a kill can leave is
one line cut short at the end, the interaction that was in flight.
"""

import fcntl
import json
import os
import secrets
import threading
import zlib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from replaykit.adapters.tapes import check_version, corrupt, unwritable
from replaykit.errors import ReplaykitError
from replaykit.model.cassette import Interaction
from replaykit.rules import expiry, volatile
from replaykit.rules.content_form import Document, Malformed
from replaykit.rules.tape_form import from_document

SUFFIX = ".journal"
MAGIC = b"replaykit-journal "
VERSION = 1
_CRC = 8


@dataclass(frozen=True, slots=True)
class Journal:
    """What a journal holds.

    Attributes:
        interactions: In the order in which they were asked for.
        volatile: The declarations that were in force.
        replaces: The digest of the cassette file whose content these recordings replace; None where they add to it.
        expires: How long recordings are good; empty where the recorder did not say.
    """

    interactions: tuple[Interaction, ...]
    volatile: tuple[str, ...] = ()
    replaces: str | None = None
    expires: str = ""


class JournalWriter:
    """The journal of this process, for one use of a cassette; safe to use from several threads."""

    def __init__(self, cassette: Path, *, rules: tuple[str, ...], replaces: str | None, expires: str = "") -> None:
        """Begin a journal beside the cassette.

        Raises:
            CassetteUnwritable: The directory cannot be made or written.
        """
        head: dict[str, object] = {"replaces": replaces, "volatile": list(rules)}
        if expires:
            head["expires"] = expires
        self.path = cassette.with_name(f".{cassette.name}.{os.getpid()}-{secrets.token_hex(4)}{SUFFIX}")
        self._cassette = cassette
        self._lock = threading.Lock()
        temporary = self.path.with_suffix(".new")
        try:
            cassette.parent.mkdir(parents=True, exist_ok=True)
            self._file = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_APPEND | os.O_CLOEXEC, 0o644)
            fcntl.flock(self._file, fcntl.LOCK_EX)
            self._write(MAGIC + f"{VERSION} {json.dumps(head)}\n".encode())
            # Renamed with its head: a journal is never empty, and never seen without its lock.
            temporary.replace(self.path)
        except OSError as error:
            raise unwritable(cassette, error) from None

    def append(self, document: Document, *, order: int) -> None:
        """Write an interaction, on disk when this returns.

        Raises:
            CassetteUnwritable: The disk does not take it.
        """
        body = json.dumps({"order": order, "interaction": document}, separators=(",", ":")).encode()
        try:
            with self._lock:
                self._write(b"%08x %s\n" % (zlib.crc32(body), body))
        except OSError as error:
            raise unwritable(self._cassette, error) from None

    def close(self) -> None:
        """Let go of the journal, so that it can be merged into the cassette."""
        with self._lock:
            if self._file >= 0:
                os.close(self._file)
                self._file = -1

    def _write(self, line: bytes) -> None:
        view = memoryview(line)
        while view:
            view = view[os.write(self._file, view) :]
        os.fsync(self._file)


def journals_of(cassette: Path) -> list[Path]:
    """Find the journals beside a cassette, oldest first."""
    if not cassette.parent.is_dir():
        return []
    prefix = f".{cassette.name}."
    found = [path for path in cassette.parent.iterdir() if path.name.startswith(prefix) and path.name.endswith(SUFFIX)]
    return sorted(found, key=lambda path: (path.stat().st_mtime_ns, path.name))


def read(path: Path) -> Journal:
    """Read a journal: whole lines, and at its end nothing or one line cut short.

    Raises:
        OSError: The file cannot be read.
        CassetteCorrupt: It is damaged, empty, or no journal.
        CassetteVersion: A newer replaykit wrote it.
    """
    lines = path.read_bytes().split(b"\n")
    head = _head(lines[0], whole=len(lines) > 1, path=path)
    entries: list[tuple[int, Interaction]] = []
    for number, line in enumerate(lines[1:], start=2):
        body = line[_CRC + 1 :]
        if line[: _CRC + 1] != b"%08x " % zlib.crc32(body):
            # What follows the last line's end is empty, or what a kill cut short.
            if number == len(lines):
                continue
            raise corrupt(path, number, "the line has another content than was written")
        try:
            entry = json.loads(body)
            entries.append((int(entry["order"]), from_document(entry["interaction"])))
        except (ValueError, KeyError, TypeError, Malformed) as error:
            raise corrupt(path, number, f"no interaction: {error}") from None
    entries.sort(key=lambda entry: entry[0])
    rules = head.get("volatile", [])
    return Journal(
        tuple(interaction for _, interaction in entries), tuple(rules), head.get("replaces"), head.get("expires", "")
    )


def _head(line: bytes, *, whole: bool, path: Path) -> Mapping[str, Any]:
    if not line.startswith(MAGIC) or not whole:
        raise corrupt(path, 1, "the file is empty" if not line else "no journal, or cut short in its first line")
    version, _, said = line.removeprefix(MAGIC).partition(b" ")
    if not version.isdigit():
        raise corrupt(path, 1, "the journal does not say its version")
    check_version(int(version), path, line=1)
    try:
        head = json.loads(said)
        volatile.parse(head["volatile"])
        expires = head.get("expires", "")
        if expires:
            expiry.parse(expires)
    except (ValueError, KeyError, TypeError, AttributeError, ReplaykitError):
        raise corrupt(path, 1, "the head of the journal cannot be read") from None
    return {"volatile": head["volatile"], "replaces": head.get("replaces"), "expires": expires}
