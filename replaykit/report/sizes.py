"""Amounts as a person reads them: bytes, shares, dates, and tables of them."""

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime

KILO = 1000
# Protobuf's timestamps go from the year 1 to the very end of 9999, which rounding passes.
_FIRST, _LAST = -62_135_596_800, 253_402_300_799


def size_text(size: int) -> str:
    """Write a number of bytes: `812 B`, `34 kB`, `5.6 MB`."""
    if size < KILO:
        return f"{size} B"
    if size < KILO * KILO:
        return f"{size / KILO:.0f} kB"
    return f"{size / KILO / KILO:.1f} MB"


def share(part: int, whole: int) -> str:
    """Write how much of a whole a part is; all only where nothing is missing, none only where nothing is there."""
    if not whole:
        return "-"
    percent = round(100 * part / whole)
    if part < whole:
        percent = min(percent, 99)
    return f"{max(percent, 1) if part else 0}%"


def date(seconds: float) -> str:
    """Write the day of a time, in UTC."""
    return moment(seconds).date().isoformat()


def moment(seconds: float) -> datetime:
    """Return a time in UTC; the first or last that a calendar has where it lies beyond."""
    return datetime.fromtimestamp(min(max(seconds, _FIRST), _LAST), UTC)


def markdown_table(heads: Sequence[str], rows: Sequence[Sequence[str]], *, right: frozenset[int]) -> Iterator[str]:
    """Yield a table as GitHub renders it; the columns in `right` hold numbers."""
    yield _row(heads)
    yield _row(["---:" if column in right else "---" for column in range(len(heads))])
    for row in rows:
        yield _row([cell.replace("|", "\\|") for cell in row])


def _row(cells: Sequence[str]) -> str:
    return f"| {' | '.join(cells)} |"
