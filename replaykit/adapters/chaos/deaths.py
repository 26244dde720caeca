"""What dies for real beside a sweep, opened when it is first needed: workers, the server, and nobody who polls."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path

from replaykit.adapters.chaos.carrying import NotCarried, carry
from replaykit.adapters.chaos.killing import KILLS, Killing
from replaykit.adapters.chaos.outages import FragileServer, open_fragile, run_without_workers
from replaykit.adapters.chaos.sweep import Ran, Sweep
from replaykit.model.chaos import FaultPlan
from replaykit.model.scenario import Scenario
from replaykit.rules.chaos.catalogue import kind_of

SERVER, NOBODY = "server_killed", "no_workers"


class Deaths:
    """Runs plans that no lane of the sweep itself can run; as many at once as share one death.

    Attributes:
        injects: The faults that strike here.
        why_not: Why no worker is killed; empty where that can be done.
    """

    def __init__(self, scenario: Scenario, sweep: Sweep, directory: Path, held: AsyncExitStack) -> None:
        self._scenario = scenario
        self._sweep = sweep
        self._directory = directory
        self._held = held
        self._fragile: tuple[FragileServer, Sweep] | None = None
        self._one_at_a_time = asyncio.Lock()
        self._killing: Killing | None = None
        self.why_not = ""
        try:
            self._killing = Killing(sweep, directory, carry(scenario))
        except NotCarried as why:
            self.why_not = str(why)
        else:
            held.push_async_callback(self._killing.close)

    @property
    def injects(self) -> frozenset[str]:
        """The names of faults that strike here."""
        return frozenset({SERVER, NOBODY}) if self._killing is None else KILLS | {SERVER, NOBODY}

    def strikes(self, plan: FaultPlan) -> bool:
        """Say whether a plan has to run here."""
        return any(kind_of(strike.fault).name in KILLS | {SERVER, NOBODY} for strike in plan.strikes)

    async def run(self, plans: Sequence[FaultPlan]) -> dict[FaultPlan, Ran]:
        """Run the scenario once under each of some plans, with one death of each kind.

        Where another process cannot run the scenario, plans that kill a worker are missing in the answer, and
        `why_not` says why.
        """
        found: dict[FaultPlan, Ran] = {}
        async with self._one_at_a_time:
            killed = [plan for plan in plans if _has(plan, KILLS)]
            if killed and self._killing is not None:
                try:
                    found |= zip(killed, await self._killing.run(killed), strict=True)
                except NotCarried as why:
                    self.why_not, self._killing = str(why), None
            outlasts = [plan for plan in plans if _has(plan, {SERVER})]
            if outlasts:
                server, sweep = await self._opened()
                found |= zip(outlasts, await server.run(sweep, outlasts), strict=True)
            for plan in plans:
                if _has(plan, {NOBODY}):
                    found[plan] = await run_without_workers(self._scenario, self._sweep, plan)
        return found

    async def _opened(self) -> tuple[FragileServer, Sweep]:
        if self._fragile is None:
            directory = self._directory / "fragile"
            directory.mkdir(exist_ok=True)
            self._fragile = await self._held.enter_async_context(open_fragile(self._scenario, directory))
        return self._fragile


@asynccontextmanager
async def open_deaths(scenario: Scenario, sweep: Sweep, directory: Path) -> AsyncIterator[Deaths]:
    """Have what dies ready while the block runs; nothing starts before it is needed. Files go to `directory`."""
    async with AsyncExitStack() as held:
        yield Deaths(scenario, sweep, directory, held)


def _has(plan: FaultPlan, faults: frozenset[str] | set[str]) -> bool:
    return any(kind_of(strike.fault).name in faults for strike in plan.strikes)
