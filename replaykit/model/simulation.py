"""What a simulator says of a plan that it cannot run."""

from dataclasses import dataclass

from replaykit.model.chaos import FaultPlan


@dataclass(frozen=True, slots=True)
class NotSimulated:
    """A plan of which the simulator says nothing: neither that it held nor that it did not.

    Attributes:
        plan: The plan.
        why: What the simulator cannot do.
    """

    plan: FaultPlan
    why: str
