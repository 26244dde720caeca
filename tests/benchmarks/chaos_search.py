"""`python -m tests.benchmarks.chaos_search`: simulated runs a second, and how soon a bug's smallest plan is found.

Both searches run on the simulator, know the same boundaries and shrink alike; one draws with Hypothesis on top of what
showed something new, the other draws uniformly.
"""

import argparse
import random
import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from replaykit.adapters.chaos.simulator import SIMULATED, Simulator
from replaykit.model.chaos import FaultPlan
from replaykit.model.scenario import Scenario
from replaykit.model.search import Budget, Hit
from replaykit.rules.chaos.catalogue import KINDS
from replaykit.rules.chaos.search import search
from replaykit.rules.chaos.strategies import Draw, Rounds, round_of
from tests.benchmarks import speed
from tests.chaos import searched_workflows as workflows
from tests.chaos.test_search import CREDITED_TWICE, REFUNDED_TWICE
from tests.chaos.test_simulator import every_single, order_saga

KIND_LIST = [kind for kind in KINDS.values() if kind.name in SIMULATED]


@dataclass(frozen=True, slots=True)
class Found:
    """One search: seconds and runs up to the smallest plan, and whether it was found at all."""

    seconds: float
    runs: int
    found: bool


def uniform(drawn: Draw, attempt: Callable[[FaultPlan, Any], float], *, examples: int, chance: int) -> None:
    """Draw plans of one to the most strikes, each strike as likely as any other."""
    dice = random.Random(chance)  # noqa: S311 - a benchmark
    for _ in range(examples):
        size = min(dice.randint(1, drawn.most), len(drawn.every))
        attempt(FaultPlan(tuple(dice.sample(drawn.every, size))), None)


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks.chaos_search", description=__doc__)
    parser.add_argument("--runs", type=int, metavar="N", default=500, help="simulated runs (default: 500)")
    parser.add_argument("--seeds", type=int, metavar="N", default=5, help="searches of each kind (default: 5)")
    parser.add_argument("--examples", type=int, metavar="N", default=4000, help="plans a search (default: 4000)")
    options = parser.parse_args()
    say(speed.machine())
    # In memory, where there is such a place: the shop's own database is not what is measured.
    memory = Path("/dev/shm")  # noqa: S108 - only where it exists, and a directory of our own in it
    with tempfile.TemporaryDirectory(dir=memory if memory.is_dir() else None) as directory:
        saga = order_saga(Path(directory))
        say(f"order_saga, no fault        {_a_second(saga, options.runs, faults=False):8.0f} runs a second")
        say(f"order_saga, every fault     {_a_second(saga, options.runs, faults=True):8.0f} runs a second")
    small = workflows.CORRECT
    say(f"one activity, every fault   {_a_second(small, options.runs, faults=True):8.0f} runs a second")
    for name, scenario, plan in (
        ("two faults", workflows.TWO_FAULTS, REFUNDED_TWICE),
        ("three faults", workflows.THREE_FAULTS, CREDITED_TWICE),
    ):
        drawn, dice = [], []
        for seed in range(options.seeds):
            budget = Budget(seconds=600, examples=options.examples, seed=1000 * seed)
            drawn.append(_search(scenario, plan, budget, round_of))
            dice.append(_search(scenario, plan, budget, uniform))
        _compare(name, drawn, dice)


def _a_second(scenario: Scenario, runs: int, *, faults: bool) -> float:
    with Simulator(scenario) as simulator:
        plans = every_single(scenario, simulator) if faults else [FaultPlan()]
        started = time.perf_counter()
        for number in range(runs):
            simulator.run(plans[number % len(plans)])
        return runs / (time.perf_counter() - started)


def _search(scenario: Scenario, plan: FaultPlan, budget: Budget, rounds: Rounds) -> Found:
    def smallest(hit: Hit) -> bool:
        return hit.plan == plan

    with Simulator(scenario) as simulator:
        started = time.perf_counter()
        done = search(
            lambda each, given: simulator.run(each, given=given),
            scenario,
            KIND_LIST,
            budget,
            clock=time.monotonic,
            enough=smallest,
            rounds=rounds,
        )
        seconds = time.perf_counter() - started
    return Found(seconds, done.runs, any(map(smallest, done.hits)))


def _compare(name: str, drawn: list[Found], dice: list[Found]) -> None:
    ours, theirs = (
        (statistics.median(each.seconds for each in side), statistics.median(each.runs for each in side))
        for side in (drawn, dice)
    )
    for label, (seconds, runs), side in (("Hypothesis", ours, drawn), ("uniform random", theirs, dice)):
        found = f"{sum(each.found for each in side)} of {len(side)} found"
        say(f"{name:<13}{label:<15}{seconds:8.2f} s{runs:8.0f} runs   {found}")
    say(f"{name:<13}{'ratio':<15}{theirs[0] / ours[0]:8.1f}  {theirs[1] / ours[1]:8.1f}")


def say(line: str) -> None:
    """Print a line as soon as it is known."""
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    main()
