"""The matrix of a sweep: a row each boundary, a column each group of faults, in each cell the gravest outcome."""

from collections.abc import Sequence
from dataclasses import dataclass

from replaykit.model.chaos import Boundary
from replaykit.model.chaos_report import ChaosReport, Judged, Violation
from replaykit.rules.chaos.catalogue import kind_of
from replaykit.rules.chaos.kinds import Group

HELD, NOTHING, UNKNOWN = "·", "–", "?"  # noqa: RUF001 - an en dash
SHORT = {
    Violation.DUPLICATED: "DUP",
    Violation.CHANGED_INPUT: "INPUT",
    Violation.DIVERGED: "DIFF",
    Violation.WEDGED: "WEDGE",
    Violation.HUNG: "HUNG",
    Violation.LEAKED: "LEAK",
    Violation.OVERSPENT: "SPENT",
    Violation.ORPHANED: "ORPHAN",
    Violation.UNFINISHED: "UNFIN",
    Violation.LOST_SIGNAL: "LOST",
    Violation.UNREPLAYABLE: "REPLAY",
    Violation.INVARIANT: "INV",
}
_GRAVITY = {violation: place for place, violation in enumerate(Violation)}


@dataclass(frozen=True, slots=True)
class Cell:
    """What became of one group of faults at one boundary: its sign, and the runs."""

    sign: str
    runs: tuple[Judged, ...] = ()


@dataclass(frozen=True, slots=True)
class Matrix:
    """Rows in the order of the run, columns in the order of the catalogue."""

    columns: tuple[Group, ...]
    rows: tuple[tuple[Boundary, tuple[Cell, ...]], ...]


def matrix_of(report: ChaosReport) -> Matrix:
    """Lay out the single faults of a report; a plan of several stands where its last strike is."""
    cells: dict[tuple[Boundary, Group], list[Judged]] = {}
    boundaries: dict[Boundary, None] = dict.fromkeys(sighting.boundary for sighting in report.baseline.sightings)
    for judged in report.judged:
        strikes = judged.result.plan.strikes
        if len(strikes) != 1:
            continue
        [strike] = strikes
        boundaries[strike.at] = None
        cells.setdefault((strike.at, kind_of(strike.fault).group), []).append(judged)
    columns = tuple(group for group in Group if any(group is other for _, other in cells))
    rows = tuple(
        (boundary, tuple(_cell(cells.get((boundary, group), ())) for group in columns))
        for boundary in boundaries
        if any((boundary, group) in cells for group in columns)
    )
    return Matrix(columns, rows)


def _cell(runs: Sequence[Judged]) -> Cell:
    if not runs:
        return Cell(NOTHING)
    found = [finding.violation for judged in runs for finding in judged.findings]
    grave = sorted((violation for violation in found if violation in SHORT), key=_GRAVITY.__getitem__)
    if grave:
        return Cell(f"✗ {SHORT[grave[0]]}", tuple(runs))
    return Cell(UNKNOWN if found else HELD, tuple(runs))
