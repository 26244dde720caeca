"""What reading histories from files tells beside the histories themselves."""

from dataclasses import dataclass

from replaykit.errors import Problem


@dataclass(frozen=True, slots=True)
class Unread:
    """A file, an item of a file, or a whole location that gave no history; the others go on."""

    source: str
    problem: Problem


@dataclass(frozen=True, slots=True)
class SkippedActivities:
    """Activities that ran without a workflow: a file of Temporal Cloud holds them too, and they have no history.

    `examples` names the first few, as `type · activity id`.
    """

    source: str
    count: int
    examples: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Counts:
    """What came of all locations.

    `histories` are runs, each counted once. `duplicates` were dropped, for the run had been read. `superseded` are
    runs that were read once more, because a later file had more of their events. `unread` are the `Unread`,
    `activities` the standalone activities. `foreign` are files in directories that neither name nor content makes a
    history.
    """

    files: int = 0
    histories: int = 0
    duplicates: int = 0
    superseded: int = 0
    unread: int = 0
    activities: int = 0
    foreign: int = 0
