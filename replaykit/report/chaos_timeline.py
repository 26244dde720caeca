"""One run as a timeline: what happened when, where it was struck, and the rows of its ledger at their times."""

from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum

from replaykit.model.chaos import Effect, RunResult
from replaykit.model.chaos_report import Judged
from replaykit.report.paint import Paint
from replaykit.report.printable import plain


class Mark(StrEnum):
    """What kind of line it is."""

    NOTE = "note"
    STRIKE = "strike"
    LEDGER = "ledger"


_SIGN = {Mark.NOTE: " ", Mark.STRIKE: "⚡", Mark.LEDGER: "$"}


@dataclass(frozen=True, slots=True)
class Line:
    """A line of a timeline: seconds since the run's start, None where they are not known."""

    at: float | None
    mark: Mark
    what: str


def timeline_of(result: RunResult) -> tuple[Line, ...]:
    """Lay out a run in the order of time; a ledger without a start to count from comes last."""
    moments = [Line(each.at, Mark.STRIKE if each.struck else Mark.NOTE, each.what) for each in result.timeline]
    rows = [
        Line(max(0.0, each.at - result.began) if result.began else None, Mark.LEDGER, ledger_row(each))
        for each in result.effects
    ]
    timed = sorted((line for line in (*moments, *rows) if line.at is not None), key=lambda line: line.at or 0.0)
    return (*timed, *(line for line in rows if line.at is None))


def ledger_row(effect: Effect) -> str:
    """Write one row of the ledger."""
    done = "committed" if effect.committed else "begun"
    key = f", idempotency key {effect.idempotency_key}" if effect.idempotency_key else ""
    return f"{effect.name} {done}: key {effect.key}{key}   {effect.step}, attempt {effect.attempt}"


def as_baseline(result: RunResult, baseline: RunResult) -> bool:
    """Say whether a run went as the baseline did, the strikes themselves aside."""
    return [each.what for each in result.timeline if not each.struck] == [
        each.what for each in baseline.timeline
    ] and _rows(result) == _rows(baseline)


def _rows(result: RunResult) -> list[str]:
    return [ledger_row(each).replace(result.workflow_id, "") for each in result.effects]


def ended(judged: Judged) -> str:
    """Say how a run ended."""
    said = f": {' ← '.join(judged.result.failure_types)}" if judged.result.failure_types else ""
    return f"{judged.result.end}{said}" + (f" ({judged.held})" if judged.held else "")


def timeline_lines(judged: Judged, *, paint: Paint) -> Iterator[str]:
    """Yield one run as a timeline, the strikes and the ledger's rows marked."""
    result = judged.result
    yield plain(str(result.plan))
    for line in timeline_of(result):
        when = "          " if line.at is None else f"{line.at:8.2f} s"
        text = f"  {when}  {_SIGN[line.mark]} {plain(line.what)}"
        yield paint(text, "red", "bold") if line.mark is Mark.STRIKE else text
    yield f"  {result.seconds:8.2f} s    the run has {plain(ended(judged))}"
    if result.effects:
        yield f"  {_SIGN[Mark.LEDGER]} rows of the ledger: side effects begun and committed"
