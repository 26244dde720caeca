"""A parsed, validated workflow history."""

from dataclasses import dataclass
from enum import StrEnum

from replaykit.model.step import Trace
from replaykit.model.value import Value


class RunStatus(StrEnum):
    """How a run stands at the end of its history."""

    OPEN = "open"
    COMPLETED = "completed"
    FAILED = "failed"
    CANCELLED = "cancelled"
    TERMINATED = "terminated"
    TIMED_OUT = "timed out"
    CONTINUED_AS_NEW = "continued as new"


@dataclass(frozen=True, slots=True)
class Identity:
    """Whose history it is. `run_id` is the actual run's, not the one a reset run inherits."""

    workflow_id: str
    run_id: str
    workflow_type: str
    task_queue: str
    namespace: str


@dataclass(frozen=True, slots=True)
class Received:
    """Something that reached the run from outside, unasked: a signal, a cancel request, a termination."""

    what: str
    name: str
    input: tuple[Value, ...]
    event_id: int
    time: float


@dataclass(frozen=True, slots=True)
class History:
    """A history: identity, recorded trace, and what replay can promise about it.

    `tasks` holds, for each completed workflow task, the event id of its WorkflowTaskStarted event: Core reports
    it as an activation's history length, which ties an activation to its workflow task.
    """

    identity: Identity
    trace: Trace
    received: tuple[Received, ...]
    status: RunStatus
    events: int
    tasks: tuple[int, ...]
    started: float
    checks_ids: bool
    moves_end_last: bool
    awaits_local_activity: bool
    undecoded: str | None
    guessed_id: bool
