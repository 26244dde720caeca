"""What a replay process reads of the project is heard from the interpreter itself, through an audit hook."""

import importlib.util
import os
import sys
import sysconfig
from importlib.machinery import FileFinder
from pathlib import Path
from typing import Any

from replaykit.model.witness import Read

_PACKAGE = str(Path(__file__).parents[1])
_STDLIB = tuple({sysconfig.get_paths()[name] for name in ("stdlib", "platstdlib")})
_ELSEWHERE = ("/proc/", "/sys/", "/dev/")
_INSTALLED = frozenset({"site-packages", "dist-packages"})
# What makes a replay hang on more than on the files it reads.
_DOUBTFUL = {
    "os.listdir": "it lists a directory",
    "os.scandir": "it lists a directory",
    "subprocess.Popen": "it starts a program",
    "os.system": "it starts a program",
    "os.posix_spawn": "it starts a program",
    "socket.connect": "it opens a connection",
    "sqlite3.connect": "it opens a database",
}
_LISTING = frozenset({"os.listdir", "os.scandir"})


class Touched:
    """Hears what this process reads from the moment it is made; an audit hook cannot be taken away again."""

    def __init__(self) -> None:
        """Begin to listen; what is loaded already is taken note of."""
        self._files = {file for module in tuple(sys.modules.values()) if (file := _file_of(module))}
        finders = [finder for finder in sys.path_importer_cache.values() if isinstance(finder, FileFinder)]
        self._directories = {finder.path for finder in finders}
        self._doubts: set[str] = set()
        sys.addaudithook(self._heard)

    def take(self, *, without: str = "") -> Read:
        """Return what was read since the last time; `without` is the path of a file that does not count."""
        self._files.update(file for module in tuple(sys.modules.values()) if (file := _file_of(module)))
        files = {_absolute(file) for file in self._files} - {without}
        directories = {_absolute(path) for path in self._directories}
        doubts = tuple(sorted(self._doubts))
        self._files, self._directories, self._doubts = set(), set(), set()
        return Read(
            tuple(sorted(file for file in files if not _is_installed(file))),
            tuple(sorted(path for path in directories if not _is_installed(path))),
            doubts,
        )

    def _heard(self, event: str, arguments: tuple[Any, ...]) -> None:
        if event == "open":
            if isinstance(arguments[0], (str, bytes)):
                self._files.add(os.fsdecode(arguments[0]))
        elif event in _DOUBTFUL:
            self._doubt(event, arguments)

    def _doubt(self, event: str, arguments: tuple[Any, ...]) -> None:
        if event not in _LISTING:
            # The coverage package keeps its data in a database in memory.
            if not _in_memory(arguments):
                self._doubts.add(_DOUBTFUL[event])
            return
        listed = _absolute(os.fsdecode(arguments[0] or ".")) if not isinstance(arguments[0], int) else ""
        # The frame above the hook is whoever caused the event.
        if sys._getframe(2).f_code.co_filename.startswith("<frozen importlib"):  # noqa: SLF001 - the documented way to the caller's frame
            self._directories.add(listed)
        elif not _is_installed(listed):
            self._doubts.add(_DOUBTFUL[event])


def move(directory: str, to: str) -> None:
    """Let imports look below another directory wherever they would look below this one."""
    sys.path[:] = [_moved(entry, directory, to) for entry in sys.path]
    sys.path_importer_cache.clear()


def _moved(entry: str, directory: str, to: str) -> str:
    path = Path(entry).absolute()
    if not entry or not path.is_relative_to(directory) or _is_installed(str(path)):
        return entry
    return str(Path(to) / path.relative_to(directory))


def _in_memory(arguments: tuple[Any, ...]) -> bool:
    name = str(arguments[0]) if arguments else ""
    return name == ":memory:" or (name.startswith("file:coverage-") and "mode=memory" in name)


def _file_of(module: object) -> str | None:
    file = getattr(module, "__file__", None)
    return file if isinstance(file, str) else None


def _absolute(path: str) -> str:
    """Write a path whole, and bytecode as the source that it was made of."""
    whole = os.path.abspath(path)  # noqa: PTH100 - a link stays a link: its place is what an import looks at
    if not whole.endswith(".pyc"):
        return whole
    try:
        source = importlib.util.source_from_cache(whole)
    except (ValueError, NotImplementedError):
        # No bytecode of an import: a name that Python does not give, or an interpreter that keeps none beside sources.
        return whole
    return source


def _is_installed(path: str) -> bool:
    """Say whether a file belongs to what is installed, which versions tell, or to the machine."""
    if path == _PACKAGE or path.startswith(("<", *_ELSEWHERE, _PACKAGE + os.sep)):
        return True
    if any(path == place or path.startswith(place + os.sep) for place in _STDLIB):
        return True
    return not _INSTALLED.isdisjoint(Path(path).parts)
