"""Real deaths in a sweep: workers killed at every boundary in one blow, the server killed, a time without workers."""

from collections.abc import Sequence
from pathlib import Path

from replaykit.adapters.chaos.carrying import NotCarried
from replaykit.adapters.chaos.killing import open_killing
from replaykit.adapters.chaos.outages import open_fragile, run_without_workers
from replaykit.adapters.chaos.sweep import Ran, Sweep
from replaykit.model.chaos import FaultPlan
from replaykit.model.scenario import Scenario
from replaykit.rules.chaos.catalogue import KINDS, FaultKind, Group

NO_WORKERS = "no_workers"
DEADLY = frozenset(kind.name for kind in KINDS.values() if kind.group in {Group.KILL, Group.SERVER})
"""The faults that strike many runs at once, or a server of their own."""


def is_deadly(kind: FaultKind) -> bool:
    """Say whether a fault is one of these."""
    return kind.name in DEADLY


async def deaths_of(
    scenario: Scenario, opened: Sweep, plans: Sequence[FaultPlan], directory: Path
) -> tuple[list[Ran], tuple[str, ...]]:
    """Run plans of single deaths, as many in one blow as can be.

    Returns:
        The runs, and what could not be done, in words.
    """
    found: list[Ran] = []
    notes: list[str] = []
    killed = [plan for plan in plans if _group(plan) is Group.KILL]
    if killed:
        try:
            async with open_killing(scenario, opened, directory) as killing:
                found += await killing.run(killed)
        except NotCarried as why:
            notes.append(f"real SIGKILLs of workers, and emulations against them: {why}")
    served = [plan for plan in plans if _group(plan) is Group.SERVER]
    mortal = [plan for plan in served if plan.strikes[0].fault != NO_WORKERS]
    if mortal:
        own = directory / "mortal"
        own.mkdir()
        async with open_fragile(scenario, own) as (server, sweep):
            found += await server.run(sweep, mortal)
    for plan in served:
        if plan not in mortal:
            found.append(await run_without_workers(scenario, opened, plan))
    return found, tuple(notes)


def _group(plan: FaultPlan) -> Group:
    return KINDS[plan.strikes[0].fault].group
