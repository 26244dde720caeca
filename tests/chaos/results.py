"""Results of runs, made by hand."""

from dataclasses import replace
from typing import Any

from replaykit.model.chaos import Boundary, Effect, End, FaultPlan, Place, RunResult, Strike

WORKFLOW = "chaos-1"


def strike(fault: str, name: str = "charge", *, place: Place = Place.ACTIVITY, persistent: bool = False) -> Strike:
    return Strike(Boundary(place, name), fault, persistent=persistent)


def plan(*faults: str) -> FaultPlan:
    return FaultPlan(tuple(strike(fault) for fault in faults))


def result(*faults: str, **changes: Any) -> RunResult:  # noqa: ANN401 - the fields of RunResult
    """A run that completed with `{"id": 1}`, and whose strikes all fired."""
    planned = plan(*faults)
    made = RunResult(planned, WORKFLOW, End.COMPLETED, result={"id": 1}, fired=frozenset(planned.strikes))
    return replace(made, **changes)


def effect(name: str, key: str = "order", **changes: Any) -> Effect:  # noqa: ANN401 - the fields of Effect
    made = Effect(name, key, "", "", "", True, "activity charge #1", 1, WORKFLOW, 0.0)  # noqa: FBT003 - committed
    return replace(made, **changes)
