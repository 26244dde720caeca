"""The patches that a change touches on a gate's page: a table, and the evidence of each verdict."""

from collections.abc import Iterator, Sequence

from replaykit.model.patches import PatchVerdict
from replaykit.model.safety import Safety
from replaykit.report.page import as_text
from replaykit.report.patches_text import HEADS, URGENT, row_of
from replaykit.report.patches_words import (
    advice,
    finding_them,
    headline,
    is_quiet,
    offered,
    run_text,
    versioning,
    why,
)
from replaykit.report.summary import plural

_SIGNS = {Safety.SAFE: "✓", Safety.UNSAFE: "✗", Safety.UNVERIFIED: "?"}
_SHOWN_RUNS = 20


def patches_html(verdicts: Sequence[PatchVerdict], *, now: float) -> Iterator[str]:
    """Yield the verdicts, the most urgent first; `now` is in seconds since the epoch."""
    if not verdicts:
        return
    heads = "".join(f'<th scope="col">{each}</th>' for each in HEADS)
    yield f'<h2 id="patches">Patches: {len(verdicts):,}</h2>'
    yield '<div class="scroll" tabindex="0" role="region" aria-label="Patches">'
    yield f'<table class="wide"><thead><tr>{heads}</tr></thead><tbody>'
    yield from (_row(verdict) for verdict in verdicts)
    yield "</tbody></table></div>"
    for verdict in sorted(verdicts, key=lambda verdict: URGENT.index(verdict.safety)):
        if not is_quiet(verdict):
            yield from _evidence(verdict, now=now)


def _row(verdict: PatchVerdict) -> str:
    name, *cells, said = row_of(verdict)
    inner = "".join(f"<td>{as_text(cell)}</td>" for cell in cells)
    word = f'<span class="word {verdict.safety.value}">{_SIGNS[verdict.safety]} {as_text(said)}</span>'
    return f'<tr><th scope="row">{as_text(name)}</th>{inner}<td>{word}</td></tr>'


def _evidence(verdict: PatchVerdict, *, now: float) -> Iterator[str]:
    opened = " open" if verdict.safety is Safety.UNSAFE else ""
    word = f'<span class="word">{_SIGNS[verdict.safety]} {verdict.safety.value.upper()}</span>'
    yield f'<details class="finding {verdict.safety.value}"{opened}>'
    yield f'<summary><h3 class="spaced">{word} {as_text(headline(verdict))}</h3></summary><div class="body">'
    yield f"<p>{as_text(why(verdict))}</p>"
    yield from _runs(verdict, now=now)
    for site in verdict.sites[1:]:
        yield f"<p>Also at <code>{as_text(f'{site.path}:{site.line}')}</code></p>"
    if rule := versioning(verdict):
        yield f"<p>{as_text(rule)}</p>"
    yield from (f"<p>Note: {as_text(note)}.</p>" for note in verdict.notes)
    among, command = finding_them(verdict)
    if command:
        yield f'<p>Find them{among}:</p><pre class="wrap">{as_text(command)}</pre>'
    if said := advice(verdict) or offered(verdict):
        yield f"<p>Do: {as_text(said)}</p>"
    yield "</div></details>"


def _runs(verdict: PatchVerdict, *, now: float) -> Iterator[str]:
    runs = verdict.evidence.in_danger
    if not runs:
        return
    items = [f"<li>{as_text(run_text(run, now=now))}</li>" for run in runs]
    yield _list(items[:_SHOWN_RUNS])
    if rest := items[_SHOWN_RUNS:]:
        more = plural(len(rest), "more run, begun later", "more runs, begun later")
        yield f"<details><summary>{more}</summary>{_list(rest)}</details>"


def _list(items: Sequence[str]) -> str:
    return f'<ul class="spaced">{"".join(items)}</ul>'
