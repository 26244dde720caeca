"""Runs without any fault are compared, and put together to the one run that faults strike."""

from collections.abc import Sequence
from dataclasses import replace

from replaykit.model.chaos import Boundary, Place, RunResult, Sighting, Trait
from replaykit.rules.chaos.invariants import same_end


def difference(one: RunResult, other: RunResult) -> str:
    """Say in what two runs without any fault differ; nothing where they do not.

    Which steps a workflow task asks for together is up to what came in while the last one was worked on: that a task of
    one run is a part of another task in the other run is no difference.
    """
    if missed := one.misses or other.misses:
        return f"a recording that there is not was asked for: {missed[0]}"
    if not same_end(one, other):
        return f"one {one.end} with {one.result!r:.80}, the other {other.end} with {other.result!r:.80}"
    first, second = sorted(one.normal), sorted(other.normal)
    for line in first:
        if line not in second:
            return f"only one of them has the event {line[:300]}"
    if len(first) != len(second):
        return f"one has {len(first)} events, the other {len(second)}"
    mine, its = ({s.boundary for s in run.sightings if s.boundary.place is not Place.TASK} for run in (one, other))
    odd = sorted(mine ^ its)
    return f"only one of them passes {odd[0]}" if odd else ""


def merged(runs: Sequence[RunResult]) -> RunResult:
    """Return the first run with the boundaries that each of them passed, and the replays of the later ones."""
    traits: dict[Boundary, frozenset[Trait]] = {}
    for run in runs:
        for sighting in run.sightings:
            traits[sighting.boundary] = traits.get(sighting.boundary, frozenset()) | sighting.traits
    passing = passing_tasks(runs)
    return replace(
        runs[0],
        sightings=tuple(Sighting(boundary, held) for boundary, held in traits.items() if boundary not in passing),
        replays=sum(run.replays for run in runs[1:]),
    )


def passing_tasks(runs: Sequence[RunResult]) -> frozenset[Boundary]:
    """List the workflow tasks that only some of the runs had: no fault can be sure to find one there."""
    had = [frozenset(sighting.boundary for sighting in run.sightings) for run in runs]
    some, each = frozenset[Boundary]().union(*had), had[0].intersection(*had)
    return frozenset(boundary for boundary in some - each if boundary.place is Place.TASK)
