"""What is known of a corpus of histories, one entry a file, and what follows from it."""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from replaykit.errors import Problem
from replaykit.model.coverage import FileCoverage
from replaykit.model.history import RunStatus


class Basis(StrEnum):
    """What a corpus was surveyed by: the shapes of its runs alone, or the workflow code they reach as well."""

    CODE = "shapes and code"
    UNCONFIGURED = "shapes alone: no workflows are configured"
    UNMEASURED = "shapes alone: the workflow code was not measured"


@dataclass(frozen=True, slots=True)
class Run:
    """What the history of one file says of its run; `covers` is its bits in the survey's catalogue."""

    workflow_type: str
    workflow_id: str
    status: RunStatus
    events: int
    started: float
    ended: float | None
    steps: str
    patches: str
    sdks: tuple[str, ...]
    builds: tuple[str, ...]
    covers: int


@dataclass(frozen=True, slots=True)
class Entry:
    """One file of the corpus.

    `run` is None where the file could not be read. `problem` says why it could not be read or not be replayed.
    `verdict` is the replay's, or empty.
    """

    path: str
    size: int
    run: Run | None
    problem: Problem | None
    verdict: str = ""


@dataclass(frozen=True, slots=True)
class KeptFile:
    """A history that stays, and what only it covers, in words."""

    entry: Entry
    alone: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Plan:
    """Which histories of a corpus stay.

    `unsure` could not be read or replayed, so nobody knows what they cover: they stay. `traits` counts what is covered
    beside lines and branches, `problems` say why modules of workflows did not load.
    """

    basis: Basis
    kept: tuple[KeptFile, ...]
    dropped: tuple[Entry, ...]
    unsure: tuple[Entry, ...]
    lines: int
    branches: int
    traits: int
    problems: tuple[Problem, ...] = ()

    @property
    def size(self) -> int:
        """The bytes of the whole corpus."""
        return self.size_kept + size_of(self.dropped)

    @property
    def size_kept(self) -> int:
        """The bytes of what stays."""
        return size_of([kept.entry for kept in self.kept]) + size_of(self.unsure)

    @property
    def total(self) -> int:
        """The number of histories."""
        return len(self.kept) + len(self.dropped) + len(self.unsure)

    @property
    def diverged(self) -> int:
        """The number of histories that diverge from the code: their replay reached less than it would have."""
        entries = [*(kept.entry for kept in self.kept), *self.dropped]
        return sum(entry.verdict == "diverged" for entry in entries)


def size_of(entries: Sequence[Entry]) -> int:
    """Add up the bytes of entries."""
    return sum(entry.size for entry in entries)


@dataclass(frozen=True, slots=True)
class TypeStats:
    """The histories of one workflow type; counts with the most frequent first. `open_since` is the oldest open run."""

    name: str
    histories: int
    events: int
    size: int
    statuses: tuple[tuple[str, int], ...]
    shapes: tuple[tuple[str, int], ...]
    patches: tuple[tuple[str, int], ...]
    sdks: tuple[tuple[str, int], ...]
    builds: tuple[tuple[str, int], ...]
    started_first: float
    started_last: float
    ended_last: float | None
    open_since: Entry | None


@dataclass(frozen=True, slots=True)
class Stats:
    """What a corpus holds, and what of the workflow code it reaches.

    `gone` are histories of types that the configured workflows no longer have, `expired` those that ended longer ago
    than the namespace keeps runs, `unread` and `unreplayed` those that could not be. `coverage` is empty where
    nothing was measured. `problems` say why modules of workflows did not load.
    """

    basis: Basis
    histories: int
    size: int
    types: tuple[TypeStats, ...]
    verdicts: tuple[tuple[str, int], ...]
    coverage: tuple[FileCoverage, ...]
    unread: tuple[Entry, ...]
    unreplayed: tuple[Entry, ...]
    gone: tuple[Entry, ...]
    expired: tuple[Entry, ...]
    problems: tuple[Problem, ...] = ()
