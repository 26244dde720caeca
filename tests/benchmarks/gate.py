"""`python -m tests.benchmarks.gate`: a gate over a corpus against the plain SDK loop over the same one.

In one run: the plain loop, before and after all else; the gate with nothing cached, which replays the corpus with base
and head; with all cached and nothing changed, the median of several; and with one of seven workflows changed where no
history goes, so that its histories alone are replayed again. The verdicts of all gates are compared.
"""

import argparse
import json
import re
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from statistics import mean
from typing import TypeVar

from tests.benchmarks import corpus, speed
from tests.corpora import stored
from tests.gate.repository import Repository
from tests.stories import settings, source

WORKFLOWS = 7
COLD, UNCHANGED = 3.0, 100.0
UNCHANGED_ROUNDS = 7
T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Took:
    """Seconds of a whole command, and of CPU time with all that it started: a busy machine adds to the first."""

    seconds: float
    cpu: float


@dataclass(frozen=True, slots=True)
class Gated:
    """One gate: what it took, and the standing of each history."""

    took: Took
    standings: dict[str, str]
    cached: int


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks.gate", description=__doc__)
    parser.add_argument("--histories", type=int, metavar="N", default=1000, help="histories (default: %(default)s)")
    parser.add_argument("--processes", type=int, metavar="N", default=2, help="replay processes (default: %(default)s)")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="replaykit-benchmark-") as directory:
        there = Path(directory)
        repository = _project(there, options.histories, options.processes)
        say(speed.machine(), f"{options.histories} histories of {WORKFLOWS} workflows")
        loops = [_plain(repository, options.histories)]
        cold = _gate(repository)
        # Half a second is as long as the machine makes it: the median of several is compared.
        warm = sorted((_gate(repository) for _ in range(UNCHANGED_ROUNDS)), key=lambda one: one.took.seconds)
        unchanged = warm[UNCHANGED_ROUNDS // 2]
        text = (repository.directory / "order0.py").read_text("utf-8")
        repository.write({"order0.py": f"{text}\n\ndef unused() -> None:\n    pass\n"})
        one = _gate(repository)
        whole = _gate(repository, "--no-cache")
        loops.append(_plain(repository, options.histories))
        plain = Took(mean(loop.seconds for loop in loops), mean(loop.cpu for loop in loops))
        say(_row("plain SDK loop, one process, before and after", plain, plain, _both(loops)))
        say(_row("gate, cold: base and head", cold.took, plain, f"goal: at least {COLD:g}"))
        fastest, slowest = warm[0].took.seconds, warm[-1].took.seconds
        goal = f"goal: at least {UNCHANGED:g}   ({UNCHANGED_ROUNDS} rounds: {fastest:.2f} to {slowest:.2f} s)"
        say(_row(f"gate, nothing changed ({unchanged.cached} cached)", unchanged.took, plain, goal))
        say(_row(f"gate, one of {WORKFLOWS} changed ({one.cached} cached)", one.took, plain, ""))
        say(_row("gate, the same, --no-cache", whole.took, plain, ""))
        same = len({json.dumps(each.standings, sort_keys=True) for each in (cold, *warm, one, whole)}) == 1
        say(f"verdicts of all gates: {'the same' if same else 'NOT the same'}")


def _both(loops: list[Took]) -> str:
    return f"({' and '.join(f'{loop.seconds:.2f}' for loop in loops)} s)"


def _project(there: Path, histories: int, processes: int) -> Repository:
    names = [f"order{number}" for number in range(WORKFLOWS)]
    files: dict[str, str] = {"pyproject.toml": settings(*names, processes=processes)}
    recordings = there / "recordings"
    recordings.mkdir()
    for number, name in enumerate(names):
        files[f"{name}.py"] = re.sub(r"\b(Order|Parcel)\b", rf"\g<1>{number}", source("order"))
        recorded = re.sub(r'"(Order|Parcel)"', rf'"\g<1>{number}"', stored("order-1"))
        (recordings / f"{name}.json").write_text(recorded, "utf-8")
    repository = Repository.of(there, files)
    corpus.make(recordings, repository.directory / "histories", histories=histories)
    repository.commit("histories")
    return repository


def _plain(repository: Repository, histories: int) -> Took:
    workflows = [f"order{number}:Order{number}" for number in range(WORKFLOWS)]
    module = Path(__file__).with_name("plain_loop.py")
    done, took = _timed(
        lambda: subprocess.run(
            [sys.executable, str(module), "histories", *workflows],
            cwd=repository.directory, capture_output=True, text=True, check=True,
        )
    )  # fmt: skip
    if done.stdout.split() != [str(histories), "0"]:
        message = f"the plain loop replayed: {done.stdout}{done.stderr[-2000:]}"
        raise SystemExit(message)
    return took


def _timed(run: Callable[[], T]) -> tuple[T, Took]:
    started, before = time.perf_counter(), resource.getrusage(resource.RUSAGE_CHILDREN)
    done = run()
    seconds, after = time.perf_counter() - started, resource.getrusage(resource.RUSAGE_CHILDREN)
    return done, Took(seconds, after.ru_utime - before.ru_utime + after.ru_stime - before.ru_stime)


def _gate(repository: Repository, *options: str) -> Gated:
    # The command alone: what tests look at once it has ended, every file that is there, is no part of a gate.
    command = [sys.executable, "-m", "replaykit", "gate", "--base", "main", "histories", "--format", "json", *options]
    done, took = _timed(
        lambda: subprocess.run(command, cwd=repository.directory, capture_output=True, text=True, check=False)
    )
    if done.returncode not in speed.REPORTED:
        raise SystemExit(done.stderr)
    report = json.loads(done.stdout)
    return Gated(took, {one["path"]: one["standing"] for one in report["histories"]}, int(report["effort"]["cached"]))


def _row(name: str, took: Took, plain: Took, goal: str) -> str:
    times = f"{plain.seconds / took.seconds:7.2f} times the plain loop"
    return f"{name:<46}{took.seconds:8.2f} s   CPU {took.cpu:7.2f} s   {times}   {goal}".rstrip()


def say(*lines: str) -> None:
    """Print lines as soon as they are known."""
    for line in lines:
        sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    main()
