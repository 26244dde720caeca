"""What reached a run from outside is read off its events, for people who inspect a history."""

from collections.abc import Sequence

from temporalio.api.common.v1 import Payload
from temporalio.api.enums.v1 import EventType
from temporalio.api.history.v1 import HistoryEvent
from temporalio.converter import PayloadConverter

from replaykit.adapters.payloads import values_of
from replaykit.model.history import Received

# Most events came from the run itself: one look spares them the cases below.
_FROM_OUTSIDE = frozenset(
    {
        EventType.EVENT_TYPE_WORKFLOW_EXECUTION_STARTED,
        EventType.EVENT_TYPE_WORKFLOW_EXECUTION_SIGNALED,
        EventType.EVENT_TYPE_WORKFLOW_EXECUTION_CANCEL_REQUESTED,
        EventType.EVENT_TYPE_WORKFLOW_EXECUTION_TERMINATED,
        EventType.EVENT_TYPE_WORKFLOW_EXECUTION_TIMED_OUT,
        EventType.EVENT_TYPE_WORKFLOW_TASK_FAILED,
        EventType.EVENT_TYPE_WORKFLOW_TASK_TIMED_OUT,
    }
)


def received(events: Sequence[HistoryEvent], converter: PayloadConverter) -> tuple[Received, ...]:
    """Read the start, signals, cancel requests and forced ends, in order."""
    found = []
    for event in events:
        said = _said(event) if event.event_type in _FROM_OUTSIDE else None
        if said is not None:
            what, name, payloads = said
            values = values_of(payloads, converter)
            time = event.event_time.ToNanoseconds() / 1e9
            found.append(Received(what, name, values, event.event_id, time))
    return tuple(found)


def _said(event: HistoryEvent) -> tuple[str, str, Sequence[Payload]] | None:
    match event.event_type:
        case EventType.EVENT_TYPE_WORKFLOW_EXECUTION_STARTED:
            started = event.workflow_execution_started_event_attributes
            return "started", started.workflow_type.name, started.input.payloads
        case EventType.EVENT_TYPE_WORKFLOW_EXECUTION_SIGNALED:
            signaled = event.workflow_execution_signaled_event_attributes
            return "signal", signaled.signal_name, signaled.input.payloads
        case EventType.EVENT_TYPE_WORKFLOW_EXECUTION_CANCEL_REQUESTED:
            asked = event.workflow_execution_cancel_requested_event_attributes
            return "cancel requested", asked.cause, ()
        case EventType.EVENT_TYPE_WORKFLOW_EXECUTION_TERMINATED:
            ended = event.workflow_execution_terminated_event_attributes
            return "terminated", ended.reason, ended.details.payloads
        case EventType.EVENT_TYPE_WORKFLOW_EXECUTION_TIMED_OUT:
            return "timed out", "", ()
        case EventType.EVENT_TYPE_WORKFLOW_TASK_FAILED:
            failed = event.workflow_task_failed_event_attributes
            return "workflow task failed", failed.failure.message, ()
        case EventType.EVENT_TYPE_WORKFLOW_TASK_TIMED_OUT:
            return "workflow task timed out", "", ()
        case _:
            return None
