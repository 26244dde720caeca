"""The lines of the team's code that a replay reaches are measured with the coverage package."""

import contextlib
import glob
import importlib
import sys
from collections.abc import Iterator
from pathlib import Path, PurePath
from typing import TYPE_CHECKING

from replaykit.adapters.user_files import is_user_file
from replaykit.config import Config
from replaykit.model.reached import Reached

if TYPE_CHECKING:
    from coverage import Coverage

# Whatever else lies below the project's directories is not the team's workflow code.
_ELSEWHERE = ("*/site-packages/*", "*/dist-packages/*", f"{glob.escape(str(Path(__file__).parents[1]))}/*")
# Asking for too little, or for what is not there, is no reason to warn: the pool keeps stderr for last words.
_QUIET = ["no-data-collected", "include-ignored", "trace-changed", "already-imported"]
# So many stretches are kept before all are forgotten at once: that makes a new database in memory.
_KEPT = 100


class Meter:
    """Measures stretches of code that run on this thread, and hands over what they reached."""

    def __init__(self, config: Config, coverage: "Coverage") -> None:
        """Take the settings, and the coverage package's own object; `meter_for` makes one that measures."""
        self._root = Path(config.root).resolve()
        self._coverage = coverage
        self._imported: dict[str, frozenset[tuple[int, int]]] = {}
        self._stretch = 0

    @contextlib.contextmanager
    def measuring(self) -> Iterator[None]:
        """Measure what runs inside."""
        self._coverage.start()
        try:
            yield
        finally:
            self._coverage.stop()

    def take(self) -> Reached:
        """Return what was reached since the last time, without what `imported` was told of."""
        found = []
        for name, arcs in self._collected().items():
            new = arcs - self._imported.get(name, frozenset())
            if new:
                found.append((self.relative(name), tuple(sorted(new))))
        return Reached(tuple(sorted(found)))

    def imported(self) -> Reached:
        """Return what was reached so far as what importing the code runs: from here on it tells nothing."""
        self._imported = self._collected()
        return Reached(
            tuple(sorted((self.relative(name), tuple(sorted(arcs))) for name, arcs in self._imported.items()))
        )

    def relative(self, name: str) -> str:
        """Write a file's path as seen from the project, if it lies there."""
        path = PurePath(name)
        return path.relative_to(self._root).as_posix() if path.is_relative_to(self._root) else path.as_posix()

    def _collected(self) -> dict[str, frozenset[tuple[int, int]]]:
        data = self._coverage.get_data()
        # Each stretch is a context of its own.
        data.set_query_context(self._context)
        arcs = {name: frozenset(data.arcs(name) or ()) for name in data.measured_files() if is_user_file(name)}
        self._stretch += 1
        if self._stretch % _KEPT == 0:
            # Erasing the Coverage object instead would also forget which files are whose: ten times as slow.
            data.erase()
        data.set_context(self._context)
        return {name: said for name, said in arcs.items() if said}

    @property
    def _context(self) -> str:
        """The name of the stretch; the first one has none, as where nobody asks for contexts."""
        return str(self._stretch) if self._stretch else ""


def meter_for(config: Config) -> Meter | None:
    """Make a meter of the code below the project's directories, or none where nothing can be measured.

    A debugger, or another coverage, that traces this process already would be cut off, or would cut this one off.
    """
    if _traced():
        return None
    # It takes a tenth of a second, which no other replay should pay.
    coverage = importlib.import_module("coverage")
    below = {Path(path).resolve() for path in (*config.python_path, config.root)}
    measured: Coverage = coverage.Coverage(
        data_file=None,
        config_file=False,
        branch=True,
        include=[f"{glob.escape(str(path))}/*" for path in sorted(below)],
        omit=list(_ELSEWHERE),
    )
    # sys.monitoring and the SDK's sandbox hang together on Python 3.14, where it is the default.
    measured.set_option("run:core", "ctrace")
    measured.set_option("run:disable_warnings", _QUIET)
    try:
        measured.start()
        measured.stop()
    except coverage.CoverageException:
        # There is no C tracer for this interpreter; the one in Python is too slow to replay with.
        return None
    return Meter(config, measured)


def _traced() -> bool:
    if sys.gettrace() is not None:
        return True
    if sys.version_info >= (3, 12):
        tools = (sys.monitoring.COVERAGE_ID, sys.monitoring.DEBUGGER_ID)
        return any(sys.monitoring.get_tool(tool) is not None for tool in tools)
    return False
