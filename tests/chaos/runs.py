"""A scenario is run once under each of some plans, and the results come in their order."""

import asyncio
from collections.abc import Sequence
from pathlib import Path

from replaykit.adapters.chaos.opening import open_sweep
from replaykit.model.chaos import Boundary, FaultPlan, Place, RunResult, Strike
from replaykit.model.scenario import Scenario


def request(name: str, part: int = 1, *, attempt: int = 1, nth: int = 1) -> Boundary:
    """Name a request of an activity."""
    return Boundary(Place.REQUEST, name, nth, attempt, part)


def step(name: str, *, attempt: int = 1) -> Boundary:
    """Name an attempt of an activity."""
    return Boundary(Place.ACTIVITY, name, 1, attempt)


def plan(at: Boundary, fault: str, *, persistent: bool = False) -> FaultPlan:
    """Make a plan of one strike."""
    return FaultPlan((Strike(at, fault, persistent=persistent),))


def run_all(scenario: Scenario, directory: Path, plans: Sequence[FaultPlan], *, at_once: int = 8) -> list[RunResult]:
    """Run a scenario under each plan, a few side by side, on a server of its own."""

    async def runs() -> list[RunResult]:
        side_by_side = asyncio.Semaphore(at_once)
        async with open_sweep(scenario, directory) as sweep:

            async def one(under: FaultPlan) -> RunResult:
                async with side_by_side:
                    return (await sweep.run(under)).result

            return list(await asyncio.gather(*map(one, plans)))

    return asyncio.run(runs())
