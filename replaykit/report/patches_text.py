"""The life of patches as a terminal shows it: a table, then what has to be known of each that is not just safe."""

import textwrap
from collections.abc import Iterator, Sequence

from replaykit.errors import Problem
from replaykit.model.patches import Change, Counted, OpenRuns, PatchRun, PatchVerdict, Sites
from replaykit.model.safety import Safety
from replaykit.report.patches_words import (
    advice,
    finding_them,
    headline,
    is_quiet,
    offered,
    run_text,
    versioning,
    was,
    why,
)
from replaykit.report.reading import Reading
from replaykit.report.summary import plural
from replaykit.report.table import cut

HEADS = ("patch", "workflow", "in code", "at", "histories", "open runs", "verdict")
SHOWN_RUNS = 3
# The columns that give way on a narrow terminal, and how much of each stays.
LEAST = {0: 8, 1: 8, 3: 12}
GAP = "  "
COLOURS = {Safety.SAFE: "green", Safety.UNSAFE: "red", Safety.UNVERIFIED: "magenta"}
URGENT = (Safety.UNSAFE, Safety.UNVERIFIED, Safety.SAFE)


def patches_lines(verdicts: Sequence[PatchVerdict], reading: Reading, *, now: float) -> Iterator[str]:
    """Yield the table and, below it, a paragraph for each verdict that a person has to act on or might.

    Args:
        verdicts: What was judged.
        reading: Who reads.
        now: The time, in seconds since the epoch.
    """
    if not verdicts:
        yield "No patch is asked for, and no marker of one was seen."
        return
    yield from _table(verdicts, reading)
    for verdict in sorted(verdicts, key=lambda verdict: URGENT.index(verdict.safety)):
        paragraph = list(_paragraph(verdict, reading, now=now))
        if paragraph:
            yield ""
            yield from paragraph


def _table(verdicts: Sequence[PatchVerdict], reading: Reading) -> Iterator[str]:
    rows = [row_of(verdict) for verdict in verdicts]
    widths = [max(len(row[column]) for row in (HEADS, *rows)) for column in range(len(HEADS))]
    while sum(widths) + len(GAP) * (len(widths) - 1) > reading.width:
        giving = [column for column, least in LEAST.items() if widths[column] > least]
        if not giving:
            break
        widths[max(giving, key=lambda column: widths[column])] -= 1
    yield reading.paint(_line(HEADS, widths), "bold")
    for verdict, row in zip(verdicts, rows, strict=True):
        line = _line(row, widths)
        end = len(row[-1])
        yield line[:-end] + reading.paint(line[-end:], COLOURS[verdict.safety])


def row_of(verdict: PatchVerdict) -> tuple[str, ...]:
    """Write the cells of a verdict's row, in the order of `HEADS`."""
    place = ""
    if verdict.sites:
        more = f" +{len(verdict.sites) - 1}" if len(verdict.sites) > 1 else ""
        place = f"{was(verdict)}{verdict.sites[0].path}:{verdict.sites[0].line}{more}"
    change = "" if verdict.change is Change.KEPT else f", {verdict.change.value}"
    return (
        verdict.id,
        verdict.workflow or "(any)",
        verdict.stage.value,
        place,
        _counts(verdict.evidence.histories),
        _counts(verdict.evidence.open),
        f"{verdict.safety.value}{change}",
    )


def _counts(counted: Counted | None) -> str:
    if counted is None:
        return "-"
    return f"{counted.marked:,}/{counted.marked + counted.without:,} marked"


def _line(row: Sequence[str], widths: Sequence[int]) -> str:
    cells = [
        # The end of a place, its line, is what one needs of it.
        cut(cell[::-1], width)[::-1].ljust(width) if column == HEADS.index("at") else cut(cell, width).ljust(width)
        for column, (cell, width) in enumerate(zip(row, widths, strict=True))
    ]
    return GAP.join(cells).rstrip()


def _paragraph(verdict: PatchVerdict, reading: Reading, *, now: float) -> Iterator[str]:
    if is_quiet(verdict):
        return
    word = reading.paint(f"{verdict.safety.value.upper():<10}", COLOURS[verdict.safety], "bold")
    yield f"{word} {headline(verdict)}"
    yield from _wrapped(why(verdict), reading)
    yield from _runs(verdict.evidence.in_danger, reading, now=now)
    yield from _wrapped(versioning(verdict), reading)
    for note in verdict.notes:
        yield from _wrapped(f"Note: {note}.", reading)
    among, command = finding_them(verdict)
    if command:
        # One line, however long: it is to be pasted.
        yield f"  Find them{among}:  {command}"
    if said := advice(verdict) or offered(verdict):
        yield from _wrapped(f"Do:  {said}", reading)


def _runs(runs: Sequence[PatchRun], reading: Reading, *, now: float) -> Iterator[str]:
    shown = runs if reading.verbose else runs[:SHOWN_RUNS]
    for run in shown:
        yield f"    {run_text(run, now=now)}"
    if len(shown) < len(runs):
        yield f"    … and {len(runs) - len(shown):,} more, begun later (-v names them)"


def _wrapped(text: str, reading: Reading) -> list[str]:
    return textwrap.wrap(
        text,
        reading.width,
        initial_indent="  ",
        subsequent_indent="  ",
        break_long_words=False,
        break_on_hyphens=False,
    )


def sources_lines(sites: Sites, unread: Sequence[tuple[str, Problem]]) -> Iterator[str]:
    """Yield what could not be read: files of code, and histories."""
    for path, said in sites.unparsed:
        yield f"Not read: {path} is no Python: {said}"
    for path, problem in unread:
        yield f"Not read: {path}: {problem.what}"


def total_lines(
    verdicts: Sequence[PatchVerdict],
    counting: Sequence[PatchVerdict],
    sites: Sites,
    histories: Sequence[PatchRun],
    server: OpenRuns | None,
    *,
    base: str,
) -> Iterator[str]:
    """Yield the closing lines: what was looked at, and how many verdicts of each kind there are."""
    counts = ", ".join(
        f"{sum(1 for verdict in counting if verdict.safety is safety)} {safety.value}" for safety in Safety
    )
    what = f"changes since {base}" if base else plural(len(verdicts), "patch", "patches")
    asked = (
        f"{plural(len(server.runs), 'open run', 'open runs')} at {server.address}, "
        f"{sum(1 for run in server.runs if run.read):,} read"
        if server
        else "no server"
    )
    yield ""
    yield f"{what}: {counts}"
    yield (
        f"Looked at: {plural(sites.files, 'file', 'files')}, "
        f"{plural(len(sites.workflows), 'workflow', 'workflows')}, "
        f"{plural(len(histories), 'history', 'histories')}, {asked}"
    )
