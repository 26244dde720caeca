"""What a corpus reaches of the workflow code, file by file, and what it does not."""

import ast
import json
import tempfile
from collections.abc import Iterator, Mapping
from collections.abc import Set as AbstractSet
from pathlib import Path

from coverage import Coverage
from coverage.exceptions import CoverageException

from replaykit.model.corpus import FileCoverage
from replaykit.model.shape import Arc
from replaykit.rules.stats import gaps

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
    measured = Coverage(data_file=None, config_file=False, branch=True)
    for pattern in NO_WORKFLOW_CODE:
        measured.exclude(pattern)
    # Coverage looks files up by their real paths.
    paths = {file: (root / file).resolve() for file in sorted(reached)}
    measured.get_data().add_arcs({str(path): list(reached[file]) for file, path in paths.items()})
    found = []
    with tempfile.TemporaryDirectory(prefix="replaykit-") as directory:
        report = Path(directory) / "coverage.json"
        for file, path in paths.items():
            try:
                measured.json_report(morfs=[str(path)], outfile=str(report))
                text = path.read_text("utf-8")
            except (CoverageException, OSError, UnicodeDecodeError):
                continue
            [said] = json.loads(report.read_bytes())["files"].values()
            found.append(_coverage(file, said, text))
    return tuple(found)


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
