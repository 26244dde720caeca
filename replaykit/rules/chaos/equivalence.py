"""Emulations of a worker's death are held against a real one: same history, end and ledger, or no trust."""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import replace
from types import MappingProxyType

from replaykit.model.chaos import FaultPlan, Place, RunResult, Sighting, Strike
from replaykit.model.chaos_report import Equivalence
from replaykit.rules.chaos.invariants import same_end

EMULATES: Mapping[str, str] = MappingProxyType(
    {"crash_before": "kill_before", "crash_after": "kill_after", "task_lost": "kill_task"}
)
"""What is done without a death, by the death that it stands for."""

_PLACES = {"crash_before": Place.ACTIVITY, "crash_after": Place.ACTIVITY, "task_lost": Place.TASK}


def twins(sightings: Iterable[Sighting], injects: Collection[str]) -> tuple[tuple[FaultPlan, FaultPlan], ...]:
    """Pair each emulation at each boundary of a run with the real death at that boundary.

    Args:
        sightings: The boundaries.
        injects: The faults that can be injected here.
    """
    return tuple(
        (FaultPlan((Strike(sighting.boundary, fault),)), FaultPlan((Strike(sighting.boundary, death),)))
        for sighting in sightings
        for fault, death in EMULATES.items()
        if fault in injects and sighting.boundary.place is _PLACES[fault]
    )


def equivalences(pairs: Iterable[tuple[RunResult, RunResult]]) -> tuple[Equivalence, ...]:
    """Hold each emulated death against the real one.

    Args:
        pairs: The run under the emulation, and the run whose worker was killed at the same boundary.
    """
    found: dict[str, Equivalence] = {}
    for emulated, killed in pairs:
        (strike,) = emulated.plan.strikes
        known = found.get(strike.fault, Equivalence(strike.fault, 0))
        how = _difference(emulated, killed)
        differing = (*known.differing, f"{strike.at} ({how})") if how else known.differing
        found[strike.fault] = replace(known, compared=known.compared + 1, differing=differing)
    return tuple(found.values())


def _difference(emulated: RunResult, killed: RunResult) -> str:
    """Say in what two runs differ; nothing where they do not."""
    if not killed.fired or not emulated.fired:
        return "one of them did not strike"
    if not same_end(emulated, killed):
        return f"the one {emulated.end}, the other {killed.end}"
    if _ledger(emulated) != _ledger(killed):
        return "other effects"
    if _lines(emulated) != _lines(killed):
        return "another history"
    return ""


def _lines(result: RunResult) -> list[str]:
    # Where several things are under way at once, their order is chance in either.
    return sorted(result.normal)


def _ledger(result: RunResult) -> list[tuple[str, str, str, bool, str, int]]:
    # The digest of an input may be one of the workflow id, which is another one with each run.
    return sorted(
        (
            effect.name,
            effect.key.replace(result.workflow_id, ""),
            effect.idempotency_key.replace(result.workflow_id, ""),
            effect.committed,
            effect.step,
            effect.attempt,
        )
        for effect in result.effects
    )
