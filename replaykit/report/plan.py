"""Which histories stay and what each is for, as a terminal, a program or GitHub shows it."""

import dataclasses
import textwrap
from collections.abc import Iterator, Sequence
from typing import Any

from replaykit.model.corpus import Basis, Entry, KeptFile, Plan
from replaykit.model.history import RunStatus
from replaykit.report.reading import Reading
from replaykit.report.sizes import markdown_table, size_text
from replaykit.report.summary import plural
from replaykit.report.table import cut

VERSION = 1
MOST_REASONS = 3
MOST_NAMES = 10
INDENT = "        "


def plan_lines(plan: Plan, reading: Reading, *, applied: bool, following: str) -> Iterator[str]:
    """Yield the plan for a terminal; `following` is the next command."""
    for kept in plan.kept:
        yield f"keep    {reading.paint(kept.entry.path, 'bold')}{_open(kept.entry)}"
        yield from (f"{INDENT}{line}" for line in _reasons(kept, reading.width - len(INDENT)))
    for entry in plan.unsure:
        yield f"{reading.paint('unsure', 'magenta')}  {entry.path}"
        yield f"{INDENT}kept: {cut(entry.problem.what if entry.problem else '', reading.width - len(INDENT) - 6)}"
    done = "deleted" if applied else "drop"
    yield from (f"{done:<7} {entry.path}" for entry in plan.dropped[:MOST_NAMES])
    if len(plan.dropped) > MOST_NAMES:
        yield f"{done:<7} {len(plan.dropped) - MOST_NAMES:,} more (--format json names them)"
    yield ""
    for line in (_headline(plan, applied=applied), _covered(plan), *notes(plan)):
        yield from textwrap.wrap(line, reading.width)
    yield f"Next:  {following}"


def notes(plan: Plan) -> Iterator[str]:
    """Yield what a reader must know of how the plan was made."""
    if plan.basis is not Basis.CODE:
        yield f"Compared by {plan.basis.value}; lines and branches were not looked at."
    yield from (f"Not loaded: {problem.what}" for problem in plan.problems)
    if plan.diverged:
        yield (
            f"Note:  {plural(plan.diverged, 'history diverges', 'histories diverge')} from the code, so less of it was "
            "reached than could be: mend that first (replaykit replay)"
        )


def plan_json(plan: Plan, *, applied: bool, exit_code: int) -> dict[str, Any]:
    """Write the plan with every reason and every name."""
    return {
        "version": VERSION,
        "exitCode": exit_code,
        "applied": applied,
        "basis": plan.basis.value,
        "covered": {"lines": plan.lines, "branches": plan.branches, "traits": plan.traits},
        "bytes": {"whole": plan.size, "kept": plan.size_kept},
        "diverged": plan.diverged,
        "problems": [dataclasses.asdict(problem) for problem in plan.problems],
        "kept": [{**_entry(kept.entry), "alone": list(kept.alone)} for kept in plan.kept],
        "unsure": [{**_entry(entry), "problem": _problem(entry)} for entry in plan.unsure],
        "dropped": [_entry(entry) for entry in plan.dropped],
    }


def plan_markdown(plan: Plan, *, applied: bool) -> Iterator[str]:
    """Yield the plan as Markdown."""
    yield f"**{_headline(plan, applied=applied)}**. {_covered(plan)}."
    yield ""
    rows = [
        (f"`{kept.entry.path}`", _status(kept.entry), size_text(kept.entry.size), "; ".join(_few(kept.alone)))
        for kept in plan.kept
    ]
    rows += [
        (f"`{entry.path}`", _status(entry), size_text(entry.size), entry.problem.what if entry.problem else "")
        for entry in plan.unsure
    ]
    yield from markdown_table(("kept", "status", "size", "only there"), rows, right=frozenset({2}))
    if list(notes(plan)):
        yield ""
        yield from notes(plan)


def _headline(plan: Plan, *, applied: bool) -> str:
    kept = plan.total - len(plan.dropped)
    sizes = f"{size_text(plan.size_kept)} of {size_text(plan.size)}"
    verb = "Kept" if applied else "Keep"
    return f"{verb} {kept:,} of {plural(plan.total, 'history', 'histories')}, {sizes}"


def _covered(plan: Plan) -> str:
    code = f"{plan.lines:,} lines, {plan.branches:,} branches and " if plan.basis is Basis.CODE else ""
    return f"Together they cover what all of them do: {code}{plural(plan.traits, 'trait', 'traits')} of runs"


def _reasons(kept: KeptFile, width: int) -> Iterator[str]:
    first, *others = _few(kept.alone)
    yield cut(f"only here: {first}", width)
    yield from (f"{'':11}{cut(other, width - 11)}" for other in others)


def _few(words: Sequence[str]) -> list[str]:
    shown = list(words[:MOST_REASONS])
    return [*shown, f"and {len(words) - MOST_REASONS} more"] if len(words) > MOST_REASONS else shown


def _open(entry: Entry) -> str:
    return "  (open)" if entry.run and entry.run.status is RunStatus.OPEN else ""


def _status(entry: Entry) -> str:
    return entry.run.status.value if entry.run else "unread"


def _entry(entry: Entry) -> dict[str, Any]:
    run = entry.run
    return {
        "path": entry.path,
        "bytes": entry.size,
        "verdict": entry.verdict or None,
        "workflowType": run.workflow_type if run else None,
        "status": run.status.value if run else None,
        "events": run.events if run else None,
    }


def _problem(entry: Entry) -> dict[str, Any] | None:
    return dataclasses.asdict(entry.problem) if entry.problem else None
