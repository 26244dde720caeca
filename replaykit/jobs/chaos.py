"""The chaos job: every fault at every boundary of a scenario, what faults reveal, pairs, and what all of it showed."""

import asyncio
import time
from collections.abc import AsyncGenerator, AsyncIterator, Iterable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

from replaykit.adapters.chaos.deaths import DEADLY, Deaths, is_deadly, open_deaths
from replaykit.adapters.chaos.lanes import Ran
from replaykit.adapters.chaos.opening import Server, open_sweep, workflows_of
from replaykit.adapters.chaos.quiet import quiet
from replaykit.adapters.chaos.recorded_worker import unverified_of
from replaykit.adapters.chaos.replays import Replay, open_replays
from replaykit.adapters.chaos.scratch import scratch
from replaykit.adapters.chaos.sweep import Sweep, type_of
from replaykit.jobs.chaos_baseline import Baselines
from replaykit.jobs.chaos_confirming import all_confirmed
from replaykit.jobs.chaos_events import Based, Event, Struck, Swept, Wanted
from replaykit.jobs.chaos_search import search_for
from replaykit.model.chaos import Boundary, End, FaultPlan, RunResult, Strike
from replaykit.model.chaos_report import ChaosFinding, ChaosReport, Equivalence, Judged
from replaykit.model.scenario import Scenario
from replaykit.model.search import Budget
from replaykit.model.verdict import Clean, name_of
from replaykit.rules.chaos.classes import Classes
from replaykit.rules.chaos.equivalence import equivalences, twins
from replaykit.rules.chaos.firing import missed_its_task, reached
from replaykit.rules.chaos.gather import key_of
from replaykit.rules.chaos.invariants import judge_run, unreplayable
from replaykit.rules.chaos.kinds import FaultKind, Group
from replaykit.rules.chaos.plans import cost, longest_first, pairs, revealed, singles, spread
from replaykit.rules.chaos.select import nothing_to_strike, select

MOST_STRIKES = 3
# How often a fault is tried again that missed its workflow task.
AGAIN = 2


async def sweep(
    scenario: Scenario, wanted: Wanted, *, directory: Path | None = None, server: Server | None = None
) -> AsyncGenerator[Event, None]:
    """Sweep a scenario on an embedded server of its own, or on one that several sweeps share.

    Args:
        scenario: The scenario.
        wanted: How it is swept.
        directory: Where the ledger and the server's log go; a temporary one by default.
        server: A server opened by `open_server`, with the scenario's search attributes; None starts one.

    Raises:
        NoTemporalCli: There is no `temporal` command.
        BaselineUnstable: Runs without any fault differ.
        BaselineBroken: They do not end, or do not hold what must hold.
        NothingToStrike: No fault that is asked for can happen to it.
        ConfigInvalid: There is no fault or group of a name.
    """
    with scratch() as temporary:
        async with (
            _quietly(),
            open_sweep(scenario, directory or temporary, server) as opened,
            open_deaths(scenario, opened, directory or temporary) as deaths,
            open_replays(scenario, workflows_of(scenario)) as replays,
        ):
            run = _Sweeping(scenario, wanted, opened, deaths, Baselines(opened))
            async for event in run.events():
                yield event
            await run.replay(replays.verdict)
            yield Swept(await run.report())


@asynccontextmanager
async def _quietly() -> AsyncIterator[None]:
    with quiet():
        yield


@dataclass(slots=True)
class _Sweeping:
    """What a sweep knows so far."""

    scenario: Scenario
    wanted: Wanted
    opened: Sweep
    mortal: Deaths
    baselines: Baselines
    began: float = field(default_factory=time.monotonic)
    kinds: tuple[FaultKind, ...] = ()
    judged: dict[FaultPlan, Judged] = field(default_factory=dict)
    planned: set[FaultPlan] = field(default_factory=set)
    known: set[Boundary] = field(default_factory=set)
    firsts: tuple[Strike, ...] = ()
    pruned: int = 0
    replayed: int = 0
    searched: tuple[ChaosFinding, ...] = ()
    deaths: int = 0
    equivalences: tuple[Equivalence, ...] = ()
    notes: dict[str, None] = field(default_factory=dict)
    histories: dict[tuple[str, ...], Ran] = field(default_factory=dict)

    async def events(self) -> AsyncGenerator[Event, None]:
        kinds, notes = select(self.wanted.faults, self.opened.injects | DEADLY)
        deadly = [kind for kind in kinds if kind.name in DEADLY]
        self.kinds = tuple(kind for kind in kinds if kind.name not in DEADLY)
        self.notes.update(dict.fromkeys(notes))
        base = await self._based()
        if not base.replays:
            # A run of one workflow task has no history to be replayed from.
            self.kinds = tuple(kind for kind in self.kinds if kind.name != "evict")
        yield Based(base)
        async for event in self._run(self.wanted.plans):
            yield event
        if self.wanted.only:
            return
        self.firsts = tuple(singles(base.sightings, self.kinds, signals=self._signals()))
        if not self.firsts and not deadly:
            raise nothing_to_strike(self.name, self.wanted.faults)
        self.firsts = self._limited(self.firsts, "single faults")
        self.mortal.begin({kind.group for kind in deadly})
        self.known.update(sighting.boundary for sighting in base.sightings)
        for stage in (self._singles(), self._deaths(deadly), self._pairs()):
            async for event in stage:
                yield event
        if self.wanted.search:
            await self._search()

    @property
    def name(self) -> str:
        return self.scenario.name or type_of(self.scenario)

    def _signals(self) -> tuple[str, ...]:
        return tuple(signal.name for signal in self.scenario.signals)

    async def _based(self) -> RunResult:
        taken = await self.baselines.take(self.scenario, name=self.name)
        self.histories[taken.first.result.normal] = taken.first
        self.known.update(taken.passing)
        self.notes.update(dict.fromkeys(taken.unverified))
        return taken.run

    def _limited(self, strikes: tuple[Strike, ...], what: str) -> tuple[Strike, ...]:
        """Keep as many as are asked for, and say how many are left out."""
        limit = self.wanted.limit
        if not limit or len(strikes) <= limit:
            return strikes
        self.notes[f"{len(strikes) - limit:,} of {len(strikes):,} {what}: --limit {limit} leaves them out"] = None
        return tuple(spread(strikes, limit))

    async def _run(self, plans: Iterable[FaultPlan]) -> AsyncGenerator[Event, None]:
        """Run plans side by side; each once."""
        waiting = longest_first(plan for plan in dict.fromkeys(plans) if plan not in self.planned)
        self.planned.update(waiting)
        running: set[asyncio.Task[Judged]] = set()
        try:
            while waiting or running:
                while waiting and len(running) < self.wanted.jobs:
                    running.add(asyncio.create_task(self._one(waiting.pop(0))))
                done, running = await asyncio.wait(running, return_when=asyncio.FIRST_COMPLETED)
                for task in done:
                    judged = task.result()
                    self.judged[judged.result.plan] = judged
                    yield Struck(judged, len(self.judged), len(self.planned))
        finally:
            for task in running:
                task.cancel()
            await asyncio.gather(*running, return_exceptions=True)

    async def _one(self, plan: FaultPlan) -> Judged:
        run = self.mortal.one if is_deadly(plan) else self.opened.run
        ran = await run(plan)
        for _ in range(AGAIN):
            if not missed_its_task(ran.result):
                break
            ran = await run(plan)
        if ran.result.end not in {End.WEDGED, End.HUNG}:
            self.histories.setdefault(ran.result.normal, ran)
        return judge_run(ran.result, await self.baselines.of(plan), self.scenario)

    async def _singles(self) -> AsyncGenerator[Event, None]:
        """Run single faults, and what they reveal until nothing new comes."""
        wave = [FaultPlan((strike,)) for strike in self.firsts]
        while wave:
            async for event in self._run(wave):
                yield event
            wave = self._revealed(wave)
            if self.wanted.limit and wave:
                self.notes[f"{len(wave):,} plans that single faults led to: --limit leaves them out"] = None
                return

    def _revealed(self, wave: Iterable[FaultPlan]) -> list[FaultPlan]:
        """Plan the boundaries that the last wave passed and no run before it did."""
        found: list[FaultPlan] = []
        for plan in sorted(wave, key=cost):
            result = self.judged[plan].result
            if len(plan.strikes) >= MOST_STRIKES:
                if any(sighting.boundary not in self.known for sighting in result.sightings):
                    self.notes[f"what plans of {MOST_STRIKES} strikes reveal was not struck further"] = None
                continue
            found += revealed(plan, result.sightings, self.known, self.kinds, signals=self._signals())
            self.known.update(sighting.boundary for sighting in result.sightings)
        return found

    async def _pairs(self) -> AsyncGenerator[Event, None]:
        """Run pairs of single faults, one of each class, as long as the budget lasts."""
        if not self.wanted.pairs:
            return
        chosen = Classes.of(self.baselines.own, self.firsts, self.judged).representatives()
        every = list(pairs(self.firsts, known=self.planned))
        worth = list(pairs(chosen, known=self.planned))
        self.pruned += len(every) - len(worth)
        deadline = self.began + self.wanted.budget
        for start in range(0, len(worth), 4 * self.wanted.jobs):
            if time.monotonic() > deadline:
                left = len(worth) - start
                self.notes[f"{left} of {len(worth)} pairs: the budget of {self.wanted.budget:g} s was spent"] = None
                return
            async for event in self._run(worth[start : start + 4 * self.wanted.jobs]):
                yield event

    async def _deaths(self, kinds: Sequence[FaultKind]) -> AsyncGenerator[Event, None]:
        """Kill what can be killed, and hold what was emulated against it."""
        strikes = self._limited(tuple(singles(self.baselines.own.sightings, kinds)), "kills")
        if not strikes:
            return
        plans = [FaultPlan((strike,)) for strike in strikes]
        ran = [each for each in await self.mortal.run(plans) if each is not None]
        if self.mortal.why_not and any(kind.group is Group.KILL for kind in kinds):
            self.notes[f"real SIGKILLs of workers, and emulations against them: {self.mortal.why_not}"] = None
        self.deaths = len(ran)
        self.planned.update(each.result.plan for each in ran)
        for each in ran:
            self.histories.setdefault(each.result.normal, each)
            judged = judge_run(each.result, self.baselines.own, self.scenario)
            self.judged[each.result.plan] = judged
            yield Struck(judged, len(self.judged), len(self.planned))
        known = {plan: judged.result for plan, judged in self.judged.items()}
        pairs = twins(self.baselines.own.sightings, self.opened.injects)
        self.equivalences = equivalences(
            (known[one], known[other]) for one, other in pairs if {one, other} <= set(known)
        )

    async def _search(self) -> None:
        """Search plans of more faults on the simulator; what the real server shows of them is found."""
        budget = Budget(seconds=self.wanted.search, seed=self.wanted.seed)
        found = await search_for(self.scenario, self.opened, budget, faults=self.wanted.faults)
        self.searched = tuple(confirmed.finding for confirmed in found.confirmed)
        self.notes.update(dict.fromkeys(found.notes))

    async def replay(self, verdict: Replay) -> None:
        """Replay each different history once."""
        for ran in list(self.histories.values()):
            for history in ran.histories:
                found = await verdict(history)
                if found is None:
                    continue
                self.replayed += 1
                if isinstance(found, Clean):
                    continue
                self._also(ran.result, unreplayable(ran.result, name_of(found)))

    def _also(self, result: RunResult, finding: ChaosFinding) -> None:
        judged = self.judged.get(result.plan)
        self.judged[result.plan] = Judged(result, None, (*(judged.findings if judged else ()), finding))

    async def report(self) -> ChaosReport:
        """Shrink and confirm what was found, and put all together."""
        runs = {plan: reached(judged, asked=self.wanted.plans) for plan, judged in self.judged.items()}
        every = [finding for judged in runs.values() for finding in judged.findings]
        confirmed = await all_confirmed(self._one, every, self.judged, jobs=self.wanted.jobs)
        known = {key_of(finding) for finding in confirmed}
        confirmed += [finding for finding in self.searched if key_of(finding) not in known]
        unreachable = sum(judged.unreachable for judged in runs.values())
        return ChaosReport(
            scenario=self.name,
            baseline=self.baselines.own,
            judged=tuple(runs.values()),
            findings=tuple(confirmed),
            enumerated=len(self.planned),
            singles=len(self.firsts) + self.deaths,
            fired=sum(set(plan.strikes) <= judged.result.fired for plan, judged in runs.items()),
            pruned=self.pruned,
            unreachable=unreachable,
            equivalences=self.equivalences,
            replayed=self.replayed,
            unverified=(*unverified_of(self.scenario), *self.notes),
            seconds=time.monotonic() - self.began,
            seed=self.wanted.seed,
        )
