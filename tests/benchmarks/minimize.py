"""`python -m tests.benchmarks.minimize`: how long a large corpus takes to become small, and in how much memory."""

import argparse
import json
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

from replaykit.adapters.project import load_config
from replaykit.adapters.workflows import load
from tests.benchmarks import corpus, memory, speed
from tests.benchmarks.corpus import Corpus
from tests.benchmarks.memory import Peak
from tests.examples_project import project_in

GOAL = 60
# Memory is looked at in a corpus this much smaller, too.
SMALLER = 10


@dataclass(frozen=True, slots=True)
class Minimized:
    """One run of the command: the corpus, seconds by the clock, peak memory, histories kept."""

    made: Corpus
    seconds: float
    peak: Peak
    kept: int


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks.minimize", description=__doc__)
    parser.add_argument("--histories", type=int, metavar="N", default=2000, help="histories (default: 2000)")
    parser.add_argument("--processes", type=int, metavar="N", default=2, help="replay processes (default: 2)")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="replaykit-benchmark-") as directory:
        sizes = (max(options.histories // SMALLER, 1), options.histories)
        project = project_in(Path(directory) / "project")
        sys.path.insert(0, str(speed.ROOT))
        [plain] = load(load_config(project).absolute())
        types = [workflow.__name__ for workflow in plain.workflows]
        runs = [_minimized(project, size, options.processes, types) for size in sizes]
        for line in _table(runs, options.processes):
            sys.stdout.write(f"{line}\n")


def _minimized(project: Path, histories: int, processes: int, types: list[str]) -> Minimized:
    directory = project.parent
    made = corpus.make(speed.ROOT / "fixtures", directory / str(histories), histories=histories, types=types)
    command = [sys.executable, "-m", "replaykit", "corpus", "minimize", str(made.directory)]
    report = directory / "report.json"
    started = time.perf_counter()
    peak = memory.measure(
        [*command, "--processes", str(processes), "--deadline", "300", "--format", "json"], output=report, cwd=project
    )
    seconds = time.perf_counter() - started
    if peak is None:
        message = "not measured: this system has no /proc"
        raise SystemExit(message)
    return Minimized(made, seconds, peak, len(json.loads(report.read_bytes())["kept"]))


def _table(runs: list[Minimized], processes: int) -> list[str]:
    head = f"{f'corpus minimize -p {processes}':24}{'seconds':>12}{'a second':>12}{'kept':>8}{'command, MiB':>16}"
    lines = [f"{head}{'process, MiB':>16}"]
    for run in runs:
        rate = run.made.histories / run.seconds
        line = f"{f'{run.made.histories} histories':24}{run.seconds:12.1f}{rate:12.1f}{run.kept:8}"
        lines.append(f"{line}{run.peak.parent:16.1f}{run.peak.processes[0]:16.1f}")
    small, large = runs
    flat = large.peak.parent / small.peak.parent, large.peak.processes[0] / small.peak.processes[0]
    lines.append(f"{'ratio':56}{flat[0]:16.2f}{flat[1]:16.2f}   goal: flat, and below {GOAL} s for 2000")
    return lines


if __name__ == "__main__":
    main()
