"""What a corpus holds already: the run in each file, told by the note that export writes at its end."""

import contextlib
import json
import os
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Self

from replaykit.adapters.corpus import SUFFIX, file_for
from replaykit.adapters.history_file import IDENTITY_KEY, identity_note, read_document
from replaykit.adapters.plain_files import opened
from replaykit.errors import HistoryError
from replaykit.model.history import Identity, RunStatus

# Keys are sorted, so the note closes the file: the events need not be parsed to know whose they are.
TAIL = 8192
_NOTE = re.compile(rb'\n  "' + IDENTITY_KEY.encode() + rb'": (\{\n.*?\n  \})\n\}\n\Z', re.DOTALL)
_LEFT_BEHIND = re.compile(r"\..+\.(\d+)\.tmp")


@dataclass(frozen=True, slots=True)
class Held:
    """A file of the corpus and the note in it; the note is empty where another tool wrote the file."""

    path: Path
    note: Mapping[str, str]

    @property
    def run_id(self) -> str:
        """The actual run id, or empty."""
        return self.note.get("runId", "")

    @property
    def is_closed(self) -> bool:
        """Whether the run had ended when it was written; False where the file does not say."""
        return self.note.get("status", RunStatus.OPEN) != RunStatus.OPEN


class CorpusIndex:
    """The runs below one directory; one writer at a time."""

    def __init__(self, out: Path, held: dict[Path, Held]) -> None:
        """Take what was found; `CorpusIndex.of` finds it."""
        self._out = out
        self._by_path = held
        self._by_run = {one.run_id: one for one in held.values() if one.run_id}

    @classmethod
    def of(cls, out: Path) -> Self:
        """Read the notes of all files below `out`, and clear away what a killed export left half-written."""
        held: dict[Path, Held] = {}
        for root, directories, files in os.walk(out):
            directories[:] = sorted(name for name in directories if not name.startswith("."))
            for name in sorted(files):
                path = Path(root) / name
                if _is_left_behind(name):
                    path.unlink(missing_ok=True)
                elif name.endswith(SUFFIX) and not name.startswith("."):
                    held[path] = Held(path, _note_of(path))
        return cls(out, held)

    def __len__(self) -> int:
        return len(self._by_path)

    def __iter__(self) -> Iterator[Held]:
        """Iterate over the files."""
        return iter(tuple(self._by_path.values()))

    def get(self, run_id: str) -> Held | None:
        """Return the file that holds a run."""
        return self._by_run.get(run_id)

    def file_for(self, identity: Identity) -> Path:
        """Choose the file of a run: the one that holds it already, or a new one (see `corpus.file_for`)."""
        there = self._by_run.get(identity.run_id)
        return there.path if there else file_for(self._out, identity, run_in=self._run_in)

    def add(self, path: Path, note: Mapping[str, str]) -> None:
        """Note that a run has been written."""
        held = self._by_path[path] = Held(path, dict(note))
        if held.run_id:
            self._by_run[held.run_id] = held

    def _run_in(self, path: Path) -> str | None:
        # What is noted here may be on its way to the disk only.
        held = self._by_path.get(path)
        if held:
            return held.run_id
        return "" if path.exists() else None


def _is_left_behind(name: str) -> bool:
    match = _LEFT_BEHIND.fullmatch(name)
    return match is not None and not _is_alive(int(match[1]))


def _is_alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except (PermissionError, OverflowError):
        return True
    return True


def _note_of(path: Path) -> Mapping[str, str]:
    with contextlib.suppress(OSError):
        with opened(path) as file:
            size = file.seek(0, os.SEEK_END)
            file.seek(max(0, size - TAIL))
            tail = file.read()
        match = _NOTE.search(tail)
        if match:
            with contextlib.suppress(ValueError):
                return identity_note({IDENTITY_KEY: json.loads(match[1])})
    with contextlib.suppress(HistoryError):
        return identity_note(read_document(path))
    return {}
