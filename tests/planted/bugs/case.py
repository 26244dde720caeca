"""A planted bug with the plan that must be found, and a twin in which nothing may be."""

from dataclasses import dataclass

from replaykit.model.chaos import Boundary, FaultPlan, Place, Strike
from replaykit.model.chaos_report import Violation
from replaykit.model.scenario import Scenario


@dataclass(frozen=True, slots=True)
class PlantedBug:
    """A scenario with one bug.

    Attributes:
        name: Its name.
        scenario: What is swept.
        plan: The smallest plan that shows it, by the documented order.
        violation: What does not hold.
        why: What is wrong, in one sentence.
        search: Seconds that plans of more than two faults are searched for.
        pairs: Whether two boundaries of the baseline must be struck at once.
    """

    name: str
    scenario: Scenario
    plan: FaultPlan
    violation: Violation
    why: str
    search: float = 0.0
    pairs: bool = False


@dataclass(frozen=True, slots=True)
class Twin:
    """The same workflow, mended."""

    name: str
    scenario: Scenario


def at(name: str, fault: str, *, nth: int = 1, attempt: int = 1, part: int = 0, within: str = "") -> Strike:
    """Strike an activity, or the nth effect of it where `part` says which."""
    place = Place.EFFECT if part else Place.ACTIVITY
    return Strike(Boundary(place, name, nth, attempt, part, within), fault)


def at_local(name: str, fault: str) -> Strike:
    """Strike a local activity."""
    return Strike(Boundary(Place.LOCAL_ACTIVITY, name), fault)


def at_task(name: str, fault: str) -> Strike:
    """Strike the workflow task that asks for a step first."""
    return Strike(Boundary(Place.TASK, name), fault)


def at_run(fault: str) -> Strike:
    """Strike the whole run."""
    return Strike(Boundary(Place.RUN), fault)


def plan(*strikes: Strike) -> FaultPlan:
    """Plan strikes."""
    return FaultPlan(strikes)
