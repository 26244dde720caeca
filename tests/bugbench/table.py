"""The table: what was expected of each case, what came of it, and the totals."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from tests.bugbench.answers import Said
from tests.bugbench.case import Case, Expected

ACCEPTED = {
    Expected.MUST_FAIL: {"diverged"},
    Expected.MUST_WARN: {"drifted", "diverged"},
    Expected.MUST_PASS: {"clean"},
}


@dataclass(frozen=True, slots=True)
class Row:
    """One case and the answers to it; `sdk` is empty where the plain Replayer was not asked."""

    case: Case
    sdk: str
    said: Said

    @property
    def right(self) -> bool:
        """Whether replaykit's verdict is the expected one."""
        return self.said.verdict in ACCEPTED[self.case.expected]

    @property
    def sdk_right(self) -> bool:
        """Whether the plain Replayer's word is: it knows no warnings, so an error counts; silence does not."""
        return self.sdk == ("passes" if self.case.expected is Expected.MUST_PASS else "fails")

    @property
    def blame(self) -> bool | None:
        """Whether the right step is blamed; None where none is to be blamed, or none was."""
        case = self.case
        if not self.right or not (case.recorded or case.new):
            return None
        recorded, new = next(iter(self.said.blamed), ("", ""))
        return case.recorded in {"", recorded} and case.new in {"", new}


@dataclass(frozen=True, slots=True)
class Count:
    """So many right out of so many."""

    right: int
    total: int

    def __str__(self) -> str:
        share = f" ({100 * self.right / self.total:.0f} %)" if self.total else ""
        return f"{self.right} of {self.total}{share}"


@dataclass(frozen=True, slots=True)
class Totals:
    """The benchmark in a few numbers, by expected verdict; `sdk` is empty where the plain Replayer was not asked."""

    sdk: Mapping[Expected, Count]
    replaykit: Mapping[Expected, Count]
    blame: Count
    hangs: int


def totals_of(rows: Sequence[Row]) -> Totals:
    """Count."""
    by_kind = {kind: [row for row in rows if row.case.expected is kind] for kind in Expected}
    asked = any(row.sdk for row in rows)
    blames = [row.blame for row in rows if row.blame is not None]
    return Totals(
        sdk={kind: Count(sum(row.sdk_right for row in group), len(group)) for kind, group in by_kind.items() if asked},
        replaykit={kind: Count(sum(row.right for row in group), len(group)) for kind, group in by_kind.items()},
        blame=Count(sum(blames), len(blames)),
        hangs=sum(row.sdk not in {"", "passes", "fails"} for row in rows),
    )


def lines_of(rows: Sequence[Row]) -> Iterator[str]:
    """Write the table."""
    head = ("case", "class", "expected", "SDK Replayer", "replaykit", "step blamed")
    cells = [head, *(_cells(row) for row in rows)]
    widths = [max(len(line[column]) for line in cells) for column in range(len(head))]
    for line in cells:
        yield "  ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)).rstrip()


def _cells(row: Row) -> tuple[str, ...]:
    wrong = "" if row.right else "  <- wrong"
    recorded, new = next(iter(row.said.blamed), ("", ""))
    blamed = recorded if recorded == new else f"{recorded or 'nothing'} / {new or 'nothing'}"
    if row.blame is False:
        wanted = f"{row.case.recorded or 'any'} / {row.case.new or 'any'}"
        blamed += f"  <- not {wanted}"
    return row.case.name, row.case.change_class, row.case.expected.value, row.sdk, row.said.verdict + wrong, blamed


def totals_lines(totals: Totals) -> Iterator[str]:
    """Write the totals."""
    for kind in Expected:
        words = "clean" if kind is Expected.MUST_PASS else "caught"
        theirs = f"SDK Replayer {totals.sdk[kind]}, " if kind in totals.sdk else ""
        yield f"{kind.value:9}  {words}: {theirs}replaykit {totals.replaykit[kind]}"
    yield f"right step blamed: {totals.blame}"
    if totals.sdk:
        yield f"SDK Replayer hung or died: {totals.hangs}"


def as_json(rows: Sequence[Row], totals: Totals) -> dict[str, Any]:
    """Write rows and totals for other programs."""
    return {
        "version": 1,
        "totals": {
            "sdk": {kind.name: [count.right, count.total] for kind, count in totals.sdk.items()},
            "replaykit": {kind.name: [count.right, count.total] for kind, count in totals.replaykit.items()},
            "blame": [totals.blame.right, totals.blame.total],
            "sdkHangs": totals.hangs,
        },
        "cases": [
            {
                "name": row.case.name,
                "class": row.case.change_class,
                "history": row.case.scenario,
                "expected": row.case.expected.name,
                "note": row.case.note,
                "sdk": row.sdk,
                "replaykit": row.said.verdict,
                "right": row.right,
                "blamed": [list(pair) for pair in row.said.blamed],
                "blameRight": row.blame,
                "detail": row.said.detail,
            }
            for row in rows
        ],
    }
