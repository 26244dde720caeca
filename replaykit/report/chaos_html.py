"""A sweep as one page that loads nothing: the matrix, and for each cell its plans, findings, timelines and ledgers.

All text is hostile input: it stands escaped in the markup, and in the embedded data without any `<`, from where the
script writes it as text only. The page's policy allows its own style and script, by their digests, and nothing else.
Results, inputs and failure texts of runs are left out: of what a scenario's payloads hold, only findings quote.
"""

import json
from collections.abc import Iterable, Iterator, Sequence
from typing import TYPE_CHECKING

from replaykit.model.chaos_report import PROVES_NOTHING, ChaosFinding, ChaosReport, Judged
from replaykit.report.chaos_matrix import HELD, NOTHING, UNKNOWN, Cell, matrix_of
from replaykit.report.chaos_page import SCRIPT, STYLE
from replaykit.report.chaos_page_data import WORDS, PageData, outcome_of
from replaykit.report.chaos_text import count_lines, not_verified
from replaykit.report.page import as_text, document
from replaykit.rules.chaos.catalogue import kind_of
from replaykit.rules.chaos.kinds import Group

if TYPE_CHECKING:
    from replaykit.model.chaos import FaultPlan

_OUTCOMES = (
    ("found", "✗ did not hold"),
    ("held", f"{HELD} held"),
    ("unproven", f"{UNKNOWN} not proven"),
    ("unreachable", "cannot happen"),
)


def chaos_html(report: ChaosReport, *, commands: Sequence[str]) -> str:
    """Write a sweep's page; `commands` reproduce its findings, one each."""
    data = PageData.of(report)
    parts = (
        _head(report),
        _findings(report, commands, data),
        _filters(report),
        _matrix(report, data),
        _several(report, data),
        _closing(report),
    )
    body = "\n".join(line for part in parts for line in part)
    panel = (
        '<dialog id="panel" aria-labelledby="panel-title"><button id="close" type="button">Close</button>\n'
        '<h2 id="panel-title"></h2>\n<div id="panel-body"></div></dialog>\n'
        f'<script type="application/json" id="runs">{_embedded(data)}</script>'
    )
    return document(f"{report.scenario}: chaos report", f"{body}\n{panel}", style=STYLE, script=SCRIPT)


def _embedded(data: PageData) -> str:
    """Write the data so that no text in it can end the element, or begin a comment."""
    text = json.dumps(data.document(), separators=(",", ":"))
    return text.replace("<", "\\u003c").replace(">", "\\u003e").replace("&", "\\u0026")


def _head(report: ChaosReport) -> Iterator[str]:
    yield f"<header><h1>Chaos report: {as_text(report.scenario)}</h1>"
    yield from (f"<p>{as_text(line.strip())}</p>" for line in count_lines(report))
    yield "<noscript><p>Without scripts the filters and the timelines do not work.</p></noscript></header>\n<main>"


def _findings(report: ChaosReport, commands: Sequence[str], data: PageData) -> Iterator[str]:
    yield f'<h2 id="findings">Findings: {len(report.findings)}</h2>'
    if not report.findings:
        yield "<p>All that was struck held.</p>"
    for finding, command in zip(report.findings, commands, strict=True):
        yield from _finding(finding, command, data)


def _finding(finding: ChaosFinding, command: str, data: PageData) -> Iterator[str]:
    kind = "unproven" if finding.violation in PROVES_NOTHING else "found"
    flaky = " (flaky: it did not come each time)" if finding.flaky else ""
    yield f'<article class="{"unproven" if kind == "unproven" else "bad"}">'
    yield f"<h3>{as_text(finding.violation.upper())}: {as_text(finding.what)}{flaky}</h3><dl>"
    plan = finding.result.plan
    lines = [*map(str, plan.strikes), *([f"input {plan.given}"] if plan.given else [])]
    strikes = "<br>".join(map(as_text, lines))
    named = "Plan" if kind == "unproven" else "Smallest plan"
    yield f"<dt>{named}</dt><dd>{strikes}</dd><dt>Why</dt><dd>{as_text(finding.why)}</dd>"
    yield f"<dt>Fix</dt><dd>{as_text(finding.fix)}</dd>"
    yield f"<dt>Reproduce with</dt><dd><code>{as_text(command)}</code></dd></dl>"
    label = f"Timeline and ledger of {finding.result.plan}"
    yield f"{_button([data.number_of(finding.result.plan)], 'Show timeline and ledger', label, kind)}</article>"


def _filters(report: ChaosReport) -> Iterator[str]:
    groups = {kind_of(strike.fault).group for each in report.judged for strike in each.result.plan.strikes}
    yield '<h2 id="matrix">Boundaries and faults</h2>\n<form id="filters" role="search" aria-label="Filter the rows">'
    yield f"<label>Outcome{_select('outcome', _OUTCOMES)}</label>"
    yield f"<label>Faults{_select('group', ((g.value, g.value) for g in Group if g in groups))}</label>"
    yield '<label>Boundary<input id="text" type="search" autocomplete="off"></label>'
    yield '<button type="reset">Show all</button></form>\n<p id="count" role="status"></p>'
    yield (
        f"<p>{HELD} held, ✗ did not hold, {UNKNOWN} not proven, {NOTHING} does not apply. Each sign is a button: "
        "it opens the plans, with timeline and ledger where a run went otherwise than the baseline, strikes aside. "
        f"{_button([0], 'The run without a fault', 'The run without a fault', 'held')}</p>"
    )


def _select(name: str, options: Iterable[tuple[str, str]]) -> str:
    inner = "".join(f'<option value="{value}">{shown}</option>' for value, shown in options)
    return f'<select id="{name}"><option value="">all</option>{inner}</select>'


def _matrix(report: ChaosReport, data: PageData) -> Iterator[str]:
    matrix = matrix_of(report)
    heads = "".join(f'<th scope="col" data-groups="{group}">{group}</th>' for group in matrix.columns)
    yield '<div class="scroll" tabindex="0" role="region" aria-label="Matrix of boundaries and faults">'
    yield '<table id="cells">'
    yield f'<caption>Single faults</caption><thead><tr><th scope="col">Boundary</th>{heads}</tr></thead><tbody>'
    for boundary, cells in matrix.rows:
        name = str(boundary)
        inside = "".join(_cell(name, group, cell, data) for group, cell in zip(matrix.columns, cells, strict=True))
        yield f'<tr><th scope="row">{as_text(name)}</th>{inside}</tr>'
    yield "</tbody></table></div>"


def _cell(boundary: str, group: Group, cell: Cell, data: PageData) -> str:
    outcomes = sorted({outcome_of(judged) for judged in cell.runs})
    if not outcomes:
        where = f'data-column="1" data-groups="{group}" data-outcome="none"'
        return f'<td {where} class="none"><span aria-label="does not apply">{NOTHING}</span></td>'
    worst = next(outcome for outcome, _ in (_OUTCOMES[0], _OUTCOMES[2], _OUTCOMES[1]) if outcome in outcomes)
    count = f"{len(cell.runs)} run{'s' if len(cell.runs) != 1 else ''}"
    found = sorted({finding.violation.value for judged in cell.runs for finding in judged.findings})
    said = f" ({', '.join(found)})" if found else ""
    label = f"{boundary}, {group} faults: {WORDS[worst]}{said}, {count}"
    button = _button([data.number_of(judged.result.plan) for judged in cell.runs], cell.sign, label, worst)
    return f'<td data-column="1" data-groups="{group}" data-outcome="{" ".join(outcomes)}">{button}</td>'


def _several(report: ChaosReport, data: PageData) -> Iterator[str]:
    plans = [judged for judged in report.judged if len(judged.result.plan.strikes) > 1]
    if not plans:
        return
    yield '<div class="scroll" tabindex="0" role="region" aria-label="Plans of several faults"><table id="several">'
    yield "<caption>Plans of several faults</caption>"
    yield '<thead><tr><th scope="col">Plan</th><th scope="col">Outcome</th></tr></thead><tbody>'
    for judged in plans:
        yield _row(judged, data)
    yield "</tbody></table></div>"


def _row(judged: Judged, data: PageData) -> str:
    plan: FaultPlan = judged.result.plan
    outcome = outcome_of(judged)
    groups = " ".join(sorted({kind_of(strike.fault).group.value for strike in plan.strikes}))
    sign = f"✗ {judged.findings[0].violation}" if outcome == "found" else WORDS[outcome]
    button = _button([data.number_of(plan)], sign, f"{plan}: {WORDS[outcome]}", outcome)
    cell = f'<td data-groups="{groups}" data-outcome="{outcome}">{button}</td>'
    return f'<tr><th scope="row">{as_text(str(plan))}</th>{cell}</tr>'


def _button(runs: Sequence[int], sign: str, label: str, kind: str) -> str:
    numbers = ",".join(map(str, runs))
    opens = f'type="button" aria-haspopup="dialog" aria-label="{as_text(label)}"'
    return f'<button {opens} class="{kind}" data-runs="{numbers}">{as_text(sign)}</button>'


def _closing(report: ChaosReport) -> Iterator[str]:
    notes = not_verified(report)
    if notes:
        yield '<h2 id="unverified">Not verified</h2>'
        yield from (f"<p>{as_text(note)}</p>" for note in notes)
    yield f"<p>Seed {report.seed}.</p></main>"
