"""The activity answers of a history become a cassette, without any call."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import Any

from temporalio.api.common.v1 import Payload
from temporalio.api.enums.v1 import EventType
from temporalio.api.history.v1 import HistoryEvent

from replaykit.adapters.asked import moment
from replaykit.adapters.contents import content_of, failed
from replaykit.adapters.markers import LOCAL_ACTIVITY_MARKER
from replaykit.model.cassette import NULL_ENCODING, Answer, Content, Interaction, Layer


@dataclass(frozen=True, slots=True)
class Extracted:
    """What a history holds of answers.

    Attributes:
        interactions: In the order in which they were scheduled.
        unanswered: Activities that were cancelled, or had no answer when the history ended.
        retried: Activities that took more than one attempt: of all attempts a history keeps only the last.
    """

    interactions: tuple[Interaction, ...]
    unanswered: int = 0
    retried: int = 0


@dataclass(slots=True)
class _Reading:
    asked: dict[int, Interaction] = field(default_factory=dict)
    answers: dict[int, Answer] = field(default_factory=dict)
    attempts: dict[int, int] = field(default_factory=dict)


def extract(events: Sequence[HistoryEvent]) -> Extracted:
    """Read the answers off the events of one run, their payloads decoded."""
    reading = _Reading()
    for event in events:
        _read(reading, event)
    interactions = []
    for number, asked in sorted(reading.asked.items()):
        if number in reading.answers:
            interactions.append(replace(asked, answer=reading.answers[number]))
    return Extracted(
        tuple(sorted(interactions, key=lambda interaction: interaction.recorded)),
        unanswered=len(reading.asked) - len(interactions),
        retried=sum(attempt > 1 for number, attempt in reading.attempts.items() if number in reading.answers),
    )


def _read(reading: _Reading, event: HistoryEvent) -> None:
    match event.event_type:
        case EventType.EVENT_TYPE_ACTIVITY_TASK_SCHEDULED:
            said = event.activity_task_scheduled_event_attributes
            contents = tuple(map(content_of, said.input.payloads))
            reading.asked[event.event_id] = _asked(event, Layer.ACTIVITY, said.activity_type.name, contents)
        case EventType.EVENT_TYPE_ACTIVITY_TASK_STARTED:
            started = event.activity_task_started_event_attributes
            reading.attempts[started.scheduled_event_id] = started.attempt
        case EventType.EVENT_TYPE_ACTIVITY_TASK_COMPLETED:
            completed = event.activity_task_completed_event_attributes
            reading.answers[completed.scheduled_event_id] = _result(completed.result.payloads)
        case EventType.EVENT_TYPE_ACTIVITY_TASK_FAILED:
            lost = event.activity_task_failed_event_attributes
            reading.answers[lost.scheduled_event_id] = failed(lost.failure, retried=False)
        case EventType.EVENT_TYPE_ACTIVITY_TASK_TIMED_OUT:
            late = event.activity_task_timed_out_event_attributes
            reading.answers[late.scheduled_event_id] = failed(late.failure, retried=False)
        case EventType.EVENT_TYPE_MARKER_RECORDED:
            _read_marker(reading, event)


def _read_marker(reading: _Reading, event: HistoryEvent) -> None:
    said = event.marker_recorded_event_attributes
    if said.marker_name != LOCAL_ACTIVITY_MARKER:
        return
    data = json.loads(said.details["data"].payloads[0].data)
    number = event.event_id
    asked = _asked(event, Layer.LOCAL_ACTIVITY, data["activity_type"], None)
    # Markers stand in the order in which local activities ended, all of one workflow task at its end.
    reading.asked[number] = replace(asked, recorded=_scheduled(data) or asked.recorded)
    reading.attempts[number] = int(data.get("attempt", 1))
    if said.HasField("failure"):
        reading.answers[number] = failed(said.failure, retried=False)
    else:
        payloads = said.details["result"].payloads if "result" in said.details else ()
        reading.answers[number] = _result(payloads)


def _result(payloads: Sequence[Payload]) -> Content:
    # An activity returns one value; of none, the SDK makes this.
    return content_of(payloads[0]) if payloads else Content(NULL_ENCODING)


def _asked(event: HistoryEvent, layer: Layer, name: str, contents: tuple[Content, ...] | None) -> Interaction:
    return Interaction(layer, name, contents, Content(""), moment(event.event_time.ToDatetime(UTC)))


def _scheduled(data: Mapping[str, Any]) -> str | None:
    time = data.get("original_schedule_time")
    if not isinstance(time, dict) or not time.get("seconds"):
        return None
    micros = int(time.get("nanos") or 0) // 1000
    return moment(datetime.fromtimestamp(int(time["seconds"]), UTC) + timedelta(microseconds=micros))
