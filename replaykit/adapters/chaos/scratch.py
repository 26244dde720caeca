"""The files of a sweep are kept in memory, where the system has a place for that."""

import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

MEMORY = Path("/dev/shm")  # noqa: S108 - only for a directory that nobody else may read
# Bytes; a container's is as small as 64 MB.
ROOM = 2**30


@contextmanager
def scratch() -> Iterator[Path]:
    """Make a directory that is gone after the block; where TMPDIR says, if it does.

    Each row of a ledger is synced as it is written. In memory it outlives SIGKILL as it does on a disk, which takes a
    millisecond or two for it, and meanwhile the whole event loop waits.
    """
    with tempfile.TemporaryDirectory(prefix="replaykit-chaos-", dir=_in_memory()) as directory:
        yield Path(directory)


def _in_memory() -> Path | None:
    if os.environ.get("TMPDIR") or not MEMORY.is_dir() or not os.access(MEMORY, os.W_OK | os.X_OK):
        return None
    return MEMORY if shutil.disk_usage(MEMORY).free >= ROOM else None
