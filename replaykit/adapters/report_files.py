"""Files of reports: whether they can be written is asked before the work, and they are written whole or not at all."""

from pathlib import Path

from replaykit.adapters.corpus import write_safely
from replaykit.errors import ReportUnwritable


def prepare(path: Path) -> None:
    """Make the directory of a report, so that hours of work are not lost to a path that was mistyped.

    Raises:
        ReportUnwritable: There can be no such file.
    """
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise _unwritable(path, error.strerror or type(error).__name__) from None
    if path.is_dir():
        raise _unwritable(path, "it is a directory")


def write(path: Path, text: str) -> None:
    """Write a report.

    Raises:
        ReportUnwritable: The file cannot be written; what was there before is still there.
    """
    content = text.encode("utf-8", "backslashreplace")
    try:
        write_safely(path, content, check=lambda temporary: temporary.stat())
    except OSError as error:
        raise _unwritable(path, error.strerror or type(error).__name__) from None


def _unwritable(path: Path, cause: str) -> ReportUnwritable:
    return ReportUnwritable(
        f"{path} cannot be written.",
        cause=cause,
        fix="name a file in a directory you may write to",
    )
