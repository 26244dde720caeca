"""The events of a history become its recorded trace."""

import json
from collections.abc import Sequence
from dataclasses import replace

from temporalio.api.enums.v1 import EventType
from temporalio.api.history.v1 import HistoryEvent
from temporalio.converter import DataConverter

from replaykit.adapters.answers import ANSWER_READERS
from replaykit.adapters.failures import data_of, text_of
from replaykit.adapters.payloads import value_of
from replaykit.adapters.reading import Reader, Reading
from replaykit.model.step import Answer, Step, StepKey, StepKind, Trace
from replaykit.model.value import Json, Value
from replaykit.rules.canonical import in_issue_order, numbered

# Marker names and their detail keys are Core's: sdk-core, protos, `history` helpers (patch and local activity).
PATCH_MARKER = "core_patch"
LOCAL_ACTIVITY_MARKER = "core_local_activity"
# Core upserts this search attribute by itself beside each patch marker.
CHANGE_VERSION = "TemporalChangeVersion"


async def trace_of(events: Sequence[HistoryEvent], converter: DataConverter) -> Trace:
    """Read the recorded trace off the events; each step carries the ordinal of its completed workflow task."""
    reading = Reading(converter)
    for event in events:
        if event.event_type == EventType.EVENT_TYPE_WORKFLOW_TASK_COMPLETED:
            reading.tasks[event.event_id] = len(reading.tasks) + 1
        reader = _READERS.get(event.event_type) or ANSWER_READERS.get(event.event_type)
        if reader is not None:
            await reader(reading, event)
    return Trace(numbered(in_issue_order(reading.steps)))


def _step(reading: Reading, kind: StepKind, name: str, completed: int, *, id: str = "") -> Step:  # noqa: A002 - Temporal's word
    return Step(StepKey(kind, name, 0), reading.tasks.get(completed, len(reading.tasks)), id=id)


async def _activity(reading: Reading, event: HistoryEvent) -> None:
    said = event.activity_task_scheduled_event_attributes
    step = _step(
        reading,
        StepKind.ACTIVITY,
        said.activity_type.name,
        said.workflow_task_completed_event_id,
        id=said.activity_id,
    )
    reading.add(event, replace(step, input=await reading.values(said.input.payloads)))


async def _activity_cancel(reading: Reading, event: HistoryEvent) -> None:
    said = event.activity_task_cancel_requested_event_attributes
    asked = reading.steps[reading.by_event[said.scheduled_event_id]]
    reading.add(
        event,
        _step(
            reading,
            StepKind.ACTIVITY_CANCEL,
            asked.key.name,
            said.workflow_task_completed_event_id,
            id=asked.id,
        ),
    )


async def _timer(reading: Reading, event: HistoryEvent) -> None:
    said = event.timer_started_event_attributes
    duration = said.start_to_fire_timeout
    step = _step(reading, StepKind.TIMER, "", said.workflow_task_completed_event_id, id=said.timer_id)
    seconds = Json(duration.seconds + duration.nanos / 1e9)
    reading.add(event, replace(step, options=(("duration", seconds),)))


async def _timer_cancel(reading: Reading, event: HistoryEvent) -> None:
    said = event.timer_canceled_event_attributes
    reading.answer(event, said.started_event_id, Answer(failure="cancelled"))
    reading.add(
        event,
        _step(
            reading,
            StepKind.TIMER_CANCEL,
            "",
            said.workflow_task_completed_event_id,
            id=said.timer_id,
        ),
    )


async def _child(reading: Reading, event: HistoryEvent) -> None:
    said = event.start_child_workflow_execution_initiated_event_attributes
    step = _step(
        reading,
        StepKind.CHILD,
        said.workflow_type.name,
        said.workflow_task_completed_event_id,
        id=said.workflow_id,
    )
    reading.add(event, replace(step, input=await reading.values(said.input.payloads)))


async def _signal(reading: Reading, event: HistoryEvent) -> None:
    said = event.signal_external_workflow_execution_initiated_event_attributes
    step = _step(
        reading,
        StepKind.SIGNAL,
        said.signal_name,
        said.workflow_task_completed_event_id,
        id=said.workflow_execution.workflow_id,
    )
    reading.add(event, replace(step, input=await reading.values(said.input.payloads)))


async def _cancel_external(reading: Reading, event: HistoryEvent) -> None:
    said = event.request_cancel_external_workflow_execution_initiated_event_attributes
    reading.add(
        event,
        _step(
            reading,
            StepKind.CANCEL_EXTERNAL,
            "",
            said.workflow_task_completed_event_id,
            id=said.workflow_execution.workflow_id,
        ),
    )


async def _marker(reading: Reading, event: HistoryEvent) -> None:
    said = event.marker_recorded_event_attributes
    completed = said.workflow_task_completed_event_id
    if said.marker_name == PATCH_MARKER:
        # Core writes these details itself, after the codec: they are always plain JSON.
        data = json.loads(said.details["patch-data"].payloads[0].data)
        step = _step(reading, StepKind.PATCH, data["id"], completed)
        options = (("deprecated", Json(bool(data.get("deprecated")))),)
        reading.add(event, replace(step, options=options))
    elif said.marker_name == LOCAL_ACTIVITY_MARKER:
        data = json.loads(said.details["data"].payloads[0].data)
        step = _step(
            reading,
            StepKind.LOCAL_ACTIVITY,
            data["activity_type"],
            completed,
            id=data["activity_id"],
        )
        answer = Answer(
            values=await reading.values(said.details["result"].payloads) if "result" in said.details else (),
            failure=text_of(said.failure) if said.HasField("failure") else None,
            attempts=data.get("attempt", 1),
            event_id=event.event_id,
        )
        seq = Json(int(data["seq"]))
        reading.add(event, replace(step, answer=answer, input_known=False, options=(("seq", seq),)))


async def _search_attributes(reading: Reading, event: HistoryEvent) -> None:
    said = event.upsert_workflow_search_attributes_event_attributes
    fields = dict(said.search_attributes.indexed_fields)
    if set(fields) == {CHANGE_VERSION}:
        return
    step = _step(reading, StepKind.SEARCH_ATTRIBUTES, "", said.workflow_task_completed_event_id)
    converter = reading.converter.payload_converter
    decoded = {key: value_of(fields[key], converter) for key in sorted(fields)}
    data = {key: v.data if isinstance(v, Json) else repr(v) for key, v in decoded.items()}
    reading.add(event, replace(step, options=(("attributes", Json(data)),)))


async def _memo(reading: Reading, event: HistoryEvent) -> None:
    said = event.workflow_properties_modified_event_attributes
    step = _step(reading, StepKind.MEMO, "", said.workflow_task_completed_event_id)
    memo = await reading.mapping(dict(said.upserted_memo.fields))
    reading.add(event, replace(step, options=(("fields", memo),)))


async def _nexus(reading: Reading, event: HistoryEvent) -> None:
    said = event.nexus_operation_scheduled_event_attributes
    step = _step(
        reading,
        StepKind.NEXUS,
        f"{said.service}/{said.operation}",
        said.workflow_task_completed_event_id,
        id=said.endpoint,
    )
    reading.add(event, replace(step, input=await reading.values([said.input])))


async def _nexus_cancel(reading: Reading, event: HistoryEvent) -> None:
    said = event.nexus_operation_cancel_requested_event_attributes
    asked = reading.steps[reading.by_event[said.scheduled_event_id]]
    reading.add(
        event,
        _step(
            reading,
            StepKind.NEXUS_CANCEL,
            asked.key.name,
            said.workflow_task_completed_event_id,
        ),
    )


async def _update_accepted(reading: Reading, event: HistoryEvent) -> None:
    said = event.workflow_execution_update_accepted_event_attributes
    name = said.accepted_request.input.name
    reading.update_names[event.event_id] = (name, said.protocol_instance_id)
    reading.add(
        event,
        _step(reading, StepKind.UPDATE_ACCEPTED, name, 0, id=said.protocol_instance_id),
    )


async def _update_completed(reading: Reading, event: HistoryEvent) -> None:
    said = event.workflow_execution_update_completed_event_attributes
    name, instance = reading.update_names.get(said.accepted_event_id, ("", said.meta.update_id))
    step = _step(reading, StepKind.UPDATE_COMPLETED, name, 0, id=instance)
    outcome: tuple[Value, ...]
    if said.outcome.HasField("failure"):
        outcome = (await data_of(said.outcome.failure, reading.converter),)
    else:
        outcome = await reading.values(said.outcome.success.payloads)
    reading.add(event, replace(step, input=outcome))


async def _complete(reading: Reading, event: HistoryEvent) -> None:
    said = event.workflow_execution_completed_event_attributes
    step = _step(reading, StepKind.COMPLETE, "", said.workflow_task_completed_event_id)
    reading.add(event, replace(step, input=await reading.values(said.result.payloads)))


async def _fail(reading: Reading, event: HistoryEvent) -> None:
    said = event.workflow_execution_failed_event_attributes
    step = _step(reading, StepKind.FAIL, "", said.workflow_task_completed_event_id)
    failure = await data_of(said.failure, reading.converter)
    reading.add(event, replace(step, input=(failure,)))


async def _cancel(reading: Reading, event: HistoryEvent) -> None:
    said = event.workflow_execution_canceled_event_attributes
    reading.add(event, _step(reading, StepKind.CANCEL, "", said.workflow_task_completed_event_id))


async def _continue_as_new(reading: Reading, event: HistoryEvent) -> None:
    said = event.workflow_execution_continued_as_new_event_attributes
    step = _step(
        reading,
        StepKind.CONTINUE_AS_NEW,
        said.workflow_type.name,
        said.workflow_task_completed_event_id,
    )
    reading.add(event, replace(step, input=await reading.values(said.input.payloads)))


_READERS: dict[int, Reader] = {
    EventType.EVENT_TYPE_ACTIVITY_TASK_SCHEDULED: _activity,
    EventType.EVENT_TYPE_ACTIVITY_TASK_CANCEL_REQUESTED: _activity_cancel,
    EventType.EVENT_TYPE_TIMER_STARTED: _timer,
    EventType.EVENT_TYPE_TIMER_CANCELED: _timer_cancel,
    EventType.EVENT_TYPE_START_CHILD_WORKFLOW_EXECUTION_INITIATED: _child,
    EventType.EVENT_TYPE_SIGNAL_EXTERNAL_WORKFLOW_EXECUTION_INITIATED: _signal,
    EventType.EVENT_TYPE_REQUEST_CANCEL_EXTERNAL_WORKFLOW_EXECUTION_INITIATED: _cancel_external,
    EventType.EVENT_TYPE_MARKER_RECORDED: _marker,
    EventType.EVENT_TYPE_UPSERT_WORKFLOW_SEARCH_ATTRIBUTES: _search_attributes,
    EventType.EVENT_TYPE_WORKFLOW_PROPERTIES_MODIFIED: _memo,
    EventType.EVENT_TYPE_NEXUS_OPERATION_SCHEDULED: _nexus,
    EventType.EVENT_TYPE_NEXUS_OPERATION_CANCEL_REQUESTED: _nexus_cancel,
    EventType.EVENT_TYPE_WORKFLOW_EXECUTION_UPDATE_ACCEPTED: _update_accepted,
    EventType.EVENT_TYPE_WORKFLOW_EXECUTION_UPDATE_COMPLETED: _update_completed,
    EventType.EVENT_TYPE_WORKFLOW_EXECUTION_COMPLETED: _complete,
    EventType.EVENT_TYPE_WORKFLOW_EXECUTION_FAILED: _fail,
    EventType.EVENT_TYPE_WORKFLOW_EXECUTION_CANCELED: _cancel,
    EventType.EVENT_TYPE_WORKFLOW_EXECUTION_CONTINUED_AS_NEW: _continue_as_new,
}
