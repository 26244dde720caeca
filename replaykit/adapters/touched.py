"""What a replay process reads of the project is heard from the interpreter itself, through an audit hook."""

import contextlib
import importlib.util
import operator
import os
import sys
import sysconfig
from collections.abc import Iterator
from importlib.machinery import FileFinder
from pathlib import Path
from typing import TYPE_CHECKING, Any

from replaykit.model.witness import Read

if TYPE_CHECKING:
    from types import ModuleType

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
    """Hears what this process reads from the moment it is made; an audit hook cannot be taken away again.

    What was read once may be remembered by the code that read it, so it counts from then on for all that follows.
    """

    def __init__(self) -> None:
        """Begin to listen; what is loaded already is taken note of."""
        self._heard_files: set[str] = set()
        self._heard_directories: set[str] = set()
        self._modules: dict[str, ModuleType] = {}
        # What was heard by the paths that count, as far as it has been looked at.
        self._files: dict[str, str | None] = {}
        self._directories: dict[str, str | None] = {}
        self._doubts: set[str] = set()
        self._read = Read()
        finders = [finder for finder in sys.path_importer_cache.values() if isinstance(finder, FileFinder)]
        self._heard_directories.update(finder.path for finder in finders)
        sys.addaudithook(self._heard)

    def read(self) -> Read:
        """Return all that was read so far."""
        self._look_at_modules()
        files = self._new(self._heard_files, self._files)
        directories = self._new(self._heard_directories, self._directories)
        if files or directories or len(self._doubts) != len(self._read.doubts):
            self._read = Read(_counting(self._files), _counting(self._directories), tuple(sorted(self._doubts)))
        return self._read

    @contextlib.contextmanager
    def apart_from(self, path: str) -> Iterator[None]:
        """Let the reading of one file inside not count, unless something else has read it before."""
        known = path in self._heard_files
        try:
            yield
        finally:
            if not known:
                self._heard_files.discard(path)

    def _look_at_modules(self) -> None:
        """Take note of modules that are new, and of those that took the place of others."""
        modules = sys.modules.copy()
        if modules.keys() == self._modules.keys() and all(map(operator.is_, modules.values(), self._modules.values())):
            return
        for name, module in modules.items():
            if self._modules.get(name) is not module and (file := _file_of(module)):
                self._heard_files.add(file)
        self._modules = modules

    @staticmethod
    def _new(heard: set[str], known: dict[str, str | None]) -> bool:
        """Look at what was heard since the last time; say whether any of it counts."""
        if len(heard) == len(known):
            return False
        new = {path: None if _is_installed(whole := _absolute(path)) else whole for path in heard - known.keys()}
        known.update(new)
        return any(new.values())

    def _heard(self, event: str, arguments: tuple[Any, ...]) -> None:
        if event == "open":
            if isinstance(arguments[0], (str, bytes)):
                self._heard_files.add(os.fsdecode(arguments[0]))
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
            self._heard_directories.add(listed)
        elif not _is_installed(listed):
            self._doubts.add(_DOUBTFUL[event])


def _counting(known: dict[str, str | None]) -> tuple[str, ...]:
    return tuple(sorted({path for path in known.values() if path is not None}))


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
