"""Real deaths in a sweep: workers killed at every boundary in one blow, the server killed, a time without workers."""

from collections.abc import Sequence
from pathlib import Path

from replaykit.adapters.chaos.deaths import open_deaths
from replaykit.adapters.chaos.sweep import Ran, Sweep
from replaykit.model.chaos import FaultPlan
from replaykit.model.scenario import Scenario
from replaykit.rules.chaos.catalogue import KINDS, FaultKind, Group

DEADLY = frozenset(kind.name for kind in KINDS.values() if kind.group in {Group.KILL, Group.SERVER})
"""The faults that strike many runs at once, or a server of their own."""


def is_deadly(kind: FaultKind) -> bool:
    """Say whether a fault is one of these."""
    return kind.name in DEADLY


async def deaths_of(
    scenario: Scenario, opened: Sweep, plans: Sequence[FaultPlan], directory: Path
) -> tuple[tuple[Ran, ...], tuple[str, ...]]:
    """Run plans of single deaths, as many in one blow as can be.

    Returns:
        The runs, and what could not be done, in words.
    """
    async with open_deaths(scenario, opened, directory) as deaths:
        found = await deaths.run(plans)
        why = deaths.why_not
    killed = any(plan not in found for plan in plans)
    notes = (f"real SIGKILLs of workers, and emulations against them: {why}",) if killed and why else ()
    return tuple(found.values()), notes
