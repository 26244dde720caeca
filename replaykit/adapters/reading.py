"""What has been read so far while a history's events are walked once."""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field, replace
from typing import TypeAlias

from temporalio.api.common.v1 import Payload
from temporalio.api.history.v1 import HistoryEvent
from temporalio.converter import DataConverter

from replaykit.adapters.payloads import decode_with_codec, values_of
from replaykit.model.step import Answer, Step
from replaykit.model.value import Json, Value


@dataclass(slots=True)
class Reading:
    """The steps read so far, and what later events need to find them."""

    converter: DataConverter
    tasks: dict[int, int] = field(default_factory=dict)
    steps: list[Step] = field(default_factory=list)
    by_event: dict[int, int] = field(default_factory=dict)
    attempts: dict[int, int] = field(default_factory=dict)
    update_names: dict[int, tuple[str, str]] = field(default_factory=dict)

    async def values(self, payloads: Sequence[Payload]) -> tuple[Value, ...]:
        """Decode payloads through the team's codec and converter."""
        decoded = await decode_with_codec(list(payloads), self.converter)
        return values_of(decoded, self.converter.payload_converter)

    async def mapping(self, fields: dict[str, Payload]) -> Json:
        """Decode a map of payloads, such as a memo, into one JSON object."""
        data = {}
        for key in sorted(fields):
            [value] = await self.values([fields[key]])
            data[key] = value.data if isinstance(value, Json) else repr(value)
        return Json(data)

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


Reader: TypeAlias = Callable[[Reading, HistoryEvent], Awaitable[None]]


def seconds_of(event: HistoryEvent) -> float:
    """Return an event's time in seconds since the epoch."""
    return event.event_time.seconds + event.event_time.nanos / 1e9
