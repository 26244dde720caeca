"""What has been read so far while a history's events are walked once."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import TypeAlias

from temporalio.api.common.v1 import Payload
from temporalio.api.history.v1 import HistoryEvent
from temporalio.converter import PayloadConverter

from replaykit.adapters.payloads import mapping_of, values_of
from replaykit.model.history import RunTimeouts
from replaykit.model.step import Answer, Step, StepKey, StepKind
from replaykit.model.value import Json, Value


@dataclass(slots=True)
class Reading:
    """The steps read so far, and what later events need to find them."""

    converter: PayloadConverter
    run: RunTimeouts
    tasks: dict[int, int] = field(default_factory=dict)
    steps: list[Step] = field(default_factory=list)
    by_event: dict[int, int] = field(default_factory=dict)
    attempts: dict[int, int] = field(default_factory=dict)
    update_names: dict[int, tuple[str, str]] = field(default_factory=dict)

    def values(self, payloads: Sequence[Payload]) -> tuple[Value, ...]:
        """Decode payloads through the team's converter."""
        return values_of(payloads, self.converter)

    def mapping(self, fields: Mapping[str, Payload]) -> Json:
        """Decode a map of payloads, such as a memo, into one JSON object."""
        return mapping_of(fields, self.converter)

    def summary(self, event: HistoryEvent) -> Json | None:
        """Decode the summary that the command carried for people, if any."""
        if not event.user_metadata.HasField("summary"):
            return None
        [value] = self.values([event.user_metadata.summary])
        return value if isinstance(value, Json) else None

    def step(self, kind: StepKind, name: str, completed: int, *, id: str = "") -> Step:  # noqa: A002 - Temporal's word
        """Begin a step of the workflow task whose WorkflowTaskCompleted is event `completed`; of the latest for 0."""
        return Step(StepKey(kind, name, 0), self.tasks.get(completed, len(self.tasks)), id=id)

    def add(self, event: HistoryEvent, step: Step) -> None:
        """Append a step and tie it to its event."""
        self.by_event[event.event_id] = len(self.steps)
        self.steps.append(replace(step, event_id=event.event_id, time=seconds_of(event)))

    def answer(self, event: HistoryEvent, asked: int, answer: Answer) -> None:
        """Tie an answer to the step that the event `asked` recorded."""
        index = self.by_event.get(asked)
        if index is None:
            return
        step = self.steps[index]
        took = seconds_of(event) - step.time if step.time is not None else None
        attempts = self.attempts.get(asked, 1)
        self.steps[index] = replace(
            step, answer=replace(answer, attempts=attempts, event_id=event.event_id, seconds=took)
        )


Reader: TypeAlias = Callable[[Reading, HistoryEvent], None]


def seconds_of(event: HistoryEvent) -> float:
    """Return an event's time in seconds since the epoch."""
    return event.event_time.seconds + event.event_time.nanos / 1e9
