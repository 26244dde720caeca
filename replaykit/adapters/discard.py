"""Files of a corpus are taken away, if nothing has changed since they were looked at."""

from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import NamedTuple

from replaykit.errors import CorpusChanged, CorpusUnwritable


class Look(NamedTuple):
    """What a file was when it was looked at: enough to notice that it is another by now."""

    size: int
    changed: int


def look_at(path: Path) -> Look:
    """Look at a file; one that is not there is 0 bytes large."""
    try:
        found = path.stat()
    except OSError:
        return Look(0, 0)
    return Look(found.st_size, found.st_mtime_ns)


def discard(names: Iterable[str], looks: Mapping[str, Look], *, base: Path) -> Iterator[str]:
    """Delete files one after the other, yielding each name; all others of `looks` must be as they were.

    Killed in the middle it has deleted only what the others cover: the corpus covers no less than before.

    Raises:
        CorpusChanged: A file is another than it was, so what covers what is no longer known; nothing is deleted.
        CorpusUnwritable: A file cannot be deleted.
    """
    for name, look in looks.items():
        if look_at(base / name) != look:
            raise CorpusChanged(
                f"{name} has changed while the corpus was surveyed.",
                cause="another program wrote or deleted it; nothing was deleted",
                fix="run the same command again",
            )
    for name in names:
        try:
            # A link is deleted, never what it leads to.
            (base / name).unlink()
        except OSError as error:
            raise CorpusUnwritable(
                f"{name} cannot be deleted.",
                cause=error.strerror or type(error).__name__,
                fix="check the permissions of its directory; what was deleted before was covered by the others",
            ) from None
        yield name
