"""What a gate says of a change: base against head on every history, and what it cannot vouch for."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

from replaykit.model.verdict import Clean, Drifted

if TYPE_CHECKING:
    from replaykit.errors import Problem
    from replaykit.model.case import Case, Judgement
    from replaykit.model.coverage import Gap
    from replaykit.model.finding import Divergence, Drift, Unverified
    from replaykit.model.patches import PatchVerdict


class Standing(StrEnum):
    """How a history stands to the change. Only `PASSED` is a pass.

    `EMPTY`: no workflow task of the run has completed, so that nothing is recorded which the change could break, and
    nothing was replayed.
    """

    PASSED = "passed"
    DRIFTED = "drifted"
    BLOCKED = "blocked"
    INTRINSIC = "intrinsic"
    UNVERIFIED = "unverified"
    EMPTY = "empty"


@dataclass(frozen=True, slots=True)
class Revision:
    """One side of the comparison.

    `name` is what a person called it, `commit` its full hash, empty where the repository has none. `dirty`: files of
    the working tree differ from that commit, and the working tree is what was replayed.
    """

    name: str
    commit: str
    dirty: bool = False


@dataclass(frozen=True, slots=True)
class GateVerdict:
    """The change judged by one history.

    Attributes:
        case: The history.
        standing: How it stands.
        reason: That in one sentence.
        workflow_type: The run's type, empty where it could not be read.
        judgement: What shows it: the head's replay, or the base's where the fault is there; None from the cache.
        parting: The first step at which base and head part; base is its recorded side.
        drifts: The same steps with other values, base to head, that the history holds nothing of.
        unverified: What this history's replay could not check.
        cached: Neither version was replayed: what they read has not changed since they passed.
    """

    case: "Case"
    standing: Standing
    reason: str
    workflow_type: str = ""
    judgement: "Judgement | None" = None
    parting: "Divergence | None" = None
    drifts: tuple["Drift", ...] = ()
    unverified: tuple["Unverified", ...] = ()
    cached: bool = False

    @property
    def foreseen(self) -> bool:
        """Whether base and head part at a step that no history holds yet."""
        shown = None if self.judgement is None else self.judgement.verdict
        return self.parting is not None and isinstance(shown, (Clean, Drifted))


@dataclass(frozen=True, slots=True)
class ChangedFile:
    """A file of workflow code that the change touches: statements on changed lines, and those no history reaches."""

    file: str
    lines: tuple[int, ...]
    reached: tuple[int, ...]
    gaps: tuple["Gap", ...]


@dataclass(frozen=True, slots=True)
class PatchBranch:
    """A branch of `workflow.patched` that no history takes: the new one, or the old one."""

    file: str
    line: int
    patch: str
    branch: str


@dataclass(frozen=True, slots=True)
class Aged:
    """A workflow type whose newest history is older than the limit; `newest` is in seconds since the epoch."""

    workflow_type: str
    newest: float


@dataclass(frozen=True, slots=True)
class Blind:
    """What the gate cannot vouch for.

    Attributes:
        measured: Whether coverage could be measured; without it no changed line counts as reached.
        changed: The files of workflow code that the change touches.
        types: Workflow types without any history.
        branches: Branches of patches that no history takes.
        aged: Types whose newest history is too old, where a limit was given.
        removed: Histories that base holds and head does not, by their paths.
        unverified: Counted notes of the replays: what, why, how often.
    """

    measured: bool = True
    changed: tuple[ChangedFile, ...] = ()
    types: tuple[str, ...] = ()
    branches: tuple[PatchBranch, ...] = ()
    aged: tuple[Aged, ...] = ()
    removed: tuple[str, ...] = ()
    unverified: tuple[tuple[str, str, int], ...] = ()

    @property
    def changed_lines(self) -> int:
        """The number of statements on changed lines of workflow code."""
        return sum(len(file.lines) for file in self.changed)

    @property
    def reached_lines(self) -> int:
        """How many of them some history reaches."""
        return sum(len(file.reached) for file in self.changed)


@dataclass(frozen=True, slots=True)
class Demand:
    """Something a person asked of the corpus, whether it holds, and what was found, in words."""

    option: str
    met: bool
    found: str


@dataclass(frozen=True, slots=True)
class Effort:
    """What it took: replays of each version, histories answered by the cache, and seconds."""

    base: int = 0
    head: int = 0
    cached: int = 0
    seconds: float = 0.0


@dataclass(frozen=True, slots=True)
class GateReport:
    """Everything a gate found; each form of report is written from this value alone.

    Attributes:
        root: The directory of the project, to which source lines are relative.
        base: The version compared with.
        head: The version that is gated.
        verdicts: One a history, in the order of their paths.
        blind: What the gate cannot vouch for.
        demands: What was asked of the corpus.
        problems: Why modules of the head's workflows did not load.
        effort: What it took.
        patches: Verdicts on the patches that the change adds, deprecates, removes or renames.
    """

    root: str
    base: Revision
    head: Revision
    verdicts: tuple[GateVerdict, ...]
    blind: Blind = Blind()
    demands: tuple[Demand, ...] = ()
    problems: tuple["Problem", ...] = ()
    effort: Effort = Effort()
    patches: tuple["PatchVerdict", ...] = ()

    @property
    def counts(self) -> tuple[tuple[Standing, int], ...]:
        """How many histories stand in each way; `EMPTY` is named where there are some."""
        every = ((standing, len(self.of(standing))) for standing in Standing)
        return tuple((standing, count) for standing, count in every if count or standing is not Standing.EMPTY)

    def of(self, standing: Standing) -> tuple[GateVerdict, ...]:
        """Return the verdicts of one standing."""
        return tuple(verdict for verdict in self.verdicts if verdict.standing is standing)


def counted(verdicts: Sequence[GateVerdict]) -> tuple[tuple[str, str, int], ...]:
    """Count the notes of verdicts on what was not verified, the most frequent first."""
    notes = Counter((note.what, note.why) for verdict in verdicts for note in verdict.unverified)
    ordered = sorted(notes.items(), key=lambda item: (-item[1], item[0]))
    return tuple((what, why, count) for (what, why), count in ordered)
