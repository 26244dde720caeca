"""`python -m tests.benchmarks.chaos`: single faults a second, against a plain loop of one fault at a time.

All sides strike the same faults by the same means on the same kind of server, and say how many struck. The plain loop
has a fresh worker for each fault and one run at a time, in real time: it waits for each retry and for each timeout as
production does, but never longer than ten seconds, which is in its favour. It is measured once more with the sweep's
own clocks and timeouts, which shows what the two are worth apart. The plain loop's server is there already; the sweep's
start counts.
"""

import argparse
import asyncio
import random
import sys
import time
from pathlib import Path

from replaykit.adapters.chaos.opening import open_server, open_sweep, open_workers
from replaykit.adapters.chaos.quiet import quiet
from replaykit.adapters.chaos.scenarios import scenarios_of
from replaykit.adapters.chaos.scratch import scratch
from replaykit.adapters.chaos.sweep import Sweep
from replaykit.adapters.code_memory import remember_code
from replaykit.config import Config
from replaykit.model.chaos import FaultPlan
from replaykit.model.scenario import Scenario
from replaykit.rules.chaos.catalogue import KINDS
from replaykit.rules.chaos.kinds import Fidelity
from replaykit.rules.chaos.plans import longest_first, singles
from tests.benchmarks import speed

ROOT = Path(__file__).parents[2]
TARGETS = ("examples/ai_pipeline", "examples/order_saga")
# Timeouts of ten minutes are not waited for: a run of the plain loop counts as done after so many seconds.
_LONGEST = 10.0


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks.chaos", description=__doc__)
    parser.add_argument("targets", nargs="*", default=TARGETS, help=f"scenarios (default: {' '.join(TARGETS)})")
    parser.add_argument("--faults", type=int, metavar="N", default=500, help="faults of the sweep (default: 500)")
    parser.add_argument("--plain", type=int, metavar="N", default=20, help="faults of the plain loop (default: 20)")
    parser.add_argument("--jobs", type=int, metavar="N", default=24, help="runs under way at once (default: 24)")
    options = parser.parse_args()
    # As `replaykit chaos` does; the plain loops gain as much by it.
    remember_code()
    say(speed.machine())
    for target in options.targets:
        (scenario, *_) = scenarios_of(target, Config(python_path=(str(ROOT),)), base=ROOT)
        with quiet():
            sides = {
                "sweep": asyncio.run(_swept(scenario, options.faults, options.jobs)),
                "plain loop": asyncio.run(_plain(scenario, options.plain, own_clocks=False)),
                "with clocks": asyncio.run(_plain(scenario, options.plain, own_clocks=True)),
            }
        say(target)
        rates = {name: count / seconds for name, (count, _, seconds) in sides.items()}
        for name, (count, fired, seconds) in sides.items():
            ratio = (
                "" if name == "sweep" else f", the sweep is at least {rates['sweep'] / rates[name]:.1f} times as fast"
            )
            say(f"  {name:<12}{count:>5} faults, {fired} fired, {seconds:7.1f} s, {rates[name]:6.2f} faults/s{ratio}")


async def _plans(scenario: Scenario, directory: Path) -> list[FaultPlan]:
    async with open_sweep(scenario, directory) as opened:
        return await singles_of(opened)


async def singles_of(opened: Sweep) -> list[FaultPlan]:
    """Run a baseline, and name every single fault that can be injected in this process where it went."""
    baseline = await opened.run(FaultPlan())
    kinds = [kind for kind in KINDS.values() if kind.name in opened.injects and kind.fidelity is Fidelity.IN_PROCESS]
    return [FaultPlan((strike,)) for strike in singles(baseline.result.sightings, kinds)]


async def _swept(scenario: Scenario, count: int, jobs: int) -> tuple[int, int, float]:
    """Run so many single faults, again and again the same ones, side by side; the server's start counts."""
    with scratch() as first, scratch() as directory:
        plans = await _plans(scenario, first)
        todo = longest_first(plans[number % len(plans)] for number in range(count))
        gate = asyncio.Semaphore(jobs)
        started = time.perf_counter()
        async with open_sweep(scenario, directory) as opened:

            async def one(plan: FaultPlan) -> bool:
                async with gate:
                    return bool((await opened.run(plan)).result.fired)

            fired = sum(await asyncio.gather(*map(one, todo)))
        return count, fired, time.perf_counter() - started


async def _plain(scenario: Scenario, count: int, *, own_clocks: bool) -> tuple[int, int, float]:
    """Run some of them one at a time, each with a worker of its own; the server is there already."""
    with scratch() as first, scratch() as directory:
        plans = await _plans(scenario, first)
        chosen = random.Random(0).sample(plans, min(count, len(plans)))  # noqa: S311 - a benchmark
        fired = 0
        async with open_server(directory, search_attributes=scenario.search_attributes) as server:
            started = time.perf_counter()
            for number, plan in enumerate(chosen):
                own = directory / str(number)
                own.mkdir()
                async with open_workers(scenario, own, server, own_clocks=own_clocks) as opened:
                    if not own_clocks:
                        in_real_time(opened)
                    fired += bool((await opened.run(plan)).result.fired)
            seconds = time.perf_counter() - started
    return len(chosen), fired, seconds


def in_real_time(opened: Sweep) -> None:
    """Let timeouts come by themselves, and give a run ten seconds."""
    opened.patience = _LONGEST
    opened.reach.collapse = _nothing  # type: ignore[assignment, method-assign]  # the timeout comes by itself


async def _nothing(*_arguments: object) -> None:
    pass


def say(line: str) -> None:
    """Print a line as soon as it is known."""
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    main()
