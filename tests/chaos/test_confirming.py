"""A finding is told with a plan that shows it each time, where there is one."""

import asyncio
from collections import Counter

from replaykit.jobs.chaos_confirming import confirmed_by
from replaykit.model.chaos import FaultPlan
from replaykit.model.chaos_report import ChaosFinding, Judged, Violation
from tests.chaos.results import result


def finding(fault: str) -> ChaosFinding:
    return ChaosFinding(Violation.LEAKED, "effect charge", "", "", result(fault))


BY_CHANCE, STEADY = finding("cancel_before"), finding("cancel_with_result")


class Runs:
    """Shows what was found every time, or every other time where the plan does so by chance only."""

    def __init__(self, *, steady: tuple[ChaosFinding, ...], by_chance: tuple[ChaosFinding, ...]) -> None:
        self._steady = {each.result.plan: each for each in steady}
        self._by_chance = {each.result.plan: each for each in by_chance}
        self._runs: Counter[FaultPlan] = Counter()

    async def __call__(self, plan: FaultPlan) -> Judged:
        self._runs[plan] += 1
        shown = self._steady.get(plan)
        if shown is None and self._runs[plan] % 2:
            shown = self._by_chance.get(plan)
        return Judged(result(), None, (shown,) if shown else ())


def test_plan_that_shows_it_each_time_is_told_before_a_smaller_one_that_shows_it_by_chance() -> None:
    runs = Runs(steady=(STEADY,), by_chance=(BY_CHANCE,))
    told = asyncio.run(confirmed_by(runs, BY_CHANCE, {}, [STEADY]))
    assert told == STEADY
    assert not told.flaky


def test_finding_that_every_plan_shows_by_chance_is_flaky_and_told_with_the_smallest() -> None:
    runs = Runs(steady=(), by_chance=(BY_CHANCE, STEADY))
    told = asyncio.run(confirmed_by(runs, BY_CHANCE, {}, [STEADY]))
    assert told.flaky
    assert told.result.plan == BY_CHANCE.result.plan


def test_finding_that_comes_each_time_keeps_its_plan() -> None:
    runs = Runs(steady=(BY_CHANCE, STEADY), by_chance=())
    assert asyncio.run(confirmed_by(runs, BY_CHANCE, {}, [STEADY])) == BY_CHANCE
