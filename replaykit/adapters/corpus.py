"""History files are found below the paths a person gives, and written safely."""

import os
import tempfile
from collections.abc import Iterable, Iterator
from pathlib import Path

from replaykit.errors import PathMissing
from replaykit.model.case import Case, Judgement
from replaykit.model.verdict import Inconclusive

SUFFIX = ".json"


def find(paths: Iterable[str], *, base: Path) -> Iterator[Case | Judgement]:
    """Yield each history file once, in sorted order below each path; a missing path as its judgement.

    Directories are searched whole, hidden entries left out.
    """
    seen: set[Path] = set()
    for given in paths:
        path = base / given
        if not path.exists():
            yield _missing(given)
            continue
        for file in [path] if not path.is_dir() else _files_below(path):
            resolved = file.resolve()
            if resolved not in seen:
                seen.add(resolved)
                yield Case(str(resolved), shown(file, base))


def shown(path: Path, base: Path) -> str:
    """Write a path as a person standing in `base` would."""
    relative = os.path.relpath(path, base)
    return relative if not relative.startswith(os.pardir) else str(path)


def _files_below(directory: Path) -> Iterator[Path]:
    for root, directories, files in os.walk(directory):
        directories[:] = sorted(name for name in directories if not name.startswith("."))
        for name in sorted(files):
            if name.endswith(SUFFIX) and not name.startswith("."):
                yield Path(root) / name


def _missing(given: str) -> Judgement:
    error = PathMissing(
        f"{given} does not exist.",
        cause="no file or directory has this path",
        fix="check the path; histories come from: replaykit export WORKFLOW_ID",
    )
    return Judgement(Case(given, given), Inconclusive(error.problem), 0.0)


def write_safely(path: Path, text: str) -> None:
    """Write a file whole or not at all: to a temporary file beside it, then renamed.

    Raises:
        OSError: The directory cannot be made or written.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, temporary = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.", suffix=".tmp")
    try:
        with os.fdopen(handle, "w", encoding="utf-8") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        Path(temporary).replace(path)
    except BaseException:
        Path(temporary).unlink(missing_ok=True)
        raise
