"""What one replay of a history showed."""

from dataclasses import dataclass, field

from replaykit.model.step import SourceLine, Trace


@dataclass(frozen=True, slots=True)
class TaskFailure:
    """The new code failed its workflow task: the exception, where it was raised, and its full text.

    `pending`: it was the task after the last completed one, which the recorded run has yet to complete.
    """

    task: int
    pending: bool
    type: str
    message: str
    stack: str
    site: SourceLine | None


@dataclass(frozen=True, slots=True)
class Outcome:
    """The observed trace and Core's word on it.

    `ahead` are the steps after the last completed workflow task, which no history holds yet.

    `reached` is the last completed workflow task that Core activated; `core_error` is Core's raw text, or None
    where it is content; `core_answered` is False where Core never said a word. `broken` is the short traceback of a
    workflow that could not even be instantiated. `unhandled` are signals that reached the run and no handler of it.
    """

    trace: Trace
    reached: int
    core_error: str | None
    core_answered: bool
    broken: str | None
    task_failure: TaskFailure | None
    standing: SourceLine | None
    seconds: float
    sandboxed: bool = True
    unhandled: tuple[str, ...] = ()
    ahead: Trace = field(default_factory=Trace)
