"""Files that are as they were need not be read again: what the file system says of them tells, as in git's index."""

import hashlib
import os
import time
from collections.abc import Mapping
from typing import TypeAlias

from replaykit.adapters.plain_files import opened

# Size, time of the last change of the content and of anything else, both in nanoseconds, the file's number, its digest.
Entry: TypeAlias = tuple[int, int, int, int, str]
# A file that was changed as it was read may be changed once more in the same tick of its file system's clock. The
# coarsest ticks every two seconds; git calls such entries racily clean.
_SETTLED_AFTER = 2_000_000_000


class SeenFiles:
    """Digests of files, each read where nobody has seen it as it is."""

    def __init__(self, known: Mapping[str, object]) -> None:
        """Take what earlier runs have seen, by absolute paths; whatever is no entry is not used."""
        self._known = known
        self.seen: dict[str, Entry] = {}
        self.is_news = False

    def digest(self, path: str) -> str | None:
        """Return the SHA-256 of a file's content, None where it cannot be read."""
        try:
            found = os.stat(path)  # noqa: PTH116 - there may be ten thousand
            now = (found.st_size, found.st_mtime_ns, found.st_ctime_ns, found.st_ino)
            match self._known.get(path):
                case [*before, str(digest)] if tuple(before) == now:
                    self.seen[path] = (*now, digest)
                    return digest
            with opened(path) as file:
                digest = hashlib.file_digest(file, "sha256").hexdigest()
        except OSError:
            return None
        if max(found.st_mtime_ns, found.st_ctime_ns) < time.time_ns() - _SETTLED_AFTER:
            self.seen[path] = (*now, digest)
            self.is_news = True
        return digest
