"""A finding of a gate on its page: one cause, both timelines, what it means, what to do, and who shows it."""

import json
from collections.abc import Iterator, Sequence

from replaykit.model.finding import Drift
from replaykit.model.gate import GateVerdict, Revision
from replaykit.model.history import RunStatus
from replaykit.model.verdict import Diverged, Drifted, Inconclusive, name_of
from replaykit.report.command import quoted
from replaykit.report.finding import MOST_DRIFTS, acceptance
from replaykit.report.finding_words import (
    KEEP_OR_ACCEPT,
    core_note,
    prefix_note,
    reproducing,
    seeds_note,
    shared_by,
    title,
)
from replaykit.report.gate_findings import GateFinding
from replaykit.report.gate_groups import Group
from replaykit.report.gate_timeline import Cell, Row, Timeline, timeline_of
from replaykit.report.page import as_lines, as_text
from replaykit.report.reading import Reading
from replaykit.report.steps import name_of_step, place
from replaykit.report.summary import plural
from replaykit.rules.diagnose import GUARD, SHIFTED, diagnose, guarded, is_shifted
from replaykit.rules.diff import AHEAD

# Of a long run, as many steps before those that stand side by side.
MOST_EARLIER = 200
KINDS = {"patch-unsafe": "unsafe", "patch-unverified": "odd", "not-loaded": "odd", "demand": "failed"}


def finding_html(number: int, finding: GateFinding, reading: Reading, *, base: Revision) -> Iterator[str]:
    """Yield a finding, the first one open; its body is what a link to `finding-N` opens."""
    word = finding.rule.capitalize().replace("-", " ")
    count = f" ({plural(len(finding.histories), 'history', 'histories')})" if finding.histories else ""
    kind = KINDS.get(finding.rule, finding.rule)
    yield f'<details class="finding {kind}"{" open" if number == 1 else ""}><summary>'
    yield f'<h3><span class="word">{as_text(word)}:</span> {as_text(finding.subject)}{count}</h3>'
    cause = (finding.detail if finding.group else "") or finding.reason
    yield f'<span class="cause">{as_lines(cause)}</span></summary>'
    yield f'<div class="body" id="finding-{number}">'
    if finding.group is None:
        yield from _of_no_history(finding)
    else:
        yield from _group(finding, finding.group, reading, base=base)
    yield "</div></details>"


def _of_no_history(finding: GateFinding) -> Iterator[str]:
    if finding.rule.startswith("patch-"):
        yield f"{_spot(finding)}<p>Do: {as_lines(finding.detail)}</p>" if finding.detail else _spot(finding)
        yield '<p>With its evidence among the <a href="#patches">patches</a>.</p>'
    elif finding.evidence:
        yield _pre(finding.evidence, wrap=True)
    else:
        yield '<p>With all that was <a href="#demands">asked of the corpus</a>.</p>'


def _group(finding: GateFinding, group: Group, reading: Reading, *, base: Revision) -> Iterator[str]:
    example = group.example
    timeline = timeline_of(example)
    shown = None if group.cluster is None else group.cluster.example
    yield f"<p>{as_text(example.standing.value.capitalize())}: {as_lines(finding.reason)}</p>"
    if timeline is not None:
        yield from _timeline(timeline, reading, at=_where(timeline) if shown else "")
    if shown is None:
        yield f"{_spot(finding)}<p>Shown by <code>{as_text(example.case.shown)}</code></p>"
        yield from _foreseen(example, reading)
    else:
        word = name_of(shown.verdict).capitalize()
        yield f"{_spot(finding)}<p>{word}: {as_text(title(shown))}, <code>{as_text(shown.case.shown)}</code></p>"
        yield from _judged(example, reading)
        for note in filter(None, (prefix_note(shown), seeds_note(shown))):
            yield f"<p>{as_text(note)}</p>"
    both = ["replaykit gate --base", quoted(base.name), quoted(example.case.shown), reading.options]
    yield "<h4>Reproduce with:</h4>"
    if shown is not None:
        yield _pre([reproducing(shown, reading.options)], wrap=True)
        yield '<p class="dim">Both versions:</p>'
    yield _pre([" ".join(filter(None, both))], wrap=True)
    yield from _others(group)


def _judged(verdict: GateVerdict, reading: Reading) -> Iterator[str]:
    shown = None if verdict.judgement is None else verdict.judgement.verdict
    match shown:
        case Diverged(divergence, drifts):
            found = diagnose(divergence)
            notes = (found.cause, core_note(divergence), found.advice)
            yield "<h4>What it means, and what to do</h4>"
            yield from (f"<p>{as_lines(note)}</p>" for note in notes if note)
            yield _code(found.code)
            if drifts:
                yield from _drifts(drifts[:MOST_DRIFTS], reading, "Before that, drifted", ("Recorded", "New code"))
            if reading.verbose:
                yield from _raw(divergence.core_error, divergence.failure.stack if divergence.failure else "")
        case Drifted(drifts=drifts):
            told = drifts if reading.verbose else drifts[:MOST_DRIFTS]
            yield from _drifts(told, reading, "Drifted", ("Recorded", "New code"))
            if len(told) < len(drifts):
                yield f"<p>… and at {len(drifts) - len(told)} more steps (-v shows them)</p>"
            if any(is_shifted(drift) for drift in drifts):
                yield f"<p>{as_text(SHIFTED)}</p>"
            yield f"<p>{as_text(KEEP_OR_ACCEPT)}</p>"
            yield _pre([f"accept = [{json.dumps(acceptance(drifts[0]), ensure_ascii=False)}]"], wrap=True)
        case Inconclusive(problem, detail):
            yield _pre(problem.render().split("\n"), wrap=True)
            if reading.verbose and detail:
                yield _pre(detail.split("\n")[-40:], wrap=False)
        case _:
            pass


def _raw(core: str | None, stack: str) -> Iterator[str]:
    if core:
        yield _pre([f"Core:  {core}"], wrap=True)
    if stack:
        yield _pre(stack.split("\n"), wrap=False)


def _foreseen(verdict: GateVerdict, reading: Reading) -> Iterator[str]:
    parting = verdict.parting
    if parting is not None and verdict.foreseen and parting.observed:
        code = guarded(parting.observed[0], parting.recorded[0] if parting.recorded else None)
        if code:
            yield f"<h4>What to do</h4><p>{as_text(GUARD)}</p>{_code(code)}"
    if verdict.drifts:
        yield from _drifts(verdict.drifts, reading, "Drifted", ("Base", "Head"))


def _where(timeline: Timeline) -> str:
    divergence = timeline.divergence
    step = (divergence.recorded or divergence.observed or (None,))[0]
    what = name_of_step(step) if step is not None else "workflow task"
    event = f", event {step.event_id}" if step is not None and step.event_id else ""
    return f"At step {divergence.number}: {what}. Workflow task {divergence.task}{event}."


def _spot(finding: GateFinding) -> str:
    if finding.spot is None:
        return ""
    line = f":{finding.spot.line}" if finding.spot.line else ""
    return f"<p>At <code>{as_text(finding.spot.file + line)}</code></p>"


def _timeline(timeline: Timeline, reading: Reading, *, at: str) -> Iterator[str]:
    caption = at or f"At step {timeline.divergence.number}, workflow task {timeline.divergence.task}."
    if timeline.first > 1:
        yield from _earlier(timeline)
    heads = "".join(f'<th scope="col">{each}</th>' for each in ("Step", timeline.left, timeline.right))
    yield '<div class="scroll" tabindex="0" role="region" aria-label="Both timelines, side by side">'
    yield f'<table class="sides"><caption>{as_text(caption)}</caption><thead><tr>{heads}</tr></thead><tbody>'
    yield from (_row(row, reading) for row in timeline.rows)
    yield "</tbody></table></div>"
    if timeline.is_cut:
        yield f'<p class="dim">From the first difference on, {AHEAD} steps of a side are kept, and no more.</p>'


def _earlier(timeline: Timeline) -> Iterator[str]:
    count = timeline.first - 1
    said = f"{plural(count, 'earlier step', 'earlier steps')}, the same on both sides"
    if not timeline.earlier:
        yield f'<p class="dim">{said}</p>'
        return
    steps = timeline.earlier[-MOST_EARLIER:]
    items = "".join(f"<li>{as_text(name_of_step(step))}</li>" for step in steps)
    left = f"<p>The first {count - len(steps):,} are left out.</p>" if len(steps) < count else ""
    yield f'<details><summary>{said}</summary>{left}<ol start="{count - len(steps) + 1}">{items}</ol></details>'


def _row(row: Row, reading: Reading) -> str:
    name = "first differs" if row.first else "differs" if row.differs else "shown"
    mark = "▶ first difference" if row.first else "≠ differs" if row.differs else ""
    said = f'<span class="mark">{mark}</span>' if mark else ""
    cells = "".join(f"<td>{_cell(cell, reading)}</td>" for cell in (row.left, row.right))
    return f'<tr class="{name}"><th scope="row">{row.number}{said}</th>{cells}</tr>'


def _cell(cell: Cell, reading: Reading) -> str:
    shown = as_text(cell.words) if cell.step else f'<span class="dim">{as_text(cell.words)}</span>'
    site = cell.site
    if site is None:
        return shown
    shown += f'<span class="place">{as_text(place(site, reading.base))}</span>'
    if site.caller is not None:
        shown += f'<span class="place">called at {as_text(place(site.caller, reading.base))}</span>'
    return shown


def _drifts(drifts: Sequence[Drift], reading: Reading, caption: str, sides: tuple[str, str]) -> Iterator[str]:
    heads = "".join(f'<th scope="col">{each}</th>' for each in ("Step", "Value", *sides))
    yield '<div class="scroll" tabindex="0" role="region" aria-label="Values that differ">'
    yield f'<table class="wide"><caption>{caption}</caption><thead><tr>{heads}</tr></thead><tbody>'
    for drift in drifts:
        step = _cell(Cell(f"at step {drift.number}: {name_of_step(drift.recorded)}", site=drift.observed.site), reading)
        for change in drift.changes:
            values = (change.path, *("(absent)" if one is None else one for one in (change.recorded, change.new)))
            cells = "".join(f"<td>{as_text(value)}</td>" for value in values)
            yield f'<tr><th scope="row">{step}</th>{cells}</tr>'
    yield "</tbody></table></div>"


def _code(code: Sequence[tuple[int, str]]) -> str:
    return _pre([f"{number:>4} │ {text}" for number, text in code], wrap=False) if code else ""


def _pre(lines: Sequence[str], *, wrap: bool) -> str:
    inner = "\n".join(as_text(line) for line in lines)
    if wrap:
        return f'<pre class="wrap">{inner}</pre>'
    return f'<pre tabindex="0" role="region" aria-label="Code">{inner}</pre>'


def _others(group: Group) -> Iterator[str]:
    count = len(group.verdicts)
    cluster = group.cluster
    if cluster is not None and cluster.others:
        yield f"<p>{as_text(shared_by(cluster))}</p>"
    elif count > 1:
        others = plural(count - 1, "other history", "other histories")
        yield f"<p>{as_text(f'{others} of {group.example.workflow_type} likewise.')}</p>"
    if count > 1:
        items = "".join(f"<li>{_shown(verdict)}</li>" for verdict in group.verdicts)
        yield f"<details><summary>All {count:,} histories that show it</summary>"
        yield f'<ul class="lines">{items}</ul></details>'


def _shown(verdict: GateVerdict) -> str:
    still = " (still open)" if verdict.judgement and verdict.judgement.status is RunStatus.OPEN else ""
    return f"<code>{as_text(verdict.case.shown)}</code>{still}"
