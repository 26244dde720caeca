"""A gate as workflow commands of GitHub: errors on the very lines, as many as GitHub shows, and how many more."""

from collections.abc import Iterable, Iterator, Sequence

from replaykit.report.gate_findings import GateFinding, Note, Spot, Told
from replaykit.report.printable import plain
from replaykit.report.summary import plural

# GitHub shows as many annotations of a kind a step, and drops the others without a word.
MOST = 10
_DATA = str.maketrans({"%": "%25", "\r": "%0D", "\n": "%0A"})
_PROPERTY = str.maketrans({"%": "%25", "\r": "%0D", "\n": "%0A", ":": "%3A", ",": "%2C"})


def annotation_lines(told: Told) -> Iterator[str]:
    """Yield a command for each finding that fails, then for what only warns, then what is left out in one line."""
    errors = [_of_finding(finding, "error") for finding in told.findings if finding.fails]
    warnings = [_of_finding(finding, "warning") for finding in told.findings if not finding.fails]
    warnings += [_of_note(note) for note in told.notes]
    for lines in (errors, warnings):
        yield from lines[:MOST]
    more = [
        plural(len(lines) - MOST, one, many)
        for lines, one, many in ((errors, "more error", "more errors"), (warnings, "more warning", "more warnings"))
        if len(lines) > MOST
    ]
    if more:
        yield command("notice", None, title="replaykit gate", message=f"{' and '.join(more)} not annotated here.")


def unheeded(lines: Iterable[str], *, token: str) -> Iterator[str]:
    """Yield text in which GitHub heeds no command: ids of runs stand in it, and what they hold is anybody's guess.

    Args:
        lines: The text.
        token: What ends that; nobody may know it before.
    """
    yield f"::stop-commands::{token}"
    yield from lines
    yield f"::{token}::"


def command(kind: str, spot: Spot | None, *, title: str, message: str) -> str:
    """Write a workflow command: one line, whatever its parts hold."""
    place: list[tuple[str, str]] = []
    if spot is not None:
        place = [("file", spot.file)]
        place += [("line", str(spot.line))] if spot.line else []
        place += [("endLine", str(spot.last))] if spot.line and spot.last and spot.last > spot.line else []
    properties = [f"{name}={_shown(value).translate(_PROPERTY)}" for name, value in (*place, ("title", title))]
    return f"::{kind} {','.join(properties)}::{_shown(message).translate(_DATA)}"


def _shown(text: str) -> str:
    return "\n".join(plain(line) for line in text.split("\n"))


def _of_finding(finding: GateFinding, kind: str) -> str:
    lines = [finding.reason, finding.detail, *_histories(finding.histories)]
    title = f"replaykit gate, {finding.rule}: {finding.subject}"
    return command(kind, finding.spot, title=title, message="\n".join(filter(None, lines)))


def _histories(paths: Sequence[str]) -> Iterator[str]:
    if paths:
        others = f" and {plural(len(paths) - 1, 'other history', 'other histories')}" if len(paths) > 1 else ""
        yield f"Shown by {paths[0]}{others}."


def _of_note(note: Note) -> str:
    return command("warning", note.spot, title=f"replaykit gate, {note.rule}", message=note.text)
