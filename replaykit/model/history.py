"""A parsed, validated workflow history."""

from bisect import bisect_right
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
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
    input: tuple["Value", ...]
    event_id: int
    time: float


@dataclass(frozen=True, slots=True)
class RunTimeouts:
    """The run's own timeouts in seconds, 0 for none: what it asks of others is trimmed to them or inherits them."""

    run: float = 0
    task: float = 0


@dataclass(frozen=True, slots=True)
class WorkflowTask:
    """One completed workflow task: the event ids of its WorkflowTaskStarted and WorkflowTaskCompleted."""

    started: int
    completed: int


@dataclass(frozen=True, slots=True)
class History:
    """A history: identity, recorded trace, and what replay can promise about it.

    `tasks` are the completed workflow tasks. `checks_ids` and `moves_end_last` are Core's flags 1 and 3 in the
    history. `awaits_local_activity`: the last task may only have kept a local activity alive. `fails_pending_task`:
    the recorded code, too, failed the workflow task that is still to be completed. `undecoded` names an encoding
    that no converter here reads. `guessed_id`: the workflow id was taken from the file's name.
    """

    identity: Identity
    trace: "Trace"
    received: tuple[Received, ...]
    status: RunStatus
    events: int
    tasks: tuple[WorkflowTask, ...]
    timeouts: RunTimeouts
    started: float
    checks_ids: bool
    moves_end_last: bool
    awaits_local_activity: bool
    fails_pending_task: bool
    undecoded: str | None
    guessed_id: bool

    def task_at(self, history_length: int) -> int | None:
        """Return the ordinal, from 1, of the completed workflow task that an activation belongs to.

        Core reports with each activation how far its history had come: to the task's WorkflowTaskStarted event, or
        to the end of a history whose last task recorded nothing. What lies beyond the last completed task is new
        progress (None), which a recorded history cannot contradict.
        """
        at = bisect_right(self.tasks, history_length, key=lambda task: task.started)
        if at == 0 or (at == len(self.tasks) and history_length > self.tasks[-1].completed):
            return None
        return at
