"""The shape of a run's last events: what happened last, without ids and without repetition."""

from collections.abc import Sequence

from google.protobuf.message import Message
from temporalio.api.common.v1 import WorkflowExecution
from temporalio.api.enums.v1 import EventType
from temporalio.api.history.v1 import HistoryEvent
from temporalio.api.workflowservice.v1 import GetWorkflowExecutionHistoryReverseRequest
from temporalio.service import RPCError

from replaykit.adapters.connect import Connection
from replaykit.adapters.fetch import not_fetched
from replaykit.adapters.rate import Rate
from replaykit.model.run import Run

# Batches of events asked for, and the parts of a shape: enough to tell what a run waits for, or how it came to its end.
ASKED = 12
SHOWN = 3

# Every run has these between the events that tell something.
_SILENT = frozenset(
    {
        EventType.EVENT_TYPE_WORKFLOW_TASK_SCHEDULED,
        EventType.EVENT_TYPE_WORKFLOW_TASK_STARTED,
        EventType.EVENT_TYPE_WORKFLOW_TASK_COMPLETED,
        EventType.EVENT_TYPE_ACTIVITY_TASK_STARTED,
        EventType.EVENT_TYPE_UPSERT_WORKFLOW_SEARCH_ATTRIBUTES,
    }
)
# Where an event names what it is about; the first that is there. No text of a payload or failure is among them.
_NAMES = (
    "activity_type.name",
    "workflow_type.name",
    "signal_name",
    "marker_name",
    "operation",
    "accepted_request.input.name",
    "failure.application_failure_info.type",
)
# How later events of an activity, child, update or Nexus operation point at the event that names it.
_POINTERS = ("scheduled_event_id", "initiated_event_id", "accepted_event_id")


async def last_events(connection: Connection, run: Run, *, rate: Rate) -> tuple[str, ...]:
    """Ask for a run's last events, and return their shape, the latest last.

    Raises:
        ServerError: The run is gone, or the server cannot be asked.
    """
    who = run.identity
    request = GetWorkflowExecutionHistoryReverseRequest(
        namespace=connection.namespace,
        execution=WorkflowExecution(workflow_id=who.workflow_id, run_id=who.run_id),
        maximum_page_size=ASKED,
    )
    try:
        answer = await rate.ask(connection.client.workflow_service.get_workflow_execution_history_reverse, request)
    except RPCError as error:
        raise not_fetched(error, connection, who.workflow_id, who.run_id) from None
    return shape(list(answer.history.events)[::-1])


def shape(events: Sequence[HistoryEvent]) -> tuple[str, ...]:
    """Describe the end of a history: event types with the names of what they are about, repetitions folded."""
    names: dict[int, str] = {}
    parts: list[str] = []
    for event in events:
        attributes = getattr(event, event.WhichOneof("attributes") or "", event)
        pointed = (names.get(getattr(attributes, field, 0), "") for field in _POINTERS)
        own = (_at(attributes, path) for path in _NAMES)
        name = next(filter(None, (*pointed, *own)), "")
        names[event.event_id] = name
        part = f"{_kind(event)} {name}".rstrip()
        if event.event_type not in _SILENT and parts[-1:] != [part]:
            parts.append(part)
    return tuple(parts[-SHOWN:])


def _kind(event: HistoryEvent) -> str:
    kind = EventType.Name(event.event_type).removeprefix("EVENT_TYPE_").lower().replace("_", " ")
    for longer, shorter in (
        ("child workflow execution", "child"),
        ("workflow execution ", ""),
        ("activity task", "activity"),
    ):
        kind = kind.replace(longer, shorter)
    return kind


def _at(message: Message, path: str) -> str:
    found: object = message
    for name in path.split("."):
        found = getattr(found, name, "")
    return str(found) if found else ""
