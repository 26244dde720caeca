"""The unit of work: one history to be judged, and the judgement on it."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from replaykit.model.history import Identity, RunStatus
    from replaykit.model.shape import RunShape
    from replaykit.model.verdict import Verdict
    from replaykit.model.witness import Witness


@dataclass(frozen=True, slots=True)
class Case:
    """One history file, by its absolute path and the path to show people."""

    path: str
    shown: str


@dataclass(frozen=True, slots=True)
class Judgement:
    """A case with its verdict; identity and status are None where the file could not be read that far.

    `prefix` is the workflow task after which the history was cut where the verdict is about a prefix of it, and
    `prefixes` how many were replayed. `seeds` tells, where hash seeds disagree, which seed gave which verdict.
    `shape` is there where it was asked for (`Setup.measure`) and the history could be read, `witness` where that was
    (`Setup.watch`) and the history was replayed.
    """

    case: Case
    verdict: "Verdict"
    seconds: float
    identity: "Identity | None" = None
    status: "RunStatus | None" = None
    events: int = 0
    prefix: int | None = None
    prefixes: int = 0
    seeds: tuple[tuple[int, str], ...] = ()
    shape: "RunShape | None" = None
    witness: "Witness | None" = None
