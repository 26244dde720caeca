"""A scenario is run without any fault: twice, and once more replayed at every workflow task; all must do the same."""

from dataclasses import dataclass, replace

from replaykit.adapters.chaos.lanes import Ran
from replaykit.adapters.chaos.sweep import Sweep
from replaykit.errors import BaselineBroken, BaselineUnstable
from replaykit.model.chaos import Boundary, End, FaultPlan, Place, RunResult
from replaykit.model.scenario import Given, Scenario
from replaykit.rules.chaos.baselines import difference, merged, passing_tasks
from replaykit.rules.chaos.invariants import judge_run


@dataclass(frozen=True, slots=True)
class Baseline:
    """What runs without any fault did.

    Attributes:
        run: The run that they make together.
        first: The first of them, with its histories.
        passing: The workflow tasks that only some of them had.
    """

    run: RunResult
    first: Ran
    passing: frozenset[Boundary]

    @property
    def unverified(self) -> tuple[str, ...]:
        """What cannot be struck for sure."""
        if not self.passing:
            return ()
        every = len(self.passing) + sum(sighting.boundary.place is Place.TASK for sighting in self.run.sightings)
        had = "only some of the runs without any fault had them"
        return (f"faults at {len(self.passing)} of {every} workflow tasks: {had}",)


class Baselines:
    """The runs without any fault, one of each input."""

    def __init__(self, opened: Sweep) -> None:
        self._opened = opened
        self._known: dict[str, RunResult] = {}

    async def take(self, scenario: Scenario, *, name: str) -> Baseline:
        """Run the scenario's own input without any fault.

        Raises:
            BaselineUnstable: The runs differ.
            BaselineBroken: They do not end, or do not hold what must hold.
        """
        taken = await baseline_of(self._opened, scenario, name=name)
        self._known[""] = taken.run
        return taken

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


async def baseline_of(opened: Sweep, scenario: Scenario, *, name: str) -> Baseline:
    """Run without any fault.

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
                fix="take a history that the present code recorded, or write the scenario in code, with that activity",
            )
        raise BaselineBroken(
            f"{name} is {base.end} without any fault.",
            cause=base.failure or "it had not ended in time, so no fault could be seen to do any harm",
            fix="let it end by itself: Scenario(drive=…) sends what it waits for; Scenario(timeout=…) waits longer",
        )
    # Not before the first has ended: the wait for the third of a run that never ends would be longer than a minute.
    others = [await opened.run(FaultPlan()), await opened.run(FaultPlan(), cached=False)]
    for other, how in zip(others, ("twice", "replayed at every workflow task"), strict=True):
        if odd := difference(base, other.result):
            raise BaselineUnstable(
                f"{name}, run {how} without any fault, did not do the same.",
                cause=odd,
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
    runs = [base, *(other.result for other in others)]
    return Baseline(merged(runs), first, passing_tasks(runs))
