"""Idle plugin cost: what a pytest run pays that has replaykit installed and does not use it."""

import os
import resource
import statistics
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

EMPTY = "def test_nothing():\n    pass\n"
WITHOUT = ("-p", "no:replaykit")


@dataclass(frozen=True, slots=True)
class PluginCost:
    """Milliseconds of a whole run without the plugin, what it adds, what it spends inside, and what it loads.

    `added` and `added_cpu` are medians of paired differences, by the clock and in CPU time: other load on the machine
    moves the first more than the second.
    """

    pairs: int
    without: float
    added: float
    added_cpu: float
    inside: float
    loads_temporalio: bool


def measure(directory: Path, *, pairs: int, seen: Callable[[float], None]) -> PluginCost:
    """Run pytest on an empty test file with and without the plugin, turn by turn."""
    directory.mkdir(parents=True)
    (directory / "test_empty.py").write_text(EMPTY, "utf-8")
    (directory / "pytest.ini").write_text("[pytest]\n", "utf-8")
    pytest = ("-m", "pytest", "-q", "-p", "no:cacheprovider", "test_empty.py")
    for options in (WITHOUT, ()):
        _milliseconds(directory, *pytest, *options)  # the first run writes the .pyc files
    base: list[float] = []
    added: list[float] = []
    added_cpu: list[float] = []
    for number in range(pairs):
        # Every other pair begins with the other side.
        order = (WITHOUT, ()) if number % 2 == 0 else ((), WITHOUT)
        took = {options: _milliseconds(directory, *pytest, *options) for options in order}
        (base_wall, base_cpu), (wall, cpu) = took[WITHOUT], took[()]
        base.append(base_wall)
        added.append(wall - base_wall)
        added_cpu.append(cpu - base_cpu)
        seen(added[-1])
    inside, loads = _inside(directory, runs=max(3, pairs // 4))
    return PluginCost(
        pairs, statistics.median(base), statistics.median(added), statistics.median(added_cpu), inside, loads
    )


def _inside(directory: Path, *, runs: int) -> tuple[float, bool]:
    found = [
        _run(directory, "-m", "tests.benchmarks.plugin_probe", "test_empty.py").stdout.split()[-2:] for _ in range(runs)
    ]
    return statistics.median(float(inside) for inside, _ in found), any(loads == "True" for _, loads in found)


def _milliseconds(directory: Path, *arguments: str) -> tuple[float, float]:
    before, started = _cpu(), time.perf_counter()
    _run(directory, *arguments)
    return (time.perf_counter() - started) * 1000, (_cpu() - before) * 1000


def _cpu() -> float:
    # os.times counts in hundredths of a second.
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def _run(directory: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    root = str(Path(__file__).parents[2])
    return subprocess.run(
        [sys.executable, *arguments],
        cwd=directory,
        env={**os.environ, "PYTHONPATH": root},
        capture_output=True,
        text=True,
        check=True,
    )
