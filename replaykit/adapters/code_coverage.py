"""What a corpus reaches of the workflow code, file by file, and what it does not."""

import ast
import json
import tempfile
from collections.abc import Iterable, Iterator, Mapping
from collections.abc import Set as AbstractSet
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING

from replaykit.model.coverage import FileCoverage
from replaykit.model.gate import ChangedFile
from replaykit.model.reached import Arc
from replaykit.rules.gaps import gaps

if TYPE_CHECKING:
    from coverage import Coverage

# An activity's body runs in no replay, and a script's start neither: no history could ever reach them.
NO_WORKFLOW_CODE = (r"@(\w+\.)*activity\.defn\b", r"^if __name__ == ")
# Decorators of what belongs to a workflow and that no replay runs.
_NEVER = {
    "query": "a query handler: no replay runs it",
    "validator": "a validator: no replay runs it",
}


def coverage_of(reached: Mapping[str, AbstractSet[Arc]], root: Path) -> tuple[FileCoverage, ...]:
    """Say how much of each file was reached; a file that is no Python source any more is left out.

    Args:
        reached: The arcs of each file, as seen from `root`; what importing it runs included.
        root: The directory that relative paths count from.
    """
    return tuple(_coverage(file, said, text) for file, said, text in _measured(reached, root))


def changed_code(
    reached: Mapping[str, AbstractSet[Arc]], changed: Mapping[str, AbstractSet[int]], root: Path
) -> tuple[ChangedFile, ...]:
    """Say which statements on changed lines were reached.

    Args:
        reached: As in `coverage_of`.
        changed: The changed lines of files, as seen from `root`; a file that no history could reach is left out.
        root: The directory that relative paths count from.
    """
    found = []
    for file, said, text in _measured({file: reached[file] for file in reached.keys() & changed.keys()}, root):
        executed, missing = _lines(said["executed_lines"]), _lines(said["missing_lines"])
        touched = _touched(text, executed + missing, changed[file])
        lost = sorted(touched & set(missing))
        found.append(
            ChangedFile(
                file=file,
                lines=tuple(sorted(touched)),
                reached=tuple(sorted(touched - set(lost))),
                # What lies between is reached or was not changed: it parts the stretches.
                gaps=gaps(executed + missing, lost, text.splitlines(), tuple(_never(text))),
            )
        )
    return tuple(one for one in found if one.lines)


def _touched(text: str, statements: Iterable[int], changed: AbstractSet[int]) -> set[int]:
    """Return the statements, by their first lines, of which some line has changed."""
    starts = set(statements)
    touched = starts & changed
    for node in ast.walk(ast.parse(text)):
        # A body's lines are statements of their own: only what stands before it belongs to this one.
        if isinstance(node, ast.stmt) and node.lineno in starts:
            body = getattr(node, "body", None)
            last = body[0].lineno - 1 if isinstance(body, list) and body else node.end_lineno or node.lineno
            if changed & set(range(node.lineno, last + 1)):
                touched.add(node.lineno)
    return touched


def _measured(reached: Mapping[str, AbstractSet[Arc]], root: Path) -> Iterator[tuple[str, dict[str, object], str]]:
    """Yield what the coverage package says of each file, and the file's text."""
    if not reached:
        return
    # It takes a tenth of a second, which a change that touches no workflow code should not pay.
    coverage = import_module("coverage")
    measured: Coverage = coverage.Coverage(data_file=None, config_file=False, branch=True)
    for pattern in NO_WORKFLOW_CODE:
        measured.exclude(pattern)
    # Coverage looks files up by their real paths.
    paths = {file: (root / file).resolve() for file in sorted(reached)}
    measured.get_data().add_arcs({str(path): list(reached[file]) for file, path in paths.items()})
    with tempfile.TemporaryDirectory(prefix="replaykit-") as directory:
        report = Path(directory) / "coverage.json"
        for file, path in paths.items():
            try:
                measured.json_report(morfs=[str(path)], outfile=str(report))
                text = path.read_text("utf-8")
            except (coverage.CoverageException, OSError, UnicodeDecodeError):
                continue
            [said] = json.loads(report.read_bytes())["files"].values()
            yield file, said, text


def _coverage(file: str, said: dict[str, object], text: str) -> FileCoverage:
    executed, missing = _lines(said["executed_lines"]), _lines(said["missing_lines"])
    taken, missed = _arcs(said["executed_branches"]), _arcs(said["missing_branches"])
    return FileCoverage(
        file=file,
        lines=len(executed) + len(missing),
        lines_reached=len(executed),
        branches=len(taken) + len(missed),
        branches_reached=len(taken),
        gaps=gaps(executed + missing, missing, text.splitlines(), tuple(_never(text))),
        # Where the line itself, or the one it would lead to, is missing, that is said already.
        branches_missed=tuple(arc for arc in missed if arc[0] not in missing and arc[1] not in missing),
    )


def _lines(said: object) -> list[int]:
    return [int(line) for line in said] if isinstance(said, list) else []


def _arcs(said: object) -> list[Arc]:
    return [(int(start), int(end)) for start, end in said] if isinstance(said, list) else []


def _never(text: str) -> Iterator[tuple[range, str]]:
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
            for decorator in node.decorator_list:
                called = decorator.func if isinstance(decorator, ast.Call) else decorator
                why = _NEVER.get(called.attr) if isinstance(called, ast.Attribute) else None
                if why:
                    yield range(node.lineno, (node.end_lineno or node.lineno) + 1), why
