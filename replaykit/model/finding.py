"""Findings: what a comparison of recorded and new steps found, as values."""

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from replaykit.model.outcome import TaskFailure
    from replaykit.model.step import SourceLine, Step, StepKey


@dataclass(frozen=True, slots=True)
class Change:
    """One value that differs: its path below the step, and how each side reads (None: not there)."""

    path: str
    recorded: str | None
    new: str | None


@dataclass(frozen=True, slots=True)
class Drift:
    """The same step with another input, option or result: Temporal accepts it, behaviour changes."""

    number: int
    recorded: "Step"
    observed: "Step"
    changes: tuple[Change, ...]


class Shape(StrEnum):
    """In which way the new code leaves the recorded steps."""

    INSERTED = "inserted"
    REMOVED = "removed"
    REPLACED = "replaced"
    REORDERED = "reordered"
    RENUMBERED = "renumbered"
    ENDS_EARLY = "ends early"
    GOES_ON = "goes on"
    TAIL = "extra step in the open tail"
    TASK_FAILS = "workflow task fails"
    CORE_ONLY = "only Core objects"


@dataclass(frozen=True, slots=True)
class Divergence:
    """The first place where the new code leaves the recorded steps.

    `number` is the step's place in the recorded trace, from 1. `before` are the steps both sides agree on just
    before it. `recorded` or `observed` is None where that side has no step there. `still_named` says whether the
    recorded step's name still stands in the new workflow module; None where nobody looked.
    """

    shape: Shape
    task: int
    number: int
    before: tuple["Step", ...]
    recorded: tuple["Step", ...]
    observed: tuple["Step", ...]
    standing: "SourceLine | None" = None
    failure: "TaskFailure | None" = None
    core_error: str | None = None
    still_named: bool | None = None
    core_answered: bool = True


@dataclass(frozen=True, slots=True)
class Unverified:
    """Something a verdict could not check, and why."""

    key: "StepKey | None"
    what: str
    why: str


ENVIRONMENT = "independence of the environment"
"""What a note names where code that runs outside the sandbox asked for other steps under another clock."""
