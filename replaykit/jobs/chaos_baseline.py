"""A scenario is run without any fault: twice, and once more replayed at every workflow task; all must do the same."""

from collections.abc import Collection, Sequence
from dataclasses import replace

from replaykit.adapters.chaos.lanes import Ran
from replaykit.adapters.chaos.sweep import Sweep
from replaykit.errors import BaselineBroken, BaselineUnstable
from replaykit.model.chaos import End, FaultPlan, RunResult, Sighting
from replaykit.model.scenario import Given, Scenario
from replaykit.rules.chaos.invariants import judge_run, same_end


class Baselines:
    """The runs without any fault, one of each input."""

    def __init__(self, opened: Sweep) -> None:
        self._opened = opened
        self._known: dict[str, RunResult] = {}

    async def take(self, scenario: Scenario, *, name: str) -> Ran:
        """Run the scenario's own input without any fault, and return the first of the runs.

        Raises:
            BaselineUnstable: The runs differ.
            BaselineBroken: They do not end, or do not hold what must hold.
        """
        self._known[""], first = await baseline_of(self._opened, scenario, name=name)
        return first

    @property
    def own(self) -> RunResult:
        """The run with the scenario's own input."""
        return self._known[""]

    async def of(self, plan: FaultPlan, *, given: Given | None = None) -> RunResult:
        """Return the run that has the input of a plan, or `given` in its place."""
        key = plan.given or ("" if given is None else repr(given))
        if key not in self._known:
            ran = await self._opened.run(replace(plan, strikes=()), given=given)
            self._known[key] = ran.result
        return self._known[key]


async def baseline_of(opened: Sweep, scenario: Scenario, *, name: str) -> tuple[RunResult, Ran]:
    """Run without any fault.

    Returns:
        The baseline, with the boundaries and the replays of all runs, and the first run.

    Raises:
        BaselineUnstable: The runs differ.
        BaselineBroken: They do not end, or do not hold what must hold.
    """
    first = await opened.run(FaultPlan())
    base = first.result
    if base.end in {End.WEDGED, End.HUNG}:
        if base.assumed:
            raise BaselineBroken(
                f"{name} is {base.end} without any fault.",
                cause=f"the code asks for {', '.join(base.assumed)}, which the recorded run never did, so no recording "
                f"says the answer, and it returned nothing: {base.failure or 'the run did not end'}",
                fix="take a history that the present code recorded (the branch of a patch is chosen anew), or write "
                "the scenario in code, with that activity",
            )
        raise BaselineBroken(
            f"{name} is {base.end} without any fault.",
            cause=base.failure or "it had not ended in time, so no fault could be seen to do any harm",
            fix="let it end by itself: Scenario(drive=…) sends what it waits for; Scenario(timeout=…) waits longer",
        )
    # Not before the first has ended: the wait for the third of a run that never ends would be longer than a minute.
    others = [await opened.run(FaultPlan()), await opened.run(FaultPlan(), cached=False)]
    for other, how in zip(others, ("twice", "replayed at every workflow task"), strict=True):
        difference = _difference(base, other.result)
        if difference:
            raise BaselineUnstable(
                f"{name}, run {how} without any fault, did not do the same.",
                cause=difference,
                fix="take chance, clocks and shared state out of workflow and activities, or make the scenario's "
                "args a function of the workflow id so that runs do not meet",
            )
    held = judge_run(base, base, scenario)
    if held.findings:
        finding = held.findings[0]
        raise BaselineBroken(
            f"{name} does not hold without any fault what must hold: {finding.violation}.",
            cause=f"{finding.what} ({finding.why})",
            fix=finding.fix,
        )
    more = [sighting for run in others for sighting in run.result.sightings]
    replays = sum(run.result.replays for run in others)
    return replace(base, sightings=_merged(base.sightings, more), replays=replays), first


def _difference(one: RunResult, other: RunResult) -> str:
    """Say in what two runs without any fault differ; nothing where they do not."""
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
    mine, its = ({s.boundary for s in run.sightings} for run in (one, other))
    odd = sorted(mine ^ its)
    return f"only one of them passes {odd[0]}" if odd else ""


def _merged(sightings: Sequence[Sighting], more: Collection[Sighting]) -> tuple[Sighting, ...]:
    traits = {sighting.boundary: sighting.traits for sighting in sightings}
    for sighting in more:
        traits[sighting.boundary] = traits.get(sighting.boundary, frozenset()) | sighting.traits
    return tuple(Sighting(boundary, held) for boundary, held in traits.items())
