"""`python -m tests.benchmarks.chaos_planted`: single faults a second over the planted workflows, against a plain loop.

Every workflow of the planted set is struck by each single fault that its baseline shows a place for, on one server,
28 workflows side by side, each with workers of its own: starting the server and the workers, and the baselines,
count. The plain loop takes some of the same faults, each with a fresh worker, one at a time in real time. Runs that
wedge or hang are part of the set: both sides wait for them, the plain loop for ten seconds at most, which is in its
favour.
"""

import argparse
import asyncio
import random
import time
from contextlib import AsyncExitStack
from dataclasses import dataclass
from pathlib import Path
from tempfile import mkdtemp

from temporalio.client import Client

from replaykit.adapters.chaos.opening import open_server, open_workers
from replaykit.adapters.chaos.quiet import quiet
from replaykit.adapters.chaos.scratch import scratch
from replaykit.adapters.chaos.sweep import Sweep
from replaykit.adapters.code_memory import remember_code
from replaykit.model.chaos import FaultPlan
from replaykit.model.scenario import Scenario
from tests.benchmarks import speed
from tests.benchmarks.chaos import in_real_time, say, singles_of
from tests.planted.bugs.table import BUGS, TWINS

# Workflows that are swept side by side: a single one has too few faults to fill the time that its slowest run takes.
TOGETHER = 28


@dataclass(slots=True)
class Tally:
    """What was run, what of it struck, and how long all of it took."""

    faults: int = 0
    fired: int = 0
    seconds: float = 0.0


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks.chaos_planted", description=__doc__)
    parser.add_argument("--workflows", type=int, metavar="N", help="the first so many of them (default: all)")
    parser.add_argument("--plain", type=int, metavar="N", default=20, help="faults of the plain loop (default: 20)")
    parser.add_argument("--jobs", type=int, metavar="N", default=48, help="runs under way at once (default: 48)")
    options = parser.parse_args()
    remember_code()
    say(speed.machine())
    # A case that several names stand for is one workflow.
    scenarios = {id(case.scenario): case.scenario for case in (*BUGS, *TWINS)}
    chosen = [*scenarios.values()][: options.workflows]
    with quiet():
        sweep, plain = asyncio.run(_measured(chosen, options.plain, options.jobs))
    say(f"{len(chosen)} planted workflows")
    ratio = (sweep.faults / sweep.seconds) / (plain.faults / plain.seconds)
    for name, side, more in (
        ("sweep", sweep, ""),
        ("plain loop", plain, f", the sweep is at least {ratio:.1f} times as fast"),
    ):
        say(
            f"  {name:<12}{side.faults:>5} faults, {side.fired} fired, {side.seconds:7.1f} s,"
            f" {side.faults / side.seconds:6.2f} faults/s{more}"
        )


async def _measured(scenarios: list[Scenario], plain: int, jobs: int) -> tuple[Tally, Tally]:
    sweep = Tally()
    pool: list[tuple[Scenario, FaultPlan]] = []
    with scratch() as directory:
        started = time.perf_counter()
        async with open_server(directory) as server:
            for first in range(0, len(scenarios), TOGETHER):
                pool += await _swept(scenarios[first : first + TOGETHER], directory, server, jobs, sweep)
            sweep.seconds = time.perf_counter() - started
            chosen = random.Random(0).sample(pool, min(plain, len(pool)))  # noqa: S311 - a benchmark
            return sweep, await _plain(chosen, directory, server)


async def _swept(
    scenarios: list[Scenario], directory: Path, server: Client, jobs: int, sweep: Tally
) -> list[tuple[Scenario, FaultPlan]]:
    """Strike some workflows with each single fault, side by side; returns the faults."""
    gate = asyncio.Semaphore(jobs)

    async def one(opened: Sweep, plan: FaultPlan) -> bool:
        async with gate:
            return bool((await opened.run(plan)).result.fired)

    async with AsyncExitStack() as held:
        sweeps = [
            await held.enter_async_context(open_workers(scenario, Path(mkdtemp(dir=directory)), server))
            for scenario in scenarios
        ]
        plans = await asyncio.gather(*map(singles_of, sweeps))
        todo = [(opened, plan) for opened, its in zip(sweeps, plans, strict=True) for plan in its]
        # As a sweep does, and over all of them: what persists waits for one timeout after another.
        todo.sort(key=lambda each: not any(strike.persistent for strike in each[1].strikes))
        sweep.fired += sum(await asyncio.gather(*(one(opened, plan) for opened, plan in todo)))
    sweep.faults += len(todo)
    return [(scenario, plan) for scenario, its in zip(scenarios, plans, strict=True) for plan in its]


async def _plain(chosen: list[tuple[Scenario, FaultPlan]], directory: Path, server: Client) -> Tally:
    """Strike one at a time, each with a worker of its own, in real time."""
    tally = Tally(len(chosen))
    started = time.perf_counter()
    for scenario, plan in chosen:
        async with open_workers(scenario, Path(mkdtemp(dir=directory)), server, own_clocks=False) as opened:
            in_real_time(opened)
            tally.fired += bool((await opened.run(plan)).result.fired)
    tally.seconds = time.perf_counter() - started
    return tally


if __name__ == "__main__":
    main()
