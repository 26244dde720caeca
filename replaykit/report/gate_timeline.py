"""Two timelines side by side, a row each step: what both sides agree on, the first difference, and what comes after."""

from collections.abc import Iterator
from dataclasses import dataclass

from replaykit.model.finding import Divergence
from replaykit.model.gate import GateVerdict, Standing
from replaykit.model.step import SourceLine, Step, StepKind
from replaykit.model.verdict import Diverged
from replaykit.model.witness import Witness
from replaykit.report.steps import name_of_step
from replaykit.rules.diff import AHEAD

CUT = "…"
NOT_YET = "(nothing more yet)"
IN_TASK = "(nothing more in this workflow task)"


@dataclass(frozen=True, slots=True)
class Cell:
    """One side of a row: a step's name or, where there is none, why; and the line that asked for it."""

    words: str
    step: bool = True
    site: SourceLine | None = None


@dataclass(frozen=True, slots=True)
class Row:
    """A step on both sides; `first` is the first difference, `differs` each where both sides hold another step."""

    number: int
    left: Cell
    right: Cell
    first: bool = False
    differs: bool = False


@dataclass(frozen=True, slots=True)
class Timeline:
    """Two timelines around the place where they part.

    Attributes:
        left: What the left side is called.
        right: What the right side is called.
        divergence: Where they part.
        earlier: The steps before the first row, the same on both sides; empty where the report does not hold them.
        rows: What stands side by side.
    """

    left: str
    right: str
    divergence: Divergence
    earlier: tuple[Step, ...]
    rows: tuple[Row, ...]

    @property
    def first(self) -> int:
        """The number of the first row's step."""
        return self.rows[0].number

    @property
    def is_cut(self) -> bool:
        """Whether a side may go on after the last row."""
        return AHEAD in {len(self.divergence.recorded), len(self.divergence.observed)}


def timeline_of(verdict: GateVerdict) -> Timeline | None:
    """Lay out the timelines of a verdict; None where no side has left the other."""
    judgement = verdict.judgement
    witness = None if judgement is None else judgement.witness
    if verdict.foreseen and verdict.parting is not None:
        parting = verdict.parting
        rows = _rows(parting, ends=(NOT_YET, NOT_YET), gone=Cell(NOT_YET, step=False))
        return Timeline("Base", "Head", parting, _earlier(parting, witness, patches=False), tuple(rows))
    if judgement is None or not isinstance(judgement.verdict, Diverged):
        return None
    divergence = judgement.verdict.divergence
    right = "New code (base)" if verdict.standing is Standing.INTRINSIC else "New code (head)"
    ends = ("(nothing more recorded)" if divergence.recorded else IN_TASK, "(not replayed any further)")
    rows = _rows(divergence, ends=ends, gone=_standing(divergence))
    return Timeline("Recorded", right, divergence, _earlier(divergence, witness, patches=True), tuple(rows))


def _rows(divergence: Divergence, *, ends: tuple[str, str], gone: Cell) -> Iterator[Row]:
    """Yield the rows; `ends` say on each side that no step follows, `gone` that the new side has none at all."""
    number = divergence.number - len(divergence.before)
    for step in divergence.before:
        yield Row(number, _cell(step), _cell(step))
        number += 1
    recorded, observed = divergence.recorded, divergence.observed
    for at in range(max(len(recorded), len(observed), 1)):
        left = _cell(recorded[at]) if at < len(recorded) else _missing(recorded, at, ends[0])
        right = _cell(observed[at]) if at < len(observed) else _missing(observed, at, ends[1]) if observed else gone
        both = at < min(len(recorded), len(observed))
        differs = at == 0 or (both and recorded[at].key != observed[at].key)
        yield Row(number + at, left, right, first=at == 0, differs=differs)
        gone = Cell("", step=False)


def _cell(step: Step) -> Cell:
    return Cell(name_of_step(step), site=step.site)


def _missing(steps: tuple[Step, ...], at: int, end: str) -> Cell:
    # Of each side as many steps are kept, so that a list of this length may have been cut.
    return Cell(CUT if len(steps) == AHEAD else end if at == len(steps) else "", step=False)


def _standing(divergence: Divergence) -> Cell:
    if divergence.failure is not None:
        return Cell("(fails its workflow task)", step=False, site=divergence.failure.site)
    return Cell(IN_TASK, step=False, site=divergence.standing)


def _earlier(divergence: Divergence, witness: Witness | None, *, patches: bool) -> tuple[Step, ...]:
    """Return the steps before those that the divergence holds, where the replay's own list leads up to these."""
    count = divergence.number - 1 - len(divergence.before)
    if witness is None or count <= 0:
        return ()
    steps = [s for s in (*witness.steps, *witness.ahead) if patches or s.key.kind is not StepKind.PATCH]
    leads = [step.key for step in steps[count : divergence.number - 1]] == [step.key for step in divergence.before]
    return tuple(steps[:count]) if leads and divergence.before else ()
