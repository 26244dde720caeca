"""Histories a second: `replaykit replay` against the plain SDK loop, both cold, turn by turn."""

import importlib.metadata
import json
import os
import platform
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from tests.benchmarks.corpus import Corpus

ROOT = Path(__file__).parents[2]
# Clean, findings, inconclusive: each a whole report.
REPORTED = (0, 1, 3)


@dataclass(frozen=True, slots=True)
class Run:
    """One run of a whole process: seconds by the clock, CPU seconds with all its children, histories not clean."""

    wall: float
    cpu: float
    flagged: int


@dataclass(frozen=True, slots=True)
class Round:
    """Both sides, one after the other."""

    plain: Run
    replaykit: Run

    @property
    def ratio(self) -> float:
        """How many times as fast replaykit was."""
        return self.plain.wall / self.replaykit.wall


def machine() -> str:
    """Name the machine and what runs on it, for a table to quote."""
    versions = ", ".join(f"{name} {importlib.metadata.version(name)}" for name in ("temporalio", "protobuf"))
    return f"{os.cpu_count()} cores, {platform.machine()}, Python {platform.python_version()}, {versions}"


def replay_command(corpus: Corpus, processes: int) -> list[str]:
    """Write the command that replays a corpus."""
    options = ["--processes", str(processes), "--format", "json", "--deadline", "300"]
    return [sys.executable, "-m", "replaykit", "replay", str(corpus.directory), *options]


def measure(
    corpus: Corpus,
    workflows: Sequence[str],
    *,
    rounds: int,
    processes: int,
    project: Path,
    seen: Callable[[Round], None],
) -> list[Round]:
    """Run both sides in turn, replaykit in `project`; every other round begins with the other side.

    Raises:
        SystemExit: A side did not replay the whole corpus.
    """
    plain = [sys.executable, "-m", "tests.benchmarks.plain_loop", str(corpus.directory), *workflows]
    sides = {
        "plain": lambda: _timed(plain, ROOT, lambda out: _plain_count(out, corpus)),
        "replaykit": lambda: _timed(
            replay_command(corpus, processes), project, lambda out: _replaykit_count(out, corpus)
        ),
    }
    found = []
    for number in range(rounds):
        order = list(sides) if number % 2 == 0 else list(reversed(sides))
        runs = {side: sides[side]() for side in order}
        found.append(Round(runs["plain"], runs["replaykit"]))
        seen(found[-1])
    return found


def median(rounds: Sequence[Round], value: Callable[[Round], float]) -> float:
    """Return the median over rounds."""
    return statistics.median(value(one) for one in rounds)


def _timed(command: Sequence[str], directory: Path, flagged: Callable[[str], int]) -> Run:
    before = os.times()
    started = time.perf_counter()
    ended = subprocess.run(command, cwd=directory, capture_output=True, text=True, check=False)
    wall = time.perf_counter() - started
    after = os.times()
    if ended.returncode not in REPORTED:
        message = f"{' '.join(command[:4])} exited with {ended.returncode}:\n{ended.stdout[-2000:]}\n{ended.stderr}"
        raise SystemExit(message)
    cpu = after.children_user + after.children_system - before.children_user - before.children_system
    return Run(wall, cpu, flagged(ended.stdout))


def _plain_count(out: str, corpus: Corpus) -> int:
    replayed, failed = map(int, out.split())
    return _whole(replayed, failed, corpus)


def _replaykit_count(out: str, corpus: Corpus) -> int:
    verdicts = [entry["verdict"] for entry in json.loads(out)["histories"]]
    return _whole(len(verdicts), sum(verdict != "clean" for verdict in verdicts), corpus)


def _whole(replayed: int, flagged: int, corpus: Corpus) -> int:
    if replayed != corpus.histories:
        message = f"{replayed} of {corpus.histories} histories were replayed"
        raise SystemExit(message)
    return flagged
