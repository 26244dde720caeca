"""The events that answer a step: they complete the recorded trace with results, failures and attempts."""

from temporalio.api.enums.v1 import EventType
from temporalio.api.failure.v1 import Failure
from temporalio.api.history.v1 import HistoryEvent

from replaykit.adapters.failures import text_of, types_of
from replaykit.adapters.reading import Reader, Reading
from replaykit.model.step import Answer


def _activity_started(reading: Reading, event: HistoryEvent) -> None:
    said = event.activity_task_started_event_attributes
    reading.attempts[said.scheduled_event_id] = said.attempt


def _activity_completed(reading: Reading, event: HistoryEvent) -> None:
    said = event.activity_task_completed_event_attributes
    values = reading.values(said.result.payloads)
    reading.answer(event, said.scheduled_event_id, Answer(values))


def _activity_failed(reading: Reading, event: HistoryEvent) -> None:
    said = event.activity_task_failed_event_attributes
    reading.answer(event, said.scheduled_event_id, _failed(said.failure))


def _activity_timed_out(reading: Reading, event: HistoryEvent) -> None:
    said = event.activity_task_timed_out_event_attributes
    reading.answer(event, said.scheduled_event_id, _failed(said.failure))


def _activity_canceled(reading: Reading, event: HistoryEvent) -> None:
    said = event.activity_task_canceled_event_attributes
    reading.answer(event, said.scheduled_event_id, Answer(failure="cancelled", types=("cancelled",)))


def _timer_fired(reading: Reading, event: HistoryEvent) -> None:
    reading.answer(event, event.timer_fired_event_attributes.started_event_id, Answer())


def _child_completed(reading: Reading, event: HistoryEvent) -> None:
    said = event.child_workflow_execution_completed_event_attributes
    values = reading.values(said.result.payloads)
    reading.answer(event, said.initiated_event_id, Answer(values))


def _child_failed(reading: Reading, event: HistoryEvent) -> None:
    said = event.child_workflow_execution_failed_event_attributes
    reading.answer(event, said.initiated_event_id, _failed(said.failure))


def _child_ended_otherwise(reading: Reading, event: HistoryEvent) -> None:
    attributes = event.WhichOneof("attributes")
    if attributes is None:
        return
    said = getattr(event, attributes)
    words = attributes.removesuffix("_event_attributes").removeprefix("child_workflow_execution_")
    how = words.replace("_", " ")
    reading.answer(event, said.initiated_event_id, Answer(failure=how, types=(how,)))


def _failed(failure: Failure) -> Answer:
    return Answer(failure=text_of(failure), types=types_of(failure))


ANSWER_READERS: dict[int, Reader] = {
    EventType.EVENT_TYPE_ACTIVITY_TASK_STARTED: _activity_started,
    EventType.EVENT_TYPE_ACTIVITY_TASK_COMPLETED: _activity_completed,
    EventType.EVENT_TYPE_ACTIVITY_TASK_FAILED: _activity_failed,
    EventType.EVENT_TYPE_ACTIVITY_TASK_TIMED_OUT: _activity_timed_out,
    EventType.EVENT_TYPE_ACTIVITY_TASK_CANCELED: _activity_canceled,
    EventType.EVENT_TYPE_TIMER_FIRED: _timer_fired,
    EventType.EVENT_TYPE_START_CHILD_WORKFLOW_EXECUTION_FAILED: _child_ended_otherwise,
    EventType.EVENT_TYPE_CHILD_WORKFLOW_EXECUTION_COMPLETED: _child_completed,
    EventType.EVENT_TYPE_CHILD_WORKFLOW_EXECUTION_FAILED: _child_failed,
    EventType.EVENT_TYPE_CHILD_WORKFLOW_EXECUTION_CANCELED: _child_ended_otherwise,
    EventType.EVENT_TYPE_CHILD_WORKFLOW_EXECUTION_TIMED_OUT: _child_ended_otherwise,
    EventType.EVENT_TYPE_CHILD_WORKFLOW_EXECUTION_TERMINATED: _child_ended_otherwise,
}
