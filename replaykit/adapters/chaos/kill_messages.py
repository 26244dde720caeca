"""What passes between a sweep and the worker processes that it kills."""

from dataclasses import dataclass
from typing import Any, TypeAlias

from replaykit.adapters.chaos.reach import Attempt
from replaykit.model.chaos import FaultPlan, Strike


@dataclass(frozen=True, slots=True)
class Begin:
    """The first: the scenario, pickled, and where its worker belongs.

    `modules` are files that no search path leads to, by the names under which the parent loaded them.
    """

    modules: tuple[tuple[str, str], ...]
    scenario: bytes
    target: str
    task_queue: str
    ledger: str


@dataclass(frozen=True, slots=True)
class Arm:
    """A run, its plan, and all that was told of it by the processes before this one."""

    workflow_id: str
    plan: FaultPlan
    before: tuple["Told", ...] = ()


@dataclass(frozen=True, slots=True)
class Poll:
    """The worker may begin."""


@dataclass(frozen=True, slots=True)
class Leave:
    """Asks what is known of a run beside what was told."""

    workflow_id: str


@dataclass(frozen=True, slots=True)
class Ready:
    """The scenario is loaded."""


@dataclass(frozen=True, slots=True)
class Unfit:
    """It cannot be loaded in another process, and why."""

    reason: str


@dataclass(frozen=True, slots=True)
class IsArmed:
    """A run is armed: it may start."""

    workflow_id: str


@dataclass(frozen=True, slots=True)
class Told:
    """Something happened to a run: a method of its Armed, or of a part of that, was called so."""

    workflow_id: str
    method: str
    args: tuple[Any, ...]


@dataclass(frozen=True, slots=True)
class Began:
    """An attempt of a run's activity is at work."""

    workflow_id: str
    attempt: Attempt


@dataclass(frozen=True, slots=True)
class Over:
    """It is no more."""

    workflow_id: str
    attempt: Attempt


@dataclass(frozen=True, slots=True)
class Parked:
    """A run stands where it is to die."""

    workflow_id: str
    strike: Strike


@dataclass(frozen=True, slots=True)
class Left:
    """What is known of a run beside what was told."""

    workflow_id: str
    assumed: tuple[str, ...]
    missed: tuple[str, ...]
    repeated: tuple[str, ...]


Order: TypeAlias = Begin | Arm | Poll | Leave
News: TypeAlias = Ready | Unfit | IsArmed | Told | Began | Over | Parked | Left
