"""What a gate cannot vouch for, and what was asked of the corpus, on its page."""

from collections.abc import Iterable, Iterator, Sequence

from replaykit.model.coverage import Gap
from replaykit.model.gate import Blind, ChangedFile, Demand
from replaykit.report.command import quoted
from replaykit.report.page import as_lines, as_text
from replaykit.report.sizes import date, share


def demands_html(demands: Sequence[Demand]) -> Iterator[str]:
    """Yield what was asked of the corpus, and whether it holds."""
    if not demands:
        return
    yield '<h2 id="demands">Asked of the corpus</h2>\n<table class="wide"><thead><tr>'
    yield f"{_heads('Option', 'Holds', 'Found')}</tr></thead><tbody>"
    for one in demands:
        kind, word = ("passed", "✓ Holds:") if one.met else ("failed", "✗ Failed:")
        yield f'<tr><th scope="row">{as_text(one.option)}:</th><td><span class="word {kind}">{word}</span></td>'
        yield f"<td>{as_lines(one.found)}</td></tr>"
    yield "</tbody></table>"


def blind_html(blind: Blind) -> Iterator[str]:
    """Yield the coverage of the change, and every place and type that no history speaks for."""
    yield '<h2 id="blind">Not vouched for</h2>'
    parts = [*_coverage(blind), *_lists(blind)]
    yield from parts or ["<p>Nothing is left that histories could vouch for and do not.</p>"]


def _coverage(blind: Blind) -> Iterator[str]:
    if not blind.measured:
        yield "<p>Coverage of the change: nothing could be measured in this process, so no line counts as reached.</p>"
    if not blind.changed:
        return
    total = f"{blind.reached_lines} of {blind.changed_lines} changed lines"
    yield f"<p>The change: histories reach {total} ({share(blind.reached_lines, blind.changed_lines)})</p>"
    yield '<div class="scroll" tabindex="0" role="region" aria-label="Coverage of the change"><table class="wide">'
    yield "<caption>Changed files of workflow code</caption>"
    heads = _heads("File", "Changed lines", "Reached", "Share", "Changed, and no history reaches it")
    yield f"<thead><tr>{heads}</tr></thead>"
    yield f"<tbody>{''.join(_file(file) for file in blind.changed)}</tbody></table></div>"


def _file(file: ChangedFile) -> str:
    counts = (str(len(file.lines)), str(len(file.reached)), share(len(file.reached), len(file.lines)))
    numbers = "".join(f"<td>{each}</td>" for each in counts)
    gaps = "<br>".join(_gap(file.file, gap) for gap in file.gaps) or "none"
    return f'<tr><th scope="row">{as_text(file.file)}</th>{numbers}<td>{gaps}</td></tr>'


def _gap(file: str, gap: Gap) -> str:
    lines = f"{gap.first}" if gap.first == gap.last else f"{gap.first}-{gap.last}"
    why = f" ({gap.why})" if gap.why else ""
    return f"{as_text(f'{file}:{lines}{why}:')} <code>{as_text(gap.text)}</code>"


def _lists(blind: Blind) -> Iterator[str]:
    yield from _listed("Workflow types without any history", blind.types)
    untaken = (
        f"{branch.file}:{branch.line} patch `{branch.patch}`: no history takes its {branch.branch} branch"
        for branch in blind.branches
    )
    yield from _listed("Branches of patches that no history takes", untaken)
    aged = (f"{aged.workflow_type}: its newest history is of {date(aged.newest)}" for aged in blind.aged)
    yield from _listed("Workflow types whose newest history is too old", aged)
    yield from _listed("Histories of the base that are gone from the working tree", map(quoted, blind.removed))
    notes = (f"{count} x {what} ({why})" for what, why, count in blind.unverified)
    yield from _listed("What no replay could check", notes)


def _listed(head: str, lines: Iterable[str]) -> Iterator[str]:
    items = [f"<li>{as_text(line)}</li>" for line in lines]
    if items:
        yield f"<h3>{head}: {len(items):,}</h3><ul>{''.join(items)}</ul>"


def _heads(*names: str) -> str:
    return "".join(f'<th scope="col">{name}</th>' for name in names)
