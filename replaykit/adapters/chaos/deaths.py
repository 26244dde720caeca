"""What dies for real beside a sweep, opened when it is first needed: workers, the server, and nobody who polls."""

import asyncio
from collections.abc import AsyncIterator, Collection, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path

from replaykit.adapters.chaos.carrying import NotCarried, carry
from replaykit.adapters.chaos.killing import Killing
from replaykit.adapters.chaos.lanes import Ran
from replaykit.adapters.chaos.outages import FragileServer, open_fragile, run_without_workers
from replaykit.adapters.chaos.sweep import Sweep
from replaykit.model.chaos import FaultPlan
from replaykit.model.scenario import Scenario
from replaykit.rules.chaos.catalogue import KINDS, kind_of
from replaykit.rules.chaos.kinds import Group

NO_WORKERS = "no_workers"
DEADLY = frozenset(kind.name for kind in KINDS.values() if kind.group in {Group.KILL, Group.SERVER})
"""The faults that strike many runs at once, or a server of their own."""

# Plans that are asked for within this time share one death.
_TOGETHER = 0.05


def is_deadly(plan: FaultPlan) -> bool:
    """Say whether a plan has to run where something dies."""
    return any(kind_of(strike.fault).name in DEADLY for strike in plan.strikes)


class Deaths:
    """Runs plans that no lane of the sweep itself can run.

    Attributes:
        why_not: Why no worker is killed; empty where that can be done.
    """

    def __init__(self, scenario: Scenario, sweep: Sweep, directory: Path, held: AsyncExitStack) -> None:
        self._scenario = scenario
        self._sweep = sweep
        self._directory = directory
        self._held = held
        self._fragile: tuple[FragileServer, Sweep] | None = None
        self._one_at_a_time = asyncio.Lock()
        self._asked: list[tuple[FaultPlan, asyncio.Future[Ran]]] = []
        self._gathering: asyncio.Task[None] | None = None
        self._killing: Killing | None = None
        self.why_not = ""
        try:
            self._killing = Killing(sweep, directory, carry(scenario))
        except NotCarried as why:
            self.why_not = str(why)
        else:
            held.push_async_callback(self._killing.close)

    def begin(self, groups: Collection[Group]) -> None:
        """Have ready what dies of these groups by the time that plans come."""
        if Group.KILL in groups and self._killing is not None:
            self._killing.begin()

    async def run(self, plans: Sequence[FaultPlan]) -> list[Ran | None]:
        """Run the scenario once under each of some plans, with one death of each kind for all; in this order.

        Returns:
            None where a worker was to be killed and another process cannot run the scenario; `why_not` says why.
        """
        places = {group: _places(plans, group) for group in (Group.KILL, Group.SERVER, None)}
        found: dict[int, Ran] = {}
        async with self._one_at_a_time:
            # Each kind dies elsewhere: a worker process, a server of its own, a task queue.
            ran = await asyncio.gather(
                self._killed([plans[place] for place in places[Group.KILL]]),
                self._outlasting([plans[place] for place in places[Group.SERVER]]),
                self._alone([plans[place] for place in places[None]]),
            )
        for group, each in zip(places.values(), ran, strict=True):
            # None was run of those whose worker cannot be killed.
            found.update(zip(group, each, strict=False))
        return [found.get(place) for place in range(len(plans))]

    async def _killed(self, plans: Sequence[FaultPlan]) -> Sequence[Ran]:
        if not plans or self._killing is None:
            return ()
        try:
            return await self._killing.run(plans)
        except NotCarried as why:
            self.why_not, self._killing = str(why), None
            return ()

    async def _outlasting(self, plans: Sequence[FaultPlan]) -> Sequence[Ran]:
        if not plans:
            return ()
        server, sweep = await self._opened()
        return await server.run(sweep, plans)

    async def _alone(self, plans: Sequence[FaultPlan]) -> Sequence[Ran]:
        return [await run_without_workers(self._scenario, self._sweep, plan) for plan in plans]

    async def one(self, plan: FaultPlan) -> Ran:
        """Run the scenario under one plan, in one batch with those that are asked for at the same time.

        Where no worker can be killed, it runs without the death: the fault did not fire, and that is an error.
        """
        waits: asyncio.Future[Ran] = asyncio.get_running_loop().create_future()
        self._asked.append((plan, waits))
        if self._gathering is None:
            self._gathering = asyncio.create_task(self._gathered())
        return await waits

    async def _gathered(self) -> None:
        await asyncio.sleep(_TOGETHER)
        asked, self._asked, self._gathering = self._asked, [], None
        try:
            for (plan, waits), ran in zip(asked, await self.run([plan for plan, _ in asked]), strict=True):
                result = ran or await self._sweep.run(plan)
                if not waits.done():
                    waits.set_result(result)
        except BaseException as error:
            for _, waits in asked:
                if not waits.done():
                    waits.set_exception(error)
            raise

    async def _opened(self) -> tuple[FragileServer, Sweep]:
        if self._fragile is None:
            directory = self._directory / "fragile"
            directory.mkdir()
            self._fragile = await self._held.enter_async_context(open_fragile(self._scenario, directory))
        return self._fragile


@asynccontextmanager
async def open_deaths(scenario: Scenario, sweep: Sweep, directory: Path) -> AsyncIterator[Deaths]:
    """Have what dies ready while the block runs; nothing starts before it is needed. Files go to `directory`."""
    async with AsyncExitStack() as held:
        yield Deaths(scenario, sweep, directory, held)


def _places(plans: Sequence[FaultPlan], group: Group | None) -> list[int]:
    """Return where the plans stand that share one kind of death; None is a time without workers."""
    return [place for place, plan in enumerate(plans) if _group(plan) is group]


def _group(plan: FaultPlan) -> Group | None:
    kinds = [kind_of(strike.fault) for strike in plan.strikes]
    if any(kind.name == NO_WORKERS for kind in kinds):
        return None
    return Group.SERVER if any(kind.group is Group.SERVER for kind in kinds) else Group.KILL
