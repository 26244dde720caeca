"""`python -m tests.benchmarks.replay`: speed, idle plugin cost and peak memory, as a table to quote."""

import argparse
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

from replaykit.adapters.project import load_config
from replaykit.adapters.workflows import load
from tests.benchmarks import corpus, memory, plugin_cost, speed
from tests.benchmarks.corpus import Corpus
from tests.benchmarks.memory import Peak
from tests.benchmarks.plugin_cost import PluginCost
from tests.benchmarks.speed import Round
from tests.examples_project import project_in

GOAL_RATIO = 1.6
GOAL_ADDED = 30
LARGER = 5


def main() -> None:
    """Measure and print; progress goes to stderr."""
    options = _options()
    sys.path.insert(0, str(speed.ROOT))
    # What the factory brings is left out on both sides: the plain loop has no plugins.
    [plain] = load(replace(load_config(speed.ROOT).absolute(), factory=""))
    workflows = [f"{w.__module__}:{w.__name__}" for w in plain.workflows]
    types = [w.__name__ for w in plain.workflows]
    with tempfile.TemporaryDirectory(prefix="replaykit-benchmark-") as directory:
        there = Path(directory)
        project = project_in(there / "project")
        small = corpus.make(options.corpus, there / "small", histories=options.histories, types=types)
        _print(speed.machine(), *_described(small), "")
        rounds = speed.measure(
            small,
            workflows,
            rounds=options.rounds,
            processes=options.processes,
            project=project,
            seen=lambda r: _note(_round(r)),
        )
        _print(*_speed(rounds, small, options.processes), "")
        cost = plugin_cost.measure(there / "empty", pairs=options.pairs, seen=lambda ms: _note(f"plugin {ms:+.1f} ms"))
        _print(*_plugin(cost), "")
        large = corpus.make(options.corpus, there / "large", histories=LARGER * options.histories, types=types)
        peaks = [
            (one, memory.measure(speed.replay_command(one, options.processes), cwd=project)) for one in (small, large)
        ]
        _print(*_memory(peaks))


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks.replay", description=__doc__)
    parser.add_argument("--histories", type=int, metavar="N", help="histories in the corpus (default: 200)")
    parser.add_argument("--rounds", type=int, metavar="N", help="rounds of both sides (default: 5)")
    parser.add_argument("--processes", type=int, metavar="N", default=2, help="replay processes (default: 2)")
    parser.add_argument("--pairs", type=int, metavar="N", help="pairs of empty pytest runs (default: 30)")
    parser.add_argument("--quick", action="store_true", help="a first idea: 40 histories, 1 round, 5 pairs")
    parser.add_argument(
        "--corpus", type=Path, metavar="DIR", default=speed.ROOT / "fixtures", help="recorded histories to copy"
    )
    options = parser.parse_args()
    defaults = {"histories": 40, "rounds": 1, "pairs": 5} if options.quick else {"histories": 200, "rounds": 5}
    for name, value in {"pairs": 30, **defaults}.items():
        if getattr(options, name) is None:
            setattr(options, name, value)
    return options


def _described(made: Corpus) -> Iterator[str]:
    yield (
        f"{made.histories} histories copied from {made.sources} recordings: {made.events} events, "
        f"{made.size / 2**20:.1f} MiB of JSON"
    )


def _round(one: Round) -> str:
    return (
        f"plain {one.plain.wall:.2f} s (CPU {one.plain.cpu:.2f}), "
        f"replaykit {one.replaykit.wall:.2f} s (CPU {one.replaykit.cpu:.2f}), ratio {one.ratio:.2f}"
    )


def _speed(rounds: list[Round], made: Corpus, processes: int) -> Iterator[str]:
    yield f"{'Replay, cold':32}{'plain SDK loop':>16}{f'replaykit -p {processes}':>16}{'ratio':>8}"
    for number, one in enumerate(rounds, start=1):
        plain, ours = made.histories / one.plain.wall, made.histories / one.replaykit.wall
        yield f"{f'round {number}, histories a second':32}{plain:16.1f}{ours:16.1f}{one.ratio:8.2f}"
    plain = speed.median(rounds, lambda r: made.histories / r.plain.wall)
    ours = speed.median(rounds, lambda r: made.histories / r.replaykit.wall)
    ratio = speed.median(rounds, lambda r: r.ratio)
    yield f"{'median, histories a second':32}{plain:16.1f}{ours:16.1f}{ratio:8.2f}   goal: at least {GOAL_RATIO}"
    plain = speed.median(rounds, lambda r: r.plain.cpu / made.histories * 1000)
    ours = speed.median(rounds, lambda r: r.replaykit.cpu / made.histories * 1000)
    yield f"{'median, CPU ms a history':32}{plain:16.1f}{ours:16.1f}{plain / ours:8.2f}"
    yield f"{'histories not clean':32}{rounds[-1].plain.flagged:16}{rounds[-1].replaykit.flagged:16}"


def _plugin(cost: PluginCost) -> Iterator[str]:
    yield f"{'Idle plugin':32}{'milliseconds':>16}"
    yield f"{'pytest, one empty test, without':32}{cost.without:16.1f}"
    yield f"{f'added, median of {cost.pairs} pairs':32}{cost.added:16.1f}   goal: below {GOAL_ADDED}"
    yield f"{'added CPU, median':32}{cost.added_cpu:16.1f}"
    yield f"{'import and hooks, inside':32}{cost.inside:16.1f}"
    yield f"{'loads temporalio':32}{'yes' if cost.loads_temporalio else 'no':>16}"


def _memory(peaks: list[tuple[Corpus, Peak | None]]) -> Iterator[str]:
    yield f"{'Peak memory, MiB':32}{'command':>16}{'replay process':>16}"
    known = [(made, peak) for made, peak in peaks if peak is not None and peak.processes]
    if not known:
        yield "not measured: this system has no /proc"
        return
    for made, peak in known:
        yield f"{f'{made.histories} histories':32}{peak.parent:16.1f}{peak.processes[0]:16.1f}"
    (_, small), (_, large) = known[0], known[-1]
    command, process = large.parent / small.parent, large.processes[0] / small.processes[0]
    yield f"{'ratio':32}{command:16.2f}{process:16.2f}   goal: flat"


def _print(*lines: str) -> None:
    for line in lines:
        sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


def _note(line: str) -> None:
    sys.stderr.write(f"{line}\n")
    sys.stderr.flush()


if __name__ == "__main__":
    main()
