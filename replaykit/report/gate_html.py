"""A gate as one page that loads nothing: findings by cause, what nobody can vouch for, patches, and every history.

All text is hostile input and stands escaped in the markup; no data is left to the script, which only filters rows that
are there. Without scripts everything is shown. Of payloads stands here what the text shows, and nothing else.
"""

from collections.abc import Iterator

from replaykit.model.gate import GateReport, GateVerdict, Standing
from replaykit.report.gate_findings import Told
from replaykit.report.gate_html_blind import blind_html, demands_html
from replaykit.report.gate_html_findings import finding_html
from replaykit.report.gate_html_patches import patches_html
from replaykit.report.gate_page import SCRIPT, STYLE
from replaykit.report.gate_text import revision_text
from replaykit.report.page import as_lines, as_text, document
from replaykit.report.reading import Reading
from replaykit.report.summary import plural

SIGNS = {
    Standing.PASSED: "✓",
    Standing.DRIFTED: "≈",
    Standing.BLOCKED: "✗",
    Standing.INTRINSIC: "∅",
    Standing.UNVERIFIED: "?",
    Standing.EMPTY: "·",
}
_ENDS = {
    0: ("passed", "Passed: nothing was found that fails the gate."),
    1: ("blocked", "Findings: what is shown below fails the gate."),
    3: ("unverified", "Inconclusive: something could not be verified, or nothing was replayed. That is no pass."),
}
_FAILED = ("blocked", "Failed.")


def gate_html(told: Told, reading: Reading, *, now: float) -> str:
    """Write the page.

    Args:
        told: The report, in the words that its forms share.
        reading: Who reads; places and commands are written so.
        now: The time, in seconds since the epoch.
    """
    report = told.report
    parts = (
        _head(told),
        _findings(told, reading),
        demands_html(report.demands),
        blind_html(report.blind),
        patches_html(report.patches, now=now),
        _histories(told),
        _closing(told),
    )
    body = "\n".join(line for part in parts for line in part)
    return document(_name(report), body, style=STYLE, script=SCRIPT)


def _name(report: GateReport) -> str:
    return f"Replay gate: {revision_text(report.head)} against {revision_text(report.base)}"


def _head(told: Told) -> Iterator[str]:
    report = told.report
    effort = report.effort
    kind, words = _ENDS.get(told.exit_code, _FAILED)
    yield f"<header><h1>{as_text(_name(report))}</h1>"
    yield f'<p class="verdict {kind}">{words} (exit code {told.exit_code})</p><dl>'
    for name, revision in (("Head", report.head), ("Base", report.base)):
        whole = f" <code>{as_text(revision.commit)}</code>" if revision.commit else ""
        yield f"<dt>{name}</dt><dd>{as_text(revision_text(revision))}{whole}</dd>"
    yield f"<dt>Histories</dt><dd>{plural(len(report.verdicts), 'history', 'histories')} in {effort.seconds:.1f} s "
    yield f"(replays: base {effort.base}, head {effort.head}; cached {effort.cached})</dd></dl>"
    yield '<ul class="counts" aria-label="Histories by standing">'
    for standing, count in report.counts:
        said = f"{SIGNS[standing]} {count} {standing.value}"
        yield f'<li class="{standing.value}"><span class="word">{said}</span></li>'
    yield "</ul>"
    yield f'<nav aria-label="Parts of this page"><ul>{"".join(_links(told))}</ul></nav></header>\n<main>'


def _links(told: Told) -> Iterator[str]:
    report = told.report
    parts = (
        ("findings", "Findings", len(told.findings), True),
        ("demands", "Demands", len(report.demands), bool(report.demands)),
        ("blind", "Not vouched for", len(told.blind), True),
        ("patches", "Patches", len(report.patches), bool(report.patches)),
        ("histories", "Histories", len(report.verdicts), True),
    )
    for name, words, count, there in parts:
        if there:
            yield f'<li><a href="#{name}">{words}: {count:,}</a></li>'


def _findings(told: Told, reading: Reading) -> Iterator[str]:
    yield f'<h2 id="findings">Findings: {len(told.findings):,}</h2>'
    if not told.findings:
        yield "<p>Nothing was found.</p>"
    for number, finding in enumerate(told.findings, start=1):
        yield from finding_html(number, finding, reading, base=told.report.base)


def _histories(told: Told) -> Iterator[str]:
    report = told.report
    yield f'<h2 id="histories-head">Histories: {len(report.verdicts):,}</h2>'
    if not report.verdicts:
        yield '<p id="histories">None was replayed.</p>'
        return
    yield from _filters(report)
    numbers = {path: number for number, finding in enumerate(told.findings, start=1) for path in finding.key}
    heads = "".join(f'<th scope="col">{each}</th>' for each in ("History", "Standing", "Workflow type", "Why"))
    yield '<div class="scroll" tabindex="0" role="region" aria-label="All histories">'
    yield f'<table id="histories" class="wide"><thead><tr>{heads}</tr></thead><tbody>'
    yield from (_history(verdict, numbers.get(verdict.case.path)) for verdict in report.verdicts)
    yield "</tbody></table></div>"


def _filters(report: GateReport) -> Iterator[str]:
    options = "".join(
        f'<option value="{standing.value}">{standing.value} ({count})</option>' for standing, count in report.counts
    )
    yield '<form id="filters" role="search" aria-label="Filter the histories" hidden>'
    yield f'<label>Standing<select id="standing"><option value="">all</option>{options}</select></label>'
    yield '<label>Any text<input id="text" type="search" autocomplete="off"></label>'
    yield '<button type="reset">Show all</button></form>\n<p id="count" role="status"></p>'


def _history(verdict: GateVerdict, number: int | None) -> str:
    standing = verdict.standing
    cached = " (cached)" if verdict.cached else ""
    link = f' <a href="#finding-{number}">Finding {number}</a>' if number else ""
    word = f'<span class="word {standing.value}">{SIGNS[standing]} {standing.value}</span>'
    name = f'<th scope="row">{as_text(verdict.case.shown)}</th>'
    return (
        f'<tr data-standing="{standing.value}">{name}<td>{word}{cached}</td>'
        f"<td>{as_text(verdict.workflow_type)}</td><td>{as_lines(verdict.reason)}{link}</td></tr>"
    )


def _closing(told: Told) -> Iterator[str]:
    yield f'<h2>Next</h2>\n<pre class="wrap">Next:  {as_text(told.following)}</pre></main>'
