"""The events of a history become its recorded trace."""

from collections.abc import Sequence
from dataclasses import replace

from temporalio.api.enums.v1 import EventType
from temporalio.api.history.v1 import HistoryEvent
from temporalio.converter import PayloadConverter

from replaykit.adapters.answers import ANSWER_READERS
from replaykit.adapters.failures import chain_of
from replaykit.adapters.markers import marker
from replaykit.adapters.options import (
    CLOSE_POLICIES,
    REUSE_POLICIES,
    activity_timeouts,
    options,
    priority,
    retry_policy,
    seconds,
    timeouts_of,
    workflow_timeouts,
)
from replaykit.adapters.reading import Reader, Reading
from replaykit.model.step import Answer, StepKind, Trace
from replaykit.rules.canonical import in_issue_order, numbered

# What Core writes where a workflow cancels another and gives no reason; a run id follows.
UNGIVEN_REASON = "Cancel requested by workflow with run id "
# Core upserts this search attribute by itself beside each patch marker.
CHANGE_VERSION = "TemporalChangeVersion"


def trace_of(events: Sequence[HistoryEvent], converter: PayloadConverter) -> Trace:
    """Read the recorded trace off the events; each step carries the ordinal of its completed workflow task."""
    reading = Reading(converter, timeouts_of(events[0]))
    for event in events:
        if event.event_type == EventType.EVENT_TYPE_WORKFLOW_TASK_COMPLETED:
            reading.tasks[event.event_id] = len(reading.tasks) + 1
        reader = _READERS.get(event.event_type) or ANSWER_READERS.get(event.event_type)
        if reader is not None:
            reader(reading, event)
    return Trace(numbered(in_issue_order(reading.steps)))


def _activity(reading: Reading, event: HistoryEvent) -> None:
    said = event.activity_task_scheduled_event_attributes
    step = reading.step(
        StepKind.ACTIVITY,
        said.activity_type.name,
        said.workflow_task_completed_event_id,
        id=said.activity_id,
    )
    said_beside = options(
        **activity_timeouts(said, reading.run),
        retryPolicy=retry_policy(said, always=True),
        taskQueue=said.task_queue.name,
        headers=reading.mapping(said.header.fields),
        priority=priority(said),
        summary=reading.summary(event),
    )
    reading.add(event, replace(step, input=reading.values(said.input.payloads), options=said_beside))


def _activity_cancel(reading: Reading, event: HistoryEvent) -> None:
    said = event.activity_task_cancel_requested_event_attributes
    asked = reading.steps[reading.by_event[said.scheduled_event_id]]
    reading.add(
        event,
        reading.step(
            StepKind.ACTIVITY_CANCEL,
            asked.key.name,
            said.workflow_task_completed_event_id,
            id=asked.id,
        ),
    )


def _timer(reading: Reading, event: HistoryEvent) -> None:
    said = event.timer_started_event_attributes
    step = reading.step(StepKind.TIMER, "", said.workflow_task_completed_event_id, id=said.timer_id)
    said_beside = options(duration=seconds(said.start_to_fire_timeout), summary=reading.summary(event))
    reading.add(event, replace(step, options=said_beside))


def _timer_cancel(reading: Reading, event: HistoryEvent) -> None:
    said = event.timer_canceled_event_attributes
    reading.answer(event, said.started_event_id, Answer(failure="cancelled", types=("cancelled",)))
    reading.add(
        event,
        reading.step(
            StepKind.TIMER_CANCEL,
            "",
            said.workflow_task_completed_event_id,
            id=said.timer_id,
        ),
    )


def _child(reading: Reading, event: HistoryEvent) -> None:
    said = event.start_child_workflow_execution_initiated_event_attributes
    step = reading.step(
        StepKind.CHILD,
        said.workflow_type.name,
        said.workflow_task_completed_event_id,
        id=said.workflow_id,
    )
    said_beside = options(
        **workflow_timeouts(said),
        retryPolicy=retry_policy(said, always=False),
        taskQueue=said.task_queue.name,
        parentClosePolicy=CLOSE_POLICIES.get(said.parent_close_policy),
        workflowIdReusePolicy=REUSE_POLICIES.get(said.workflow_id_reuse_policy),
        cronSchedule=said.cron_schedule,
        memo=reading.mapping(said.memo.fields),
        searchAttributes=reading.mapping(said.search_attributes.indexed_fields),
        headers=reading.mapping(said.header.fields),
        priority=priority(said),
        summary=reading.summary(event),
    )
    reading.add(event, replace(step, input=reading.values(said.input.payloads), options=said_beside))


def _signal(reading: Reading, event: HistoryEvent) -> None:
    said = event.signal_external_workflow_execution_initiated_event_attributes
    step = reading.step(
        StepKind.SIGNAL,
        said.signal_name,
        said.workflow_task_completed_event_id,
        id=said.workflow_execution.workflow_id,
    )
    said_beside = options(headers=reading.mapping(said.header.fields))
    reading.add(event, replace(step, input=reading.values(said.input.payloads), options=said_beside))


def _cancel_external(reading: Reading, event: HistoryEvent) -> None:
    said = event.request_cancel_external_workflow_execution_initiated_event_attributes
    step = reading.step(
        StepKind.CANCEL_EXTERNAL,
        "",
        said.workflow_task_completed_event_id,
        id=said.workflow_execution.workflow_id,
    )
    reason = "" if said.reason.startswith(UNGIVEN_REASON) else said.reason
    reading.add(event, replace(step, options=options(reason=reason)))


def _search_attributes(reading: Reading, event: HistoryEvent) -> None:
    said = event.upsert_workflow_search_attributes_event_attributes
    fields = dict(said.search_attributes.indexed_fields)
    if set(fields) == {CHANGE_VERSION}:
        return
    step = reading.step(StepKind.SEARCH_ATTRIBUTES, "", said.workflow_task_completed_event_id)
    reading.add(event, replace(step, options=(("attributes", reading.mapping(fields)),)))


def _memo(reading: Reading, event: HistoryEvent) -> None:
    said = event.workflow_properties_modified_event_attributes
    step = reading.step(StepKind.MEMO, "", said.workflow_task_completed_event_id)
    memo = reading.mapping(said.upserted_memo.fields)
    reading.add(event, replace(step, options=(("fields", memo),)))


def _nexus(reading: Reading, event: HistoryEvent) -> None:
    said = event.nexus_operation_scheduled_event_attributes
    step = reading.step(
        StepKind.NEXUS,
        f"{said.service}/{said.operation}",
        said.workflow_task_completed_event_id,
        id=said.endpoint,
    )
    said_beside = options(
        scheduleToCloseTimeout=seconds(said.schedule_to_close_timeout),
        scheduleToStartTimeout=seconds(said.schedule_to_start_timeout),
        startToCloseTimeout=seconds(said.start_to_close_timeout),
        headers=dict(said.nexus_header),
        summary=reading.summary(event),
    )
    reading.add(event, replace(step, input=reading.values([said.input]), options=said_beside))


def _nexus_cancel(reading: Reading, event: HistoryEvent) -> None:
    said = event.nexus_operation_cancel_requested_event_attributes
    asked = reading.steps[reading.by_event[said.scheduled_event_id]]
    reading.add(
        event,
        reading.step(
            StepKind.NEXUS_CANCEL,
            asked.key.name,
            said.workflow_task_completed_event_id,
        ),
    )


def _update_accepted(reading: Reading, event: HistoryEvent) -> None:
    said = event.workflow_execution_update_accepted_event_attributes
    name = said.accepted_request.input.name
    reading.update_names[event.event_id] = (name, said.protocol_instance_id)
    reading.add(
        event,
        reading.step(StepKind.UPDATE_ACCEPTED, name, 0, id=said.protocol_instance_id),
    )


def _update_completed(reading: Reading, event: HistoryEvent) -> None:
    said = event.workflow_execution_update_completed_event_attributes
    name, instance = reading.update_names.get(said.accepted_event_id, ("", said.meta.update_id))
    step = reading.step(StepKind.UPDATE_COMPLETED, name, 0, id=instance)
    if said.outcome.HasField("failure"):
        failure = chain_of(said.outcome.failure, reading.converter)
        reading.add(event, replace(step, input=(failure,)))
    else:
        reading.add(event, replace(step, input=reading.values(said.outcome.success.payloads)))


def _complete(reading: Reading, event: HistoryEvent) -> None:
    said = event.workflow_execution_completed_event_attributes
    step = reading.step(StepKind.COMPLETE, "", said.workflow_task_completed_event_id)
    reading.add(event, replace(step, input=reading.values(said.result.payloads)))


def _fail(reading: Reading, event: HistoryEvent) -> None:
    said = event.workflow_execution_failed_event_attributes
    step = reading.step(StepKind.FAIL, "", said.workflow_task_completed_event_id)
    failure = chain_of(said.failure, reading.converter)
    reading.add(event, replace(step, input=(failure,)))


def _cancel(reading: Reading, event: HistoryEvent) -> None:
    said = event.workflow_execution_canceled_event_attributes
    reading.add(event, reading.step(StepKind.CANCEL, "", said.workflow_task_completed_event_id))


def _continue_as_new(reading: Reading, event: HistoryEvent) -> None:
    said = event.workflow_execution_continued_as_new_event_attributes
    step = reading.step(StepKind.CONTINUE_AS_NEW, said.workflow_type.name, said.workflow_task_completed_event_id)
    said_beside = options(
        taskQueue=said.task_queue.name,
        workflowRunTimeout=seconds(said.workflow_run_timeout),
        workflowTaskTimeout=seconds(said.workflow_task_timeout),
        backoffStartInterval=seconds(said.backoff_start_interval),
        memo=reading.mapping(said.memo.fields),
        searchAttributes=reading.mapping(said.search_attributes.indexed_fields),
        headers=reading.mapping(said.header.fields),
    )
    reading.add(event, replace(step, input=reading.values(said.input.payloads), options=said_beside))


_READERS: dict[int, Reader] = {
    EventType.EVENT_TYPE_ACTIVITY_TASK_SCHEDULED: _activity,
    EventType.EVENT_TYPE_ACTIVITY_TASK_CANCEL_REQUESTED: _activity_cancel,
    EventType.EVENT_TYPE_TIMER_STARTED: _timer,
    EventType.EVENT_TYPE_TIMER_CANCELED: _timer_cancel,
    EventType.EVENT_TYPE_START_CHILD_WORKFLOW_EXECUTION_INITIATED: _child,
    EventType.EVENT_TYPE_SIGNAL_EXTERNAL_WORKFLOW_EXECUTION_INITIATED: _signal,
    EventType.EVENT_TYPE_REQUEST_CANCEL_EXTERNAL_WORKFLOW_EXECUTION_INITIATED: _cancel_external,
    EventType.EVENT_TYPE_MARKER_RECORDED: marker,
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
