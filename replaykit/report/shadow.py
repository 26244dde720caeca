"""The report of a shadow: the findings by cause, the counts, and what to do next."""

from collections.abc import Iterator
from dataclasses import asdict
from typing import Any

from replaykit.model.shadow import Cause, Report, Tally
from replaykit.report.paint import Paint
from replaykit.report.summary import plural

VERSION = 1
_ENDED = {
    "all judged": "every run that the query finds was listed",
    "limit": "the limit was reached",
    "time": "its time was over",
    "first divergence": "a history diverged",
    "asked to": "it was asked to stop",
}
_SHARED = {
    "diverged": "{} diverge here for the same reason",
    "drifted": "{} drift in the same way",
    "inconclusive": "{} could not be decided either",
}
_GRAVITY = ("diverged", "drifted", "inconclusive")


def report_lines(report: Report, *, paint: Paint, following: str) -> Iterator[str]:
    """Yield the report as a person reads it: findings first, then the counts, then the next command."""
    for cause in ordered(report.causes):
        yield cause.example.text
        yield from _others(cause)
        yield ""
    tally = report.tally
    rate = tally.total / report.seconds if report.seconds else 0.0
    took = f"{plural(tally.total, 'history', 'histories')} in {report.seconds:.1f} s ({rate:.1f} a second)"
    yield f"{took}: {counts(tally, paint)}"
    yield f"Ended: {_ENDED.get(report.ended, report.ended)} ({plural(tally.listed, 'run', 'runs')} listed)"
    if tally.left:
        yield f"Left:  {plural(tally.left, 'history', 'histories')} without a verdict when it stopped"
    for why, count in sorted(tally.skips.items()):
        yield f"Skipped: {count:,} x {why}"
    if tally.retried:
        yield f"Retried: {plural(tally.retried, 'shard', 'shards')}, for a worker was lost or failed"
    if report.unnamed:
        yield f"{plural(report.unnamed, 'finding', 'findings')} of further causes: their histories are in the files"
    yield f"Next:  {following}"


def counts(tally: Tally, paint: Paint) -> str:
    """Count the verdicts."""
    shown = (
        (tally.clean, "clean", "green"),
        (tally.drifted, "drifted", "yellow"),
        (tally.diverged, "diverged", "red"),
        (tally.inconclusive, "inconclusive", "magenta"),
        (tally.skipped, "skipped", "magenta"),
    )
    return ", ".join(paint(f"{count:,} {word}", colour) if count else f"0 {word}" for count, word, colour in shown)


def ordered(causes: tuple[Cause, ...]) -> list[Cause]:
    """Put the gravest first, then the most frequent."""
    return sorted(causes, key=lambda cause: (_GRAVITY.index(cause.example.verdict), -cause.count, cause.example.path))


def report_json(report: Report, *, exit_code: int) -> dict[str, Any]:
    """Write the report as JSON."""
    return {
        "version": VERSION,
        "exitCode": exit_code,
        "ended": report.ended,
        "summary": {**asdict(report.tally), "total": report.tally.total, "seconds": round(report.seconds, 3)},
        "clusters": [
            {
                "verdict": cause.example.verdict,
                "headline": cause.example.headline,
                "example": cause.example.path,
                "count": cause.count,
                "open": cause.still_open,
                "text": cause.example.text,
            }
            for cause in ordered(report.causes)
        ],
        "unnamed": report.unnamed,
    }


def _others(cause: Cause) -> Iterator[str]:
    if cause.count > 1:
        others = f"{cause.count - 1} other {'history' if cause.count == 2 else 'histories'}"  # noqa: PLR2004 - one other
        still_open = f"; {cause.still_open} of all are still open" if cause.still_open else ""
        yield f"  {_SHARED[cause.example.verdict].format(others)}{still_open}."
