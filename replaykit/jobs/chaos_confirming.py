"""What was found is shrunk to the smallest plan that shows it, and run again: what does not come each time is flaky."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import replace
from typing import TypeAlias

from replaykit.model.chaos import PROVES_NOTHING, ChaosFinding, FaultPlan, Judged, Violation
from replaykit.rules.chaos.gather import key_of
from replaykit.rules.chaos.plans import simpler

RERUNS = 3
# Each step of shrinking is a run: a plan of three strikes has some thirty plans that are simpler by one step.
MOST_SHRINKING = 40

Run: TypeAlias = Callable[[FaultPlan], Awaitable[Judged]]


async def confirmed_by(run: Run, finding: ChaosFinding, known: Mapping[FaultPlan, Judged]) -> ChaosFinding:
    """Return the finding with its smallest plan, and whether it came again three times.

    Args:
        run: Runs a plan and judges it.
        finding: The finding.
        known: What has been run already.
    """
    if finding.violation in PROVES_NOTHING or finding.violation is Violation.UNREPLAYABLE:
        return finding
    smallest = await _shrunk(run, finding, known)
    again = await asyncio.gather(*(run(smallest.result.plan) for _ in range(RERUNS)))
    came = sum(_the_same(smallest, judged) is not None for judged in again)
    return replace(smallest, flaky=came < RERUNS)


async def _shrunk(run: Run, finding: ChaosFinding, known: Mapping[FaultPlan, Judged]) -> ChaosFinding:
    left = MOST_SHRINKING
    best = finding
    while True:
        for plan in simpler(best.result.plan):
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
