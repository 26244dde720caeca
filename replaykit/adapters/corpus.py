"""History files are found below the paths a person gives, and written safely."""

import errno
import hashlib
import os
import re
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import orjson

from replaykit import __version__
from replaykit.adapters.history_file import IDENTITY_KEY, Document, identity_note, read_document
from replaykit.errors import CorpusUnwritable, HistoryError, PathMissing
from replaykit.model.case import Case, Judgement
from replaykit.model.verdict import Inconclusive

if TYPE_CHECKING:
    from replaykit.model.history import Identity

SUFFIX = ".json"
LONGEST_NAME = 120


def find(paths: Iterable[str], *, base: Path) -> Iterator[Case | Judgement]:
    """Yield each history file once, in sorted order below each path; a missing path as its judgement.

    Directories are searched whole, hidden entries left out.
    """
    seen: set[str] = set()
    for given in paths:
        path = base / given
        if not path.exists():
            yield _missing(given)
            continue
        found = _files_below(path, base) if path.is_dir() else [(str(path.resolve()), shown(path, base))]
        for resolved, name in found:
            if resolved not in seen:
                seen.add(resolved)
                yield Case(resolved, name)


def shown(path: Path, base: Path) -> str:
    """Write a path as a person standing in `base` would."""
    relative = os.path.relpath(path, base)
    return relative if not relative.startswith(os.pardir) else str(path)


def _files_below(directory: Path, base: Path) -> Iterator[tuple[str, str]]:
    """Yield each file, links followed, and how it is shown; links and names of a directory are looked at once."""
    for root, directories, files in os.walk(directory):
        directories[:] = sorted(name for name in directories if not name.startswith("."))
        real, there = os.path.realpath(root), shown(Path(root), base)
        for name in sorted(files):
            if name.endswith(SUFFIX) and not name.startswith("."):
                path = os.path.join(real, name)  # noqa: PTH118 - a Path for each of ten thousand files takes a second
                resolved = os.path.realpath(path) if os.path.islink(path) else path  # noqa: PTH114 - as above
                yield resolved, name if there == os.curdir else os.path.join(there, name)  # noqa: PTH118 - as above


def _missing(given: str) -> Judgement:
    error = PathMissing(
        f"{given} does not exist.",
        cause="no file or directory has this path",
        fix="check the path; histories come from: replaykit export WORKFLOW_ID",
    )
    return Judgement(Case(given, given), Inconclusive(error.problem), 0.0)


def write_safely(path: Path, content: bytes, *, check: Callable[[Path], object]) -> None:
    """Write a file whole or not at all: to a temporary file beside it, checked, then renamed.

    Raises:
        OSError: The directory cannot be made or written.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    # Opened like any other file, so that it gets the permissions the person's umask grants.
    temporary = path.with_name(f".{path.name[:LONGEST_NAME]}.{os.getpid()}.tmp")
    try:
        with temporary.open("wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        check(temporary)
        temporary.replace(path)
    except BaseException:
        temporary.unlink(missing_ok=True)
        raise


def file_for(out: Path, identity: "Identity", *, run_in: Callable[[Path], str | None] | None = None) -> Path:
    """Choose where a run's history goes: `<out>/<workflow type>/<workflow id>.json`.

    The same run goes to the same file again; another run of the same workflow id gets its run id into its name: the
    whole of it, for run ids begin with the time, so those of one minute begin alike.

    Args:
        out: The corpus.
        identity: Whose history it is.
        run_in: Tells the run id in a file, empty where it does not say, and None where the name is free; without it
            the file itself is asked.
    """
    tell = run_in or _run_in
    name = _file_name(identity.workflow_id)
    directory = out / _file_name(identity.workflow_type)
    plain = directory / f"{name}{SUFFIX}"
    if tell(plain) in {None, identity.run_id}:
        return plain
    return directory / f"{name}.{_file_name(identity.run_id)}{SUFFIX}"


def _file_name(text: str) -> str:
    # A workflow id may hold anything, "../" included. What had to be changed gets a digest, so that two ids that
    # read the same as file names stay two files.
    safe = re.sub(r"[^A-Za-z0-9._-]", "_", text).lstrip(".")[:LONGEST_NAME]
    if safe == text and safe:
        return safe
    return f"{safe or 'unnamed'}-{hashlib.sha256(text.encode()).hexdigest()[:8]}"


def _run_in(path: Path) -> str | None:
    if not path.exists():
        return None
    try:
        return identity_note(read_document(path)).get("runId", "")
    except HistoryError:
        return ""


def noted(events: Document, identity: "Identity", **said: str) -> Document:
    """Put beside a history's events the identity that they do not hold, and what else is `said` of the file."""
    note = {
        "exportedBy": f"replaykit {__version__}",
        "namespace": identity.namespace,
        "runId": identity.run_id,
        "taskQueue": identity.task_queue,
        "workflowId": identity.workflow_id,
        "workflowType": identity.workflow_type,
        **said,
    }
    return {**events, IDENTITY_KEY: note}


def to_bytes(document: Document) -> bytes:
    """Write a noted history in Temporal's own JSON form."""
    # Forty times as fast as the standard library's, whose encoder with indentation is written in Python.
    return orjson.dumps(document, option=orjson.OPT_INDENT_2 | orjson.OPT_SORT_KEYS | orjson.OPT_APPEND_NEWLINE)


def text_of(events: Document, identity: "Identity") -> str:
    """Write a history as the server holds it, with its identity."""
    return to_bytes(noted(events, identity)).decode()


def put(path: Path, content: bytes) -> None:
    """Write a history that was made from events just now: what is on the disk is that content, to the byte.

    Raises:
        CorpusUnwritable: The directory cannot be made or written, or does not keep what is written.
    """

    def check(temporary: Path) -> None:
        if temporary.read_bytes() != content:
            raise OSError(errno.EIO, "what was written does not read back")

    try:
        write_safely(path, content, check=check)
    except OSError as error:
        raise _unwritable(path, error) from None


def save(path: Path, text: str) -> None:
    """Write a history that reads back as one; nothing is left behind where it does not.

    Raises:
        HistoryError: The text is no valid history.
        CorpusUnwritable: The directory cannot be made or written.
    """
    try:
        write_safely(path, text.encode(), check=read_document)
    except OSError as error:
        raise _unwritable(path, error) from None


def _unwritable(path: Path, error: OSError) -> CorpusUnwritable:
    return CorpusUnwritable(
        f"{path} cannot be written.",
        cause=error.strerror or type(error).__name__,
        fix="choose a directory you may write to: --out DIR",
    )
