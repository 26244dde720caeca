"""The search job: plans are searched on the simulator; what it finds is run on the real server before it is said."""

import asyncio
import importlib.util
import time
from collections.abc import Sequence
from dataclasses import dataclass, replace

from replaykit.adapters.chaos.given import told
from replaykit.adapters.chaos.simulator import SIMULATED, Simulator
from replaykit.adapters.chaos.sweep import Sweep
from replaykit.jobs.chaos_baseline import Baselines
from replaykit.model.chaos import FaultPlan
from replaykit.model.chaos_report import ChaosFinding
from replaykit.model.scenario import Given, Scenario
from replaykit.model.search import Budget, Hit, Searched
from replaykit.rules.chaos.alike import same_finding
from replaykit.rules.chaos.catalogue import KINDS
from replaykit.rules.chaos.invariants import judge_run
from replaykit.rules.chaos.kinds import FaultKind
from replaykit.rules.chaos.select import select

RERUNS = 3
NO_HYPOTHESIS = "plans of three and more faults: pip install 'temporal-replaykit[chaos]' for the search"


@dataclass(frozen=True, slots=True)
class Confirmed:
    """A finding that the real server shows, and the input that it needs; None is the scenario's own.

    The finding's plan holds that input, too, unless it is a function, which no file can hold.
    """

    finding: ChaosFinding
    given: Given | None = None


@dataclass(frozen=True, slots=True)
class SearchReport:
    """All of a search.

    Attributes:
        confirmed: What the real server shows, each with its smallest plan.
        unreproduced: What only the simulator showed; it is no finding.
        searched: What the simulator says of its search; None where nothing was searched.
        notes: What was not searched, in words.
        seconds: How long it took, the real runs among it.
    """

    confirmed: tuple[Confirmed, ...] = ()
    unreproduced: tuple[FaultPlan, ...] = ()
    searched: Searched | None = None
    notes: tuple[str, ...] = ()
    seconds: float = 0.0


def can_search() -> bool:
    """Say whether Hypothesis is installed."""
    return importlib.util.find_spec("hypothesis") is not None


async def search_for(scenario: Scenario, opened: Sweep, budget: Budget, *, faults: Sequence[str] = ()) -> SearchReport:
    """Search a scenario for findings that need several faults.

    Args:
        scenario: The scenario.
        opened: The sweep on the real server on which hits are confirmed.
        budget: How long is searched on the simulator.
        faults: Names of faults and groups of them; empty is all that can be simulated.

    Raises:
        ConfigInvalid: There is no fault or group of a name.
    """
    began = time.monotonic()
    kinds, _ = select(faults, SIMULATED)
    wanted, _ = select(faults, KINDS)
    left = sorted({kind.group.value for kind in wanted} - {kind.group.value for kind in kinds})
    notes = [f"plans of three and more faults hold none of {', '.join(left)}: no server, no simulation"] if left else []
    if not can_search():
        return SearchReport(notes=(*notes, NO_HYPOTHESIS))
    searched = await asyncio.to_thread(_simulated, scenario, kinds, budget)
    run = _Confirming(scenario, opened, Baselines(opened))
    confirmed, unreproduced = [], []
    for hit in searched.hits:
        found = await run.confirmed(hit)
        if found is None:
            unreproduced.append(hit.plan)
        else:
            confirmed.append(found)
    if any(callable(found.given) for found in confirmed):
        notes.append("plans whose input is a function: no file holds one, so they run with the scenario's own input")
    said = [f"{count} plans: the simulator cannot do {why}" for why, count in searched.not_simulated if why]
    return SearchReport(
        confirmed=tuple(confirmed),
        unreproduced=tuple(unreproduced),
        searched=searched,
        notes=(*notes, *said),
        seconds=time.monotonic() - began,
    )


def _simulated(scenario: Scenario, kinds: Sequence[FaultKind], budget: Budget) -> Searched:
    # Hypothesis is an extra: whoever does not search does not need it.
    from replaykit.rules.chaos.search import search  # noqa: PLC0415 - an optional extra

    with Simulator(scenario) as simulator:
        return search(
            lambda plan, given: simulator.run(plan, given=given),
            scenario,
            kinds,
            budget,
            clock=time.monotonic,
        )


@dataclass(slots=True)
class _Confirming:
    scenario: Scenario
    opened: Sweep
    baselines: Baselines

    async def confirmed(self, hit: Hit) -> Confirmed | None:
        """Run a hit on the real server; what does not come there is no finding, what does not come again is flaky."""
        first = await self._again(hit)
        if first is None:
            return None
        again = await asyncio.gather(*(self._again(hit) for _ in range(RERUNS)))
        came = sum(found is not None for found in again)
        return Confirmed(replace(first, flaky=came < RERUNS), hit.given)

    async def _again(self, hit: Hit) -> ChaosFinding | None:
        plan = self._plan_of(hit)
        base = await self.baselines.of(plan, given=hit.given)
        ran = await self.opened.run(plan, given=hit.given)
        return same_finding(hit.finding, judge_run(ran.result, base, self.scenario).findings)

    def _plan_of(self, hit: Hit) -> FaultPlan:
        if hit.given is None or callable(hit.given):
            return hit.plan
        return replace(hit.plan, given=told(hit.given, self.opened.client.data_converter.payload_converter))
