"""What the SDK tells a context-aware codec about the payloads of an event: whose they are."""

import json
from collections.abc import Sequence
from typing import Any

from temporalio import converter
from temporalio.api.enums.v1 import EventType
from temporalio.api.history.v1 import HistoryEvent
from temporalio.converter import ActivitySerializationContext, SerializationContext, WorkflowSerializationContext

from replaykit.adapters.markers import LOCAL_ACTIVITY_MARKER
from replaykit.model.history import Identity

# A class of newer SDKs only.
_NEXUS: Any = getattr(converter, "NexusSerializationContext", None)

_OF_ACTIVITIES = frozenset(
    {
        EventType.EVENT_TYPE_ACTIVITY_TASK_STARTED,
        EventType.EVENT_TYPE_ACTIVITY_TASK_COMPLETED,
        EventType.EVENT_TYPE_ACTIVITY_TASK_FAILED,
        EventType.EVENT_TYPE_ACTIVITY_TASK_TIMED_OUT,
        EventType.EVENT_TYPE_ACTIVITY_TASK_CANCELED,
    }
)
_OF_CHILDREN = frozenset(
    {
        EventType.EVENT_TYPE_CHILD_WORKFLOW_EXECUTION_STARTED,
        EventType.EVENT_TYPE_CHILD_WORKFLOW_EXECUTION_COMPLETED,
        EventType.EVENT_TYPE_CHILD_WORKFLOW_EXECUTION_FAILED,
        EventType.EVENT_TYPE_CHILD_WORKFLOW_EXECUTION_CANCELED,
    }
)
_OF_NEXUS_OPERATIONS = frozenset(
    {
        EventType.EVENT_TYPE_NEXUS_OPERATION_COMPLETED,
        EventType.EVENT_TYPE_NEXUS_OPERATION_FAILED,
        EventType.EVENT_TYPE_NEXUS_OPERATION_CANCELED,
        EventType.EVENT_TYPE_NEXUS_OPERATION_TIMED_OUT,
    }
)


def context_of(event: HistoryEvent, events: Sequence[HistoryEvent], identity: Identity) -> SerializationContext:
    """Return the context in which the attributes of an event were encoded.

    An activity's payloads are the activity's, a child's or a signalled workflow's are that workflow's, and all others
    the run's own, as in SerializationContext's documentation.
    """
    kind = event.event_type
    if kind == EventType.EVENT_TYPE_ACTIVITY_TASK_SCHEDULED:
        return _activity(event, identity)
    if kind in _OF_ACTIVITIES:
        return _activity(events[_said(event).scheduled_event_id - 1], identity)
    if kind == EventType.EVENT_TYPE_START_CHILD_WORKFLOW_EXECUTION_INITIATED:
        return _workflow(identity, _said(event).workflow_id)
    if kind in _OF_CHILDREN or kind == EventType.EVENT_TYPE_SIGNAL_EXTERNAL_WORKFLOW_EXECUTION_INITIATED:
        return _workflow(identity, _said(event).workflow_execution.workflow_id)
    if kind == EventType.EVENT_TYPE_NEXUS_OPERATION_SCHEDULED:
        return _nexus(event, identity)
    if kind in _OF_NEXUS_OPERATIONS:
        return _nexus(events[_said(event).scheduled_event_id - 1], identity)
    said = event.marker_recorded_event_attributes
    if said.marker_name == LOCAL_ACTIVITY_MARKER:
        return _local_activity(said.details["data"].payloads[0].data, identity)
    return run_context(identity)


def run_context(identity: Identity) -> SerializationContext:
    """Return the context of a run's own payloads."""
    return _workflow(identity, identity.workflow_id)


def _said(event: HistoryEvent) -> Any:  # noqa: ANN401 - one of the protocol's attributes
    return getattr(event, event.WhichOneof("attributes") or "")


def _workflow(identity: Identity, workflow_id: str) -> SerializationContext:
    return WorkflowSerializationContext(namespace=identity.namespace, workflow_id=workflow_id)


def _activity(scheduled: HistoryEvent, identity: Identity) -> SerializationContext:
    said = scheduled.activity_task_scheduled_event_attributes
    return ActivitySerializationContext(
        namespace=identity.namespace,
        activity_id=said.activity_id,
        activity_type=said.activity_type.name,
        activity_task_queue=said.task_queue.name,
        workflow_id=identity.workflow_id,
        workflow_type=identity.workflow_type,
        is_local=False,
    )


def _local_activity(data: bytes, identity: Identity) -> SerializationContext:
    said = json.loads(data)
    return ActivitySerializationContext(
        namespace=identity.namespace,
        activity_id=said["activity_id"],
        activity_type=said["activity_type"],
        activity_task_queue=identity.task_queue,
        workflow_id=identity.workflow_id,
        workflow_type=identity.workflow_type,
        is_local=True,
    )


def _nexus(scheduled: HistoryEvent, identity: Identity) -> SerializationContext:
    said = scheduled.nexus_operation_scheduled_event_attributes
    if _NEXUS is None:
        return run_context(identity)
    context: SerializationContext = _NEXUS(endpoint=said.endpoint, service=said.service, operation=said.operation)
    return context
