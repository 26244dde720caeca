"""What was found is shrunk to the smallest plan that shows it, and run again: what does not come each time is flaky."""

import asyncio
from collections.abc import Awaitable, Callable, Collection, Mapping, Sequence
from dataclasses import replace
from typing import TypeAlias

from replaykit.model.chaos import FaultPlan
from replaykit.model.chaos_report import PROVES_NOTHING, ChaosFinding, Judged, Violation
from replaykit.rules.chaos.gather import gather, key_of, others_of
from replaykit.rules.chaos.plans import simpler

RERUNS = 3
# Each step of shrinking is a run: a plan of three strikes has some thirty plans that are simpler by one step.
MOST_SHRINKING = 40
# How many plans may show a finding by chance until it is told with the smallest of them.
MOST_PLANS = 3

Run: TypeAlias = Callable[[FaultPlan], Awaitable[Judged]]


async def all_confirmed(
    run: Run, every: Sequence[ChaosFinding], known: Mapping[FaultPlan, Judged], *, jobs: int
) -> list[ChaosFinding]:
    """Confirm findings, each told once, side by side: those that need a death share it."""
    room = asyncio.Semaphore(jobs)

    async def in_room(plan: FaultPlan) -> Judged:
        async with room:
            return await run(plan)

    different = gather(every)
    return list(await asyncio.gather(*(confirmed_by(in_room, one, known, others_of(one, every)) for one in different)))


async def confirmed_by(
    run: Run, finding: ChaosFinding, known: Mapping[FaultPlan, Judged], others: Sequence[ChaosFinding] = ()
) -> ChaosFinding:
    """Return the finding with its smallest plan, and whether it came again three times.

    A plan that shows it each time is told before a smaller one that shows it by chance.

    Args:
        run: Runs a plan and judges it.
        finding: The finding.
        known: What has been run already.
        others: The same finding as other plans show it, the simplest first.
    """
    if finding.violation in PROVES_NOTHING or finding.violation is Violation.UNREPLAYABLE:
        return finding
    flaky: list[ChaosFinding] = []
    for each in (finding, *others):
        tried = {other.result.plan for other in flaky}
        if len(tried) == MOST_PLANS:
            break
        if each.result.plan in tried:
            continue
        smallest = await _shrunk(run, each, known, tried)
        again = await asyncio.gather(*(run(smallest.result.plan) for _ in range(RERUNS)))
        if all(_the_same(smallest, judged) is not None for judged in again):
            return smallest
        flaky.append(smallest)
    return replace(flaky[0], flaky=True)


async def _shrunk(
    run: Run, finding: ChaosFinding, known: Mapping[FaultPlan, Judged], tried: Collection[FaultPlan]
) -> ChaosFinding:
    left = MOST_SHRINKING
    best = finding
    while True:
        for plan in simpler(best.result.plan):
            if plan in tried:
                continue
            judged = known.get(plan)
            if judged is None and left:
                left -= 1
                judged = await run(plan)
            same = None if judged is None else _the_same(best, judged)
            if same is not None:
                best = same
                break
        else:
            return best


def _the_same(finding: ChaosFinding, judged: Judged) -> ChaosFinding | None:
    return next((other for other in judged.findings if key_of(other) == key_of(finding)), None)
