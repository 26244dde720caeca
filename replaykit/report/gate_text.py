"""A gate as a person reads it: what blocks, what is not the change's fault, and what nobody can vouch for."""

import textwrap
from collections.abc import Iterator

from replaykit.model.finding import Change, Divergence
from replaykit.model.gate import Blind, ChangedFile, GateReport, GateVerdict, Revision, Standing
from replaykit.model.step import Step
from replaykit.report.command import quoted
from replaykit.report.finding import cluster_finding
from replaykit.report.gate_groups import Group, groups
from replaykit.report.patches_text import patches_lines
from replaykit.report.printable import plain
from replaykit.report.reading import Reading
from replaykit.report.sizes import date, share
from replaykit.report.steps import name_of_step, place
from replaykit.report.summary import plural
from replaykit.report.table import cut
from replaykit.rules.diagnose import GUARD, guarded

MOST = 20
_SITE = 56
_COLOURS = {
    Standing.PASSED: "green",
    Standing.DRIFTED: "yellow",
    Standing.BLOCKED: "red",
    Standing.INTRINSIC: "magenta",
    Standing.UNVERIFIED: "magenta",
    Standing.EMPTY: "dim",
}


def gate_lines(report: GateReport, reading: Reading, *, following: str, now: float) -> Iterator[str]:
    """Yield the report for a terminal; `following` is the next command, `now` in seconds since the epoch."""
    for standing in (Standing.INTRINSIC, Standing.UNVERIFIED, Standing.DRIFTED, Standing.BLOCKED):
        for group in groups(report.of(standing)):
            yield from group_lines(group, reading)
    if report.patches:
        yield from patches_lines(report.patches, reading, now=now)
        yield ""
    yield from _count_lines(report, reading)
    yield from (f"Not loaded: {problem.what}" for problem in report.problems)
    yield from blind_lines(report.blind, reading)
    for demand in report.demands:
        word = reading.paint("Holds:", "green") if demand.met else reading.paint("Failed:", "red")
        yield f"{word} {demand.option}: {demand.found}"
    yield f"Next:  {following}"


def group_lines(group: Group, reading: Reading) -> Iterator[str]:
    """Yield one finding: what shows it, how many histories share it, and how it stands to the change."""
    example = group.example
    if group.cluster is not None:
        yield cluster_finding(group.cluster, reading)
    elif example.foreseen or example.drifts:
        yield from _foreseen(example, len(group.verdicts), reading)
    else:
        yield _head(example, reading)
    yield from _said(example, reading)


def _said(verdict: GateVerdict, reading: Reading) -> Iterator[str]:
    yield from textwrap.wrap(
        f"{verdict.standing.value.capitalize()}: {verdict.reason}",
        width=reading.width,
        initial_indent="  ",
        subsequent_indent="  ",
        break_long_words=False,
        break_on_hyphens=False,
    )
    yield ""


def _head(verdict: GateVerdict, reading: Reading) -> str:
    word = verdict.standing.value.upper()
    named = plain(f"{verdict.workflow_type} {verdict.case.shown}")
    return f"{reading.paint(word, 'bold', _COLOURS[verdict.standing])} {named}"


def _foreseen(verdict: GateVerdict, count: int, reading: Reading) -> Iterator[str]:
    yield _head(verdict, reading)
    if verdict.parting is not None:
        yield from _sides(verdict.parting, reading)
        new = verdict.parting.observed[0] if verdict.parting.observed else None
        code = guarded(new, verdict.parting.recorded[0] if verdict.parting.recorded else None) if new else ()
        if code:
            yield ""
            yield from textwrap.wrap(GUARD, width=reading.width, initial_indent="  ", subsequent_indent="  ")
            yield ""
            yield from (f"    {number:>4} │ {text}" for number, text in code)
    for drift in verdict.drifts:
        yield _aligned(f"  at step {drift.number}   {name_of_step(drift.observed)}", drift.observed, reading)
        yield from (_change(change) for change in drift.changes)
    if count > 1:
        yield ""
        yield f"  {plural(count - 1, 'other history', 'other histories')} of {plain(verdict.workflow_type)} likewise."
    yield ""


def _sides(parting: Divergence, reading: Reading) -> Iterator[str]:
    first = parting.number - len(parting.before)
    yield ""
    for side, steps in (("base", parting.recorded[:2]), ("head", parting.observed[:2])):
        rows = [*parting.before[-1:], *steps]
        start = first + len(parting.before) - len(parting.before[-1:])
        for index, step in enumerate(rows):
            mark = ">" if side == "head" and index == len(parting.before[-1:]) else " "
            label = side if index == 0 else ""
            yield _aligned(f"  {mark}   {label:<9}{start + index:>4}  {name_of_step(step)}", step, reading)
        if not steps:
            label = side if not rows else ""
            yield f"  {'>' if side == 'head' else ' '}   {label:<9}{start + len(rows):>4}  (nothing more yet)"


def _aligned(left: str, step: Step, reading: Reading) -> str:
    return left if step.site is None else f"{left:<{_SITE}}  {place(step.site, reading.base)}"


def _change(change: Change) -> str:
    before = "(absent)" if change.recorded is None else change.recorded
    after = "(absent)" if change.new is None else change.new
    return f"      {change.path}   base {before} → head {after}"


def _count_lines(report: GateReport, reading: Reading) -> Iterator[str]:
    total = plural(len(report.verdicts), "history", "histories")
    yield f"{revision_text(report.head)} against {revision_text(report.base)}: {total} in {report.effort.seconds:.1f} s"
    counted = report.counts
    shown = [reading.paint(f"{count} {s.value}", _COLOURS[s]) if count else f"0 {s.value}" for s, count in counted]
    effort = report.effort
    replays = f"replays: base {effort.base}, head {effort.head}; cached {effort.cached}"
    yield f"{', '.join(shown)}   ({replays})"


def revision_text(revision: Revision) -> str:
    """Name a revision with its commit, and whether files differ from it."""
    commit = revision.commit[:9] or "no commit yet"
    return f"{revision.name} ({f'changed since {commit}' if revision.dirty else commit})"


def blind_lines(blind: Blind, reading: Reading) -> Iterator[str]:
    """Yield what the gate cannot vouch for."""
    lines = list(blind_words(blind))
    if not lines:
        return
    yield reading.paint("Not vouched for:", "bold")
    yield from (f"  {cut(line, reading.width - 2)}" for line in lines[:MOST])
    if len(lines) > MOST:
        yield f"  … and {len(lines) - MOST} more (--format json lists all)"


def blind_words(blind: Blind) -> Iterator[str]:
    """Yield all of it, one line each, however long."""
    if not blind.measured:
        yield "coverage of the change: nothing could be measured in this process, so no line counts as reached"
    elif blind.changed_lines > blind.reached_lines:
        reached = f"{blind.reached_lines} of {blind.changed_lines}"
        yield f"the change: histories reach {reached} changed lines ({share(blind.reached_lines, blind.changed_lines)})"
    for file in blind.changed:
        yield from _gap_lines(file)
    for name in blind.types:
        yield f"{name}: a workflow type without any history"
    for branch in blind.branches:
        yield f"{branch.file}:{branch.line} patch `{branch.patch}`: no history takes its {branch.branch} branch"
    for aged in blind.aged:
        yield f"{plain(aged.workflow_type)}: its newest history is of {date(aged.newest)}"
    if blind.removed:
        gone = plural(len(blind.removed), "history of the base is", "histories of the base are")
        yield f"{gone} gone from the working tree: {', '.join(map(quoted, blind.removed[:3]))}" + (
            ", …" if len(blind.removed) > 3 else ""  # noqa: PLR2004 - as many as are named
        )
    for what, why, count in blind.unverified:
        yield f"{count} x {what} ({why})"


def _gap_lines(file: ChangedFile) -> Iterator[str]:
    for gap in file.gaps:
        lines = f"{gap.first}" if gap.first == gap.last else f"{gap.first}-{gap.last}"
        why = f" ({gap.why})" if gap.why else ""
        yield f"{file.file}:{lines} changed, and no history reaches it{why}: {gap.text}"
