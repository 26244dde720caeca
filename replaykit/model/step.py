"""The step: one thing a workflow asks the outside world for, and its coordinate."""

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from replaykit.model.value import Json, Value


class StepKind(StrEnum):
    """What a step asks for, in Temporal's words."""

    ACTIVITY = "activity"
    ACTIVITY_CANCEL = "activity cancel"
    LOCAL_ACTIVITY = "local activity"
    TIMER = "timer"
    TIMER_CANCEL = "timer cancel"
    CHILD = "child workflow"
    SIGNAL = "external signal"
    CANCEL_EXTERNAL = "external cancel"
    PATCH = "patch"
    SEARCH_ATTRIBUTES = "search attributes"
    MEMO = "memo"
    NEXUS = "nexus operation"
    NEXUS_CANCEL = "nexus operation cancel"
    UPDATE_ACCEPTED = "update accepted"
    UPDATE_REJECTED = "update rejected"
    UPDATE_COMPLETED = "update completed"
    COMPLETE = "complete"
    FAIL = "fail"
    CANCEL = "cancel"
    CONTINUE_AS_NEW = "continue as new"


ENDS = frozenset({StepKind.COMPLETE, StepKind.FAIL, StepKind.CANCEL, StepKind.CONTINUE_AS_NEW})
"""The kinds of step that end a run."""


@dataclass(frozen=True, slots=True)
class StepKey:
    """The coordinate of a step: `nth` counts from 1 per (kind, name), so it survives an insertion elsewhere."""

    kind: StepKind
    name: str
    nth: int

    def __str__(self) -> str:
        if self.kind in ENDS:
            return f"{self.kind.value} {self.name}".rstrip()
        return f"{self.kind.value} {self.name} #{self.nth}".replace("  ", " ")


@dataclass(frozen=True, slots=True)
class SourceLine:
    """A line of workflow code: absolute path, line from 1, qualified function name, the line's text and indentation.

    `caller` is the line that called this function, where that is the team's code too.
    """

    path: str
    line: int
    function: str
    text: str = ""
    indent: int = 0
    caller: "SourceLine | None" = None


@dataclass(frozen=True, slots=True)
class Answer:
    """What the outside world answered: a value, a failure's text, or nothing yet.

    `types` are those of the failure and its causes, outermost first.
    """

    values: tuple["Value", ...] = ()
    failure: str | None = None
    types: tuple[str, ...] = ()
    attempts: int = 1
    event_id: int | None = None
    seconds: float | None = None


@dataclass(frozen=True, slots=True)
class Step:
    """One step as recorded in a history or as issued by new code.

    `task` is the ordinal, from 1, of the completed workflow task that issued it. `id` is the activity id, timer
    id, child or target workflow id, update id; empty where the step has none. `options` holds what else the
    command says and this version compares.
    """

    key: StepKey
    task: int
    id: str = ""
    input: tuple["Value", ...] = ()
    options: tuple[tuple[str, "Json"], ...] = ()
    event_id: int | None = None
    time: float | None = None
    site: SourceLine | None = None
    answer: Answer | None = None
    input_known: bool = True


@dataclass(frozen=True, slots=True)
class Trace:
    """The steps of one run in the order in which the workflow issued them."""

    steps: tuple[Step, ...] = ()
