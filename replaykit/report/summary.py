"""The end of a replay: counts, what was not verified, and the next command."""

import json
from collections.abc import Iterator

from replaykit.model.summary import Summary
from replaykit.report.paint import Paint

MOST_NOTES = 6


def summary_lines(summary: Summary, *, following: str, paint: Paint) -> Iterator[str]:
    """Yield the closing lines; `following` says what to do next."""
    total = plural(summary.total, "history", "histories")
    processes = plural(summary.processes, "process", "processes")
    yield f"{total} in {summary.seconds:.1f} s ({processes}): {counts(summary, paint)}"
    if summary.prefixes:
        yield f"Crash points: {plural(summary.prefixes, 'prefix', 'prefixes')} replayed, one for each workflow task"
    for problem in summary.problems:
        yield f"Not loaded: {problem.what}"
        yield from (f"  {line}" for line in problem.cause.splitlines())
    notes = summary.unverified.most_common(MOST_NOTES)
    for (what, why), count in notes:
        yield f"Not verified: {count} x {what} ({why})"
    if len(summary.unverified) > MOST_NOTES:
        yield f"Not verified: {len(summary.unverified) - MOST_NOTES} more kinds (--format json lists all)"
    for entry in summary.stale:
        yield stale_line(entry)
    yield f"Next:  {following}"


def stale_line(entry: str) -> str:
    """Name an entry of accepted drift that covered nothing."""
    return f"Stale:  accept = [{json.dumps(entry)}] covers nothing that was replayed: remove it, or mend its path"


def counts(summary: Summary, paint: Paint) -> str:
    """Count the verdicts."""
    shown = (
        (summary.clean, "clean", "green"),
        (summary.drifted, "drifted", "yellow"),
        (summary.diverged, "diverged", "red"),
        (summary.inconclusive, "inconclusive", "magenta"),
    )
    return ", ".join(paint(f"{count} {word}", colour) if count else f"0 {word}" for count, word, colour in shown)


def plural(count: int, one: str, many: str) -> str:
    """Write a count with its noun."""
    return f"{count:,} {one if count == 1 else many}"
