"""What a corpus holds, and what of the workflow code it does not reach, as a terminal, a program or GitHub shows it."""

import dataclasses
from collections.abc import Iterator, Sequence
from typing import Any

from replaykit.model.corpus import Basis, Entry, Stats, TypeStats
from replaykit.model.coverage import FileCoverage, Gap
from replaykit.report.reading import Reading
from replaykit.report.sizes import date, markdown_table, share, size_text
from replaykit.report.summary import plural
from replaykit.report.table import cut

VERSION = 1
MOST_SHAPES = 3
MOST_NAMES = 10
TYPE = 24
_TYPE_HEADS = ("type", "histories", "shapes", "events", "size", "statuses")
_FILE_HEADS = ("workflow code", "lines reached", "branches reached")


def stats_lines(stats: Stats, reading: Reading, *, following: str) -> Iterator[str]:
    """Yield the statistics for a terminal; `following` is the next command."""
    if not stats.types:
        yield "No history could be read: there is nothing to count."
        yield from _trouble(stats, reading)
        return
    name = min(max([len(kind.name) for kind in stats.types] + [len(_TYPE_HEADS[0])]), TYPE)
    yield reading.paint(f"{'type':<{name}}  histories  shapes  events     size  statuses", "bold")
    for kind in stats.types:
        line = (
            f"{cut(kind.name, name):<{name}}  {kind.histories:>9,}  {len(kind.shapes):>6,}  {kind.events:>6,}  "
            f"{size_text(kind.size):>7}  "
        )
        yield line + cut(_listed(kind.statuses), max(reading.width - len(line), 10))
    yield ""
    yield from _ages(stats)
    yield from _traits(stats, reading)
    yield ""
    yield from _code(stats, reading)
    yield from _trouble(stats, reading)
    yield ""
    yield from (f"Not loaded: {problem.what}" for problem in stats.problems)
    yield f"{plural(stats.histories, 'history', 'histories')}, {size_text(stats.size)}{_verdicts(stats)}"
    yield f"Next:  {following}"


def stats_json(stats: Stats, *, exit_code: int) -> dict[str, Any]:
    """Write the statistics whole."""
    return {
        "version": VERSION,
        "exitCode": exit_code,
        "basis": stats.basis.value,
        "histories": stats.histories,
        "bytes": stats.size,
        "verdicts": dict(stats.verdicts),
        "types": [_type_json(kind) for kind in stats.types],
        "coverage": [_file_json(file) for file in stats.coverage] if stats.basis is Basis.CODE else None,
        "problems": [dataclasses.asdict(problem) for problem in stats.problems],
        "unread": [_entry_json(entry) for entry in stats.unread],
        "notReplayed": [_entry_json(entry) for entry in stats.unreplayed],
        "stale": {
            "typeGone": [_entry_json(entry) for entry in stats.gone],
            "expired": [_entry_json(entry) for entry in stats.expired],
        },
    }


def stats_markdown(stats: Stats) -> Iterator[str]:
    """Yield the statistics as Markdown."""
    rows = [
        (
            kind.name,
            f"{kind.histories:,}",
            f"{len(kind.shapes):,}",
            f"{kind.events:,}",
            size_text(kind.size),
            _listed(kind.statuses),
        )
        for kind in stats.types
    ]
    yield from markdown_table(_TYPE_HEADS, rows, right=frozenset({1, 2, 3, 4}))
    yield ""
    if stats.basis is not Basis.CODE:
        yield _not_measured(stats)
    else:
        files = [(f"`{file.file}`", _lines_text(file), _branches_text(file)) for file in stats.coverage]
        yield from markdown_table(_FILE_HEADS, files, right=frozenset({1, 2}))
        gaps = [
            (f"`{place(file.file, gap)}`", f"`{gap.text}`", gap.why) for file in stats.coverage for gap in file.gaps
        ]
        if gaps:
            yield ""
            yield from markdown_table(("not reached by any history", "begins with", "note"), gaps, right=frozenset())
    for what, entries in _troubles(stats):
        yield ""
        yield f"{what}:"
        yield ""
        yield from (f"- {_named(entry, f'`{entry.path}`')}" for entry in entries)
    yield from (f"\nNot loaded: {problem.what}" for problem in stats.problems)


def place(file: str, gap: Gap) -> str:
    """Write where a stretch of lines is: `workflows.py:41-44`."""
    return f"{file}:{gap.first}" if gap.first == gap.last else f"{file}:{gap.first}-{gap.last}"


def _ages(stats: Stats) -> Iterator[str]:
    if not stats.types:
        return
    first, last = min(k.started_first for k in stats.types), max(k.started_last for k in stats.types)
    ended = [k.ended_last for k in stats.types if k.ended_last is not None]
    began = f"on {date(first)}" if date(first) == date(last) else f"{date(first)} to {date(last)}"
    yield f"Runs began {began}" + (f"; the latest end was on {date(max(ended))}" if ended else "; none has ended")
    waiting = [k.open_since for k in stats.types if k.open_since is not None]
    if waiting:
        oldest = min(waiting, key=lambda entry: entry.run.started if entry.run else 0.0)
        if oldest.run:
            yield f"Oldest open run: {oldest.path}, since {date(oldest.run.started)}"


def _traits(stats: Stats, reading: Reading) -> Iterator[str]:
    for head, per_type in (
        ("Patches", [(kind.name, kind.patches) for kind in stats.types if kind.patches != (("none", kind.histories),)]),
        ("SDKs", [(kind.name, kind.sdks) for kind in stats.types if kind.sdks]),
        ("Builds", [(kind.name, kind.builds) for kind in stats.types if kind.builds]),
        ("Shapes", [(kind.name, kind.shapes) for kind in stats.types]),
    ):
        if not per_type:
            continue
        yield ""
        yield reading.paint(head, "bold")
        for name, counted in _alike(per_type):
            yield f"  {cut(name, reading.width - 2)}"
            for what, count in counted[:MOST_SHAPES]:
                yield f"    {count:>5,} x  {cut(what or 'no steps', reading.width - 13)}"
            if len(counted) > MOST_SHAPES:
                yield f"    {len(counted) - MOST_SHAPES:>5,} more (--format json lists them)"


def _alike(
    per_type: Sequence[tuple[str, tuple[tuple[str, int], ...]]],
) -> Iterator[tuple[str, tuple[tuple[str, int], ...]]]:
    """Write types together of which the same alone is said, as of all that one SDK has recorded."""
    alone: dict[str, list[tuple[str, int]]] = {}
    for name, counted in per_type:
        if len(counted) == 1:
            alone.setdefault(counted[0][0], []).append((name, counted[0][1]))
    for name, counted in per_type:
        together = alone.get(counted[0][0], []) if len(counted) == 1 else []
        if len(together) <= 1:
            yield name, counted
        elif together[0][0] == name:
            yield ", ".join(other for other, _ in together), ((counted[0][0], sum(count for _, count in together)),)


def _code(stats: Stats, reading: Reading) -> Iterator[str]:
    if stats.basis is not Basis.CODE:
        yield _not_measured(stats)
        return
    name = max([len(file.file) for file in stats.coverage] + [len(_FILE_HEADS[0])])
    name = min(name, reading.width - 34)
    yield reading.paint(f"{_FILE_HEADS[0]:<{name}}  {_FILE_HEADS[1]:>14}  {_FILE_HEADS[2]:>16}", "bold")
    for file in stats.coverage:
        yield f"{cut(file.file, name):<{name}}  {_lines_text(file):>14}  {_branches_text(file):>16}"
    gaps = [(place(file.file, gap), gap) for file in stats.coverage for gap in file.gaps]
    branches = [
        (f"{file.file}:{start}→{end if end > 0 else 'exit'}", "") for file in stats.coverage
        for start, end in file.branches_missed
    ]  # fmt: skip
    yield ""
    if not gaps and not branches:
        yield "Every line and branch of it is reached by some history."
        return
    yield reading.paint("Not reached by any history: no replay vouches for it", "bold")
    width = max(len(where) for where, _ in [*gaps, *branches])
    for where, gap in gaps:
        text = f"{gap.text}   ({gap.why})" if gap.why else gap.text
        yield f"  {where:<{width}}  {cut(text, max(reading.width - width - 4, 20))}".rstrip()
    for where, _ in branches:
        yield f"  {where:<{width}}  this branch"


def _troubles(stats: Stats) -> Iterator[tuple[str, tuple[Entry, ...]]]:
    for what, entries in (
        ("Stale: no such workflow is configured any more", stats.gone),
        ("Stale: ended before what the namespace keeps", stats.expired),
        ("Not replayed, so nothing is known of the code they reach", stats.unreplayed),
        ("Not read", stats.unread),
    ):
        if entries:
            yield f"{what} ({len(entries):,})", entries


def _trouble(stats: Stats, reading: Reading) -> Iterator[str]:
    for what, entries in _troubles(stats):
        yield ""
        yield reading.paint(what, "bold")
        for entry in entries[:MOST_NAMES]:
            yield f"  {cut(_named(entry, entry.path), reading.width - 2)}"
        if len(entries) > MOST_NAMES:
            yield f"  and {len(entries) - MOST_NAMES:,} more (--format json names them)"


def _named(entry: Entry, name: str) -> str:
    """Write a file's name and what is wrong with it, which often begins with the name."""
    what = entry.problem.what if entry.problem else ""
    return f"{name}{what.removeprefix(entry.path)}" if what.startswith(entry.path) else f"{name}   {what}".rstrip()


def _not_measured(stats: Stats) -> str:
    why = stats.basis.value.partition(": ")[2]
    return f"Coverage of workflow code: not measured ({why})"


def _verdicts(stats: Stats) -> str:
    return f": {_listed(stats.verdicts)}" if stats.verdicts else ""


def _listed(counted: Sequence[tuple[str, int]]) -> str:
    return ", ".join(f"{count:,} {name}" for name, count in counted)


def _lines_text(file: FileCoverage) -> str:
    return f"{share(file.lines_reached, file.lines)} {file.lines_reached}/{file.lines}"


def _branches_text(file: FileCoverage) -> str:
    return f"{share(file.branches_reached, file.branches)} {file.branches_reached}/{file.branches}"


def _type_json(kind: TypeStats) -> dict[str, Any]:
    return {
        "name": kind.name,
        "histories": kind.histories,
        "events": kind.events,
        "bytes": kind.size,
        "statuses": dict(kind.statuses),
        "shapes": [{"steps": steps, "histories": count} for steps, count in kind.shapes],
        "patches": dict(kind.patches),
        "sdks": dict(kind.sdks),
        "builds": dict(kind.builds),
        "startedFirst": kind.started_first,
        "startedLast": kind.started_last,
        "endedLast": kind.ended_last,
        "oldestOpen": _entry_json(kind.open_since) if kind.open_since else None,
    }


def _file_json(file: FileCoverage) -> dict[str, Any]:
    return {
        "file": file.file,
        "lines": file.lines,
        "linesReached": file.lines_reached,
        "branches": file.branches,
        "branchesReached": file.branches_reached,
        "notReached": [{**dataclasses.asdict(gap), "why": gap.why or None} for gap in file.gaps],
        "branchesNotReached": [list(arc) for arc in file.branches_missed],
    }


def _entry_json(entry: Entry) -> dict[str, Any]:
    run = entry.run
    return {
        "path": entry.path,
        "workflowType": run.workflow_type if run else None,
        "workflowId": run.workflow_id if run else None,
        "started": run.started if run else None,
        "ended": run.ended if run else None,
        "problem": dataclasses.asdict(entry.problem) if entry.problem else None,
    }
