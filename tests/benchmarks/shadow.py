"""`python -m tests.benchmarks.shadow`: histories a second that a shadow judges with one worker process and with two."""

import argparse
import asyncio
import contextlib
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from replaykit.adapters.orders import address_of
from tests.benchmarks.digest import EVENTS
from tests.benchmarks.filled import filled_server
from tests.benchmarks.speed import ROOT, machine

GOAL_RATIO = 1.5
QUERY = "WorkflowType = 'Digest'"
LONGEST = 120.0


@dataclass(frozen=True, slots=True)
class Round:
    """What one shadow came to."""

    histories: int
    clean: int
    seconds: float

    @property
    def rate(self) -> float:
        """Histories a second."""
        return self.histories / self.seconds


@dataclass(frozen=True, slots=True)
class Place:
    """A directory to stand in, and a server."""

    directory: Path
    address: str
    shard: int

    @contextlib.contextmanager
    def workers(self, number: int, queue: str) -> Iterator[None]:
        """Run workers of one replay process each."""
        options = ("--task-queue", queue, "--processes", "1", "--rps", "100000", "-w", "tests.benchmarks.digest")
        logs = [self.directory / f"{queue}-{one}.log" for one in range(number)]
        processes = []
        try:
            for log in logs:
                with log.open("wb") as output:
                    processes.append(self._start("worker", *options, output=output.fileno()))
            until = time.monotonic() + LONGEST
            while not all("Polls task queue" in log.read_text("utf-8") for log in logs):
                if time.monotonic() > until or any(process.poll() is not None for process in processes):
                    raise SystemExit("\n".join(log.read_text("utf-8") for log in logs))
                time.sleep(0.1)
            yield
        finally:
            for process in processes:
                process.terminate()
            for process in processes:
                process.wait()

    def shadow(self, queue: str) -> Round:
        """Shadow all runs."""
        options = ("--task-queue", queue, "--query", QUERY, "--shard-size", str(self.shard), "--format", "json")
        ended = subprocess.run(
            self._command("start", *options), cwd=self.directory, env=self._environment(), capture_output=True,
            text=True, check=False,
        )  # fmt: skip
        if ended.returncode:
            raise SystemExit(ended.stdout + ended.stderr)
        summary = json.loads(ended.stdout)["summary"]
        return Round(summary["total"], summary["clean"], summary["seconds"])

    def _start(self, *words: str, output: int) -> "subprocess.Popen[bytes]":
        # In a session of its own, as services are: Linux shares out a busy machine's time by session first.
        return subprocess.Popen(
            self._command(*words), cwd=self.directory, env=self._environment(), stdin=subprocess.DEVNULL,
            stdout=output, stderr=output, start_new_session=True,
        )  # fmt: skip

    def _command(self, *words: str) -> list[str]:
        return [sys.executable, "-m", "replaykit", "shadow", *words, "--address", self.address]

    def _environment(self) -> dict[str, str]:
        return {**os.environ, "PYTHONPATH": str(ROOT), "REPLAYKIT_REDACTION_KEY": "a key for benchmarks, and no more"}


def main() -> None:
    """Measure and print; progress goes to stderr."""
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks.shadow", description=__doc__)
    parser.add_argument("--runs", type=int, metavar="N", default=600, help="finished runs (default: 600)")
    parser.add_argument("--rounds", type=int, metavar="N", default=3, help="shadows of each kind (default: 3)")
    parser.add_argument("--shard", type=int, metavar="N", default=20, help="histories of a shard (default: 20)")
    asyncio.run(_main(parser.parse_args()))
    sys.stdout.flush()
    # The SDK's native threads race Python's finalization (see replaykit/cli/faces.py).
    os._exit(0)


async def _main(options: argparse.Namespace) -> None:
    _note(f"filling a dev server with {options.runs} runs of {EVENTS} events")
    async with filled_server(runs=options.runs, every=options.runs + 1) as client:
        with tempfile.TemporaryDirectory(prefix="replaykit-benchmark-") as name:
            place = Place(Path(name), address_of(client), options.shard)
            rounds: dict[int, list[Round]] = {1: [], 2: []}
            for number in range(options.rounds):
                # Every other round begins with the other side.
                for workers in (2, 1) if number % 2 else (1, 2):
                    queue = f"shadow-{number}-{workers}"
                    with place.workers(workers, queue):
                        rounds[workers].append(await asyncio.to_thread(place.shadow, queue))
                    _note(f"round {number + 1}, {workers} workers: {rounds[workers][-1].rate:.1f} a second")
    for line in _table(rounds, options):
        sys.stdout.write(f"{line}\n")


def _table(rounds: dict[int, list[Round]], options: argparse.Namespace) -> Iterator[str]:
    yield machine()
    yield f"{options.runs} finished runs of {EVENTS} events, shards of {options.shard}, one replay process a worker"
    yield ""
    yield f"{'Shadow':48}{'1 worker':>12}{'2 workers':>12}{'ratio':>8}"
    for number, (one, two) in enumerate(zip(rounds[1], rounds[2], strict=True), start=1):
        yield f"{f'round {number}, histories a second':48}{one.rate:12.1f}{two.rate:12.1f}{two.rate / one.rate:8.2f}"
    medians = [statistics.median(one.rate for one in rounds[workers]) for workers in (1, 2)]
    label = "median, histories a second"
    yield f"{label:48}{medians[0]:12.1f}{medians[1]:12.1f}{medians[1] / medians[0]:8.2f}   goal: {GOAL_RATIO}"
    missing = [sum(options.runs - one.clean for one in rounds[workers]) for workers in (1, 2)]
    yield f"{'histories not judged clean':48}{missing[0]:12}{missing[1]:12}"


def _note(line: str) -> None:
    sys.stderr.write(f"{line}\n")
    sys.stderr.flush()


if __name__ == "__main__":
    main()
