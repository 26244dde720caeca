"""A gate as Markdown, for the summary of a job or a comment: findings first, their evidence folded."""

from collections.abc import Iterator

from replaykit.model.safety import Safety
from replaykit.report.gate_findings import GateFinding, Spot, Told
from replaykit.report.gate_text import revision_text
from replaykit.report.markdown import code, fenced, folded, prose
from replaykit.report.sizes import share
from replaykit.report.summary import plural
from replaykit.report.table import cut

# GitHub takes comments of 65,536 characters.
LARGEST = 60_000
MOST_LINES = 60
MOST_BLIND = 100
LONGEST_LINE = 300
LONGEST_NAME = 200
# Tells a comment of the gate from others: whoever updates one looks for it.
MARK = "<!-- replaykit gate -->"
_HEADS = {0: "passed", 1: "findings", 3: "inconclusive"}


def gate_markdown(told: Told) -> str:
    """Write the report; what would make it larger than a comment may be is counted."""
    report = told.report
    close = "\n\n".join(_closing(told))
    blocks = [MARK, f"## Replay gate: {_HEADS.get(told.exit_code, 'failed')}", "\n".join(_counts(told))]
    room = LARGEST - len(close) - sum(map(len, blocks))
    for number, finding in enumerate(told.findings):
        block = "\n\n".join(_finding(finding))
        if len(block) > room:
            left = plural(len(told.findings) - number, "more finding", "more findings")
            blocks.append(f"**{left} left out here:** the log of the job shows all.")
            break
        room -= len(block)
        blocks.append(block)
    safe = sum(verdict.safety is Safety.SAFE for verdict in report.patches)
    if safe:
        blocks.append(f"{plural(safe, 'change', 'changes')} of patches: safe.")
    return "\n\n".join([*blocks, close]) + "\n"


def _counts(told: Told) -> Iterator[str]:
    report = told.report
    head, base = (code(cut(revision_text(one), LONGEST_NAME)) for one in (report.head, report.base))
    yield f"{head} against {base}: {plural(len(report.verdicts), 'history', 'histories')}"
    yield ""
    yield f"| {' | '.join(standing.value for standing, _ in report.counts)} |"
    yield "|" + "---:|" * len(report.counts)
    yield f"| {' | '.join(str(count) for _, count in report.counts)} |"


def _finding(finding: GateFinding) -> Iterator[str]:
    count = f" ({plural(len(finding.histories), 'history', 'histories')})" if finding.histories else ""
    word = finding.rule.capitalize().replace("-", " ")
    yield f"### {word}: {code(cut(finding.subject, LONGEST_NAME))}{count}"
    said = [prose(cut(text, 2 * LONGEST_LINE)) for text in (finding.reason, finding.detail) if text]
    place = f"At {code(_place(finding.spot))}. " if finding.spot else ""
    if place or said:
        yield place + " ".join(said)
    if finding.evidence:
        lines = [cut_line(line) for line in finding.evidence[:MOST_LINES]]
        if len(finding.evidence) > MOST_LINES:
            lines.append(f"… and {len(finding.evidence) - MOST_LINES} more lines")
        yield folded("Evidence", fenced(lines))


def cut_line(line: str) -> str:
    """Cut a line that is longer than a reader can use; its indentation stays."""
    return line if len(line) <= LONGEST_LINE else line[: LONGEST_LINE - 1] + "…"


def _place(spot: Spot) -> str:
    return cut(spot.file, LONGEST_NAME) + (f":{spot.line}" if spot.line else "")


def _closing(told: Told) -> Iterator[str]:
    blind = told.report.blind
    if told.blind:
        count = plural(len(told.blind), "thing", "things")
        reached = ""
        if blind.changed_lines:
            reached = (
                f"; histories reach {blind.reached_lines} of {blind.changed_lines} changed lines"
                f" ({share(blind.reached_lines, blind.changed_lines)})"
            )
        yield f"### Not vouched for: {count}{prose(reached)}"
        lines = [cut(line, LONGEST_LINE) for line in told.blind[:MOST_BLIND]]
        if len(told.blind) > MOST_BLIND:
            lines.append(f"… and {len(told.blind) - MOST_BLIND} more (--format json lists all)")
        yield folded("Which", fenced(lines))
    met = [demand for demand in told.report.demands if demand.met]
    if met:
        yield "\n".join(f"- Holds: {code(one.option)}: {prose(cut(one.found, LONGEST_LINE))}" for one in met)
    yield fenced([f"Next:  {cut(told.following, 4 * LONGEST_LINE)}"])
