"""One judgement as a person reads it: verdict, step, recorded against new, place, cause, what to do, reproduce."""

import json
import textwrap
from collections.abc import Sequence

from replaykit.model.case import Judgement
from replaykit.model.finding import Divergence, Drift
from replaykit.model.step import SourceLine, Step
from replaykit.model.verdict import Clean, Diverged, Drifted, Inconclusive
from replaykit.report.finding_words import (
    KEEP_OR_ACCEPT,
    core_note,
    prefix_note,
    reproducing,
    seeds_note,
    shared_by,
    title,
)
from replaykit.report.reading import Reading
from replaykit.report.steps import name_of_step, place
from replaykit.rules.clusters import Cluster
from replaykit.rules.diagnose import SHIFTED, diagnose, is_shifted

INDENT = "  "
MOST_DRIFTS = 5
MOST_OTHERS = 3
# The column in which source lines stand.
SITE = 56


def cluster_finding(cluster: Cluster, reading: Reading) -> str:
    """Write the finding of a cluster: its example, and how many others share the cause."""
    if not cluster.others:
        return finding(cluster.example, reading)
    count = len(cluster.others)
    lines = _wrapped(shared_by(cluster), reading)
    shown = cluster.others if reading.verbose else cluster.others[:MOST_OTHERS]
    lines += [f"{INDENT}    {other.case.shown}" for other in shown]
    if len(shown) < count:
        lines.append(f"{INDENT}    … and {count - len(shown)} more (-v names them)")
    return finding(cluster.example, reading, alike=lines)


def finding(judgement: Judgement, reading: Reading, *, alike: Sequence[str] = ()) -> str:
    """Write a judgement; `alike` are lines about others of the same cause."""
    match judgement.verdict:
        case Clean():
            lines = [_head("CLEAN", judgement, reading, "green")]
            return "\n".join(lines)
        case Diverged() as verdict:
            lines = _diverged(judgement, verdict, reading)
        case Drifted() as verdict:
            lines = _drifted(judgement, verdict, reading)
        case Inconclusive() as verdict:
            lines = _inconclusive(judgement, verdict, reading)
    for note in filter(None, (prefix_note(judgement), seeds_note(judgement))):
        lines += ["", *_wrapped(note, reading)]
    again = ["", f"{INDENT}Reproduce with:  {reproducing(judgement, reading.options)}"]
    return "\n".join([*lines, *([""] if alike else []), *alike, *again])


def _head(word: str, judgement: Judgement, reading: Reading, *colours: str) -> str:
    left = f"{word:<9} {title(judgement)}"
    right = judgement.case.shown if judgement.identity else ""
    if not right:
        return reading.paint(word, "bold", *colours) + left.removeprefix(word)
    gap = reading.width - len(left) - len(right)
    line = left + (" " * gap + right if gap > 1 else f"\n{INDENT}{right}" if right else "")
    return reading.paint(word, "bold", *colours) + line.removeprefix(word)


def _diverged(judgement: Judgement, verdict: Diverged, reading: Reading) -> list[str]:
    divergence = verdict.divergence
    lines = [_head("DIVERGED", judgement, reading, "red"), *_where(divergence, reading), ""]
    lines += [*_sides(divergence, reading), ""]
    diagnosis = diagnose(divergence)
    lines += _wrapped(diagnosis.cause, reading)
    lines += _wrapped(core_note(divergence), reading)
    lines += _wrapped(diagnosis.advice, reading)
    if diagnosis.code:
        lines += ["", *(f"{INDENT}  {number:>4} │ {text}" for number, text in diagnosis.code)]
    for drift in verdict.drifts[:MOST_DRIFTS]:
        lines += ["", f"{INDENT}before that, drifted at step {drift.number}:", *_changes(drift, reading)]
    if reading.verbose:
        lines += _raw(divergence)
    return lines


def _where(divergence: Divergence, reading: Reading) -> list[str]:
    step = (divergence.recorded or divergence.observed or (None,))[0]
    event = f", event {step.event_id}" if step is not None and step.event_id else ""
    what = name_of_step(step) if step is not None else "workflow task"
    left = f"{INDENT}at step {divergence.number}   {what}"
    return [f"{left:<{min(50, reading.width // 2)}}   workflow task {divergence.task}{event}"]


def _sides(divergence: Divergence, reading: Reading) -> list[str]:
    first = divergence.number - len(divergence.before)
    lines = []
    for side, steps, mark in (
        ("recorded", divergence.recorded[:2], not divergence.observed),
        ("new code", divergence.observed[:2], True),
    ):
        rows: list[tuple[Step | None, bool]] = [(step, False) for step in divergence.before[-2:]]
        rows += [(step, mark and index == 0) for index, step in enumerate(steps)]
        if not steps and side == "new code":
            rows.append((None, mark))
        number = first + len(divergence.before) - len(divergence.before[-2:])
        for index, (step, marked) in enumerate(rows):
            head = f"{'>' if marked else ' '}   {side if index == 0 else '':<9}"
            lines.append(_row(head, number + index, step, divergence, reading))
    return lines


def _row(head: str, number: int, step: Step | None, divergence: Divergence, reading: Reading) -> str:
    left = f"{INDENT}{head}{number:>4}  "
    if step is None:
        ended = divergence.failure
        at = ended.site if ended else divergence.standing
        words = "(fails its workflow task)" if ended else "(nothing more in this workflow task)"
        return _aligned(left + words, at, reading)
    return _aligned(left + name_of_step(step), step.site, reading)


def _aligned(left: str, site: SourceLine | None, reading: Reading) -> str:
    if site is None:
        return left
    line = f"{left:<{SITE}}  {place(site, reading.base)}"
    if site.caller is None:
        return line
    return f"{line}\n{'':<{SITE}}  called at {place(site.caller, reading.base)}"


def _drifted(judgement: Judgement, verdict: Drifted, reading: Reading) -> list[str]:
    lines = [_head("DRIFTED", judgement, reading, "yellow")]
    shown = verdict.drifts if reading.verbose else verdict.drifts[:MOST_DRIFTS]
    for drift in shown:
        site = f"   {place(drift.observed.site, reading.base)}" if drift.observed.site else ""
        lines.append(f"{INDENT}at step {drift.number}   {name_of_step(drift.recorded)}{site}")
        lines += _changes(drift, reading)
    more = len(verdict.drifts) - len(shown)
    if more:
        lines.append(f"{INDENT}… and at {more} more steps (-v shows them)")
    if any(is_shifted(drift) for drift in verdict.drifts):
        lines += _wrapped(SHIFTED, reading)
    lines += _wrapped(KEEP_OR_ACCEPT, reading)
    lines.append(f"{INDENT}    accept = [{json.dumps(acceptance(verdict.drifts[0]), ensure_ascii=False)}]")
    return lines


def acceptance(drift: Drift) -> str:
    """Write the entry of [tool.replaykit] accept that covers a drift's first change."""
    key = drift.recorded.key
    return f"{key.kind.value}:{key.name} {drift.changes[0].path}"


def _changes(drift: Drift, reading: Reading) -> list[str]:
    lines = []
    for change in drift.changes:
        before = "(absent)" if change.recorded is None else change.recorded
        after = "(absent)" if change.new is None else change.new
        one = f"{INDENT}    {change.path}   {before} → {after}"
        if len(one) <= reading.width:
            lines.append(one)
        else:
            lines += [
                f"{INDENT}    {change.path}",
                f"{INDENT}      recorded  {before}",
                f"{INDENT}      new code  {after}",
            ]
    return lines


def _inconclusive(judgement: Judgement, verdict: Inconclusive, reading: Reading) -> list[str]:
    lines = [_head("INCONCLUSIVE", judgement, reading, "magenta")]
    lines += [INDENT + line for line in verdict.problem.render().splitlines()]
    if reading.verbose and verdict.detail:
        lines += ["", *(f"{INDENT}| {line}" for line in verdict.detail.splitlines()[-40:])]
    return lines


def _raw(divergence: Divergence) -> list[str]:
    lines = []
    if divergence.core_error:
        lines += ["", f"{INDENT}Core:  {divergence.core_error}"]
    if divergence.failure and divergence.failure.stack:
        lines += ["", *(f"{INDENT}| {line}" for line in divergence.failure.stack.splitlines())]
    return lines


def headline(judgement: Judgement) -> str:
    """Write a judgement in one line."""
    match judgement.verdict:
        case Diverged(divergence):
            return f"diverged at step {divergence.number}: {diagnose(divergence).cause}"
        case Drifted(drifts=drifts):
            first = drifts[0]
            return f"drifted at step {first.number}: {name_of_step(first.recorded)}, {first.changes[0].path}"
        case Inconclusive(problem):
            return f"inconclusive: {problem.what}"
        case Clean():
            return "clean"


def _wrapped(text: str, reading: Reading) -> list[str]:
    return textwrap.wrap(
        text,
        width=reading.width,
        initial_indent=INDENT,
        subsequent_indent=INDENT,
        break_long_words=False,
        break_on_hyphens=False,
    )
