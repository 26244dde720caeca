"""Whether what was to strike a run did."""

from collections.abc import Collection

from replaykit.model.chaos import FaultPlan, Place, RunResult
from replaykit.model.chaos_report import Judged


def missed_its_task(result: RunResult) -> bool:
    """Whether a single fault found no such workflow task: which steps one asks for together is partly chance."""
    strikes = result.plan.strikes
    return len(strikes) == 1 and strikes[0].at.place is Place.TASK and strikes[0] not in result.fired


def reached(judged: Judged, *, asked: Collection[FaultPlan]) -> Judged:
    """Tell a pair that cannot happen from a fault that should have and did not.

    Args:
        judged: A run.
        asked: The plans that a person asked for: of those each strike has to fire.
    """
    result = judged.result
    if len(result.plan.strikes) == 1 or result.plan in asked or set(result.plan.strikes) <= result.fired:
        return judged
    return Judged(result, judged.held, unreachable=True)
