"""Files are read, and nothing else: a pipe would be waited for, a device never ends."""

import errno
import os
import stat
from io import FileIO

_NO_FILE = "it is a pipe or a device, and no file"


def opened(path: str | os.PathLike[str]) -> FileIO:
    """Open a file to be read, unbuffered.

    Raises:
        OSError: There is none, it may not be read, or it is none.
    """
    file = FileIO(path, "r", opener=_without_waiting)
    if not stat.S_ISREG(os.fstat(file.fileno()).st_mode):
        file.close()
        raise OSError(errno.EINVAL, _NO_FILE, os.fspath(path))
    return file


def content_of(path: str | os.PathLike[str]) -> bytes:
    """Read a whole file.

    Raises:
        OSError: As `opened`.
    """
    with opened(path) as file:
        return file.read()


def _without_waiting(path: str, flags: int) -> int:
    # A pipe that nobody writes to would be waited for before anything can be asked about it.
    return os.open(path, flags | getattr(os, "O_NONBLOCK", 0))
