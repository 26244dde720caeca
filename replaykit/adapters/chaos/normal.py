"""A history is reduced to what the run did: equal for two runs that did the same, whatever their ids and clocks."""

import base64
import binascii
import json
from collections.abc import Mapping, Sequence
from typing import Any

from temporalio.api.enums.v1 import EventType
from temporalio.api.history.v1 import HistoryEvent

from replaykit.adapters.chaos.reach import PROBE
from replaykit.adapters.event_document import document_of
from replaykit.model.cassette import Layer
from replaykit.rules.chaos.own_values import OWN
from replaykit.rules.volatile import Volatile, without_volatile

# Workflow tasks come as they come; what they decided stands in the other events.
_LEFT_OUT = frozenset(
    {
        EventType.EVENT_TYPE_WORKFLOW_TASK_SCHEDULED,
        EventType.EVENT_TYPE_WORKFLOW_TASK_STARTED,
        EventType.EVENT_TYPE_WORKFLOW_TASK_COMPLETED,
        EventType.EVENT_TYPE_WORKFLOW_TASK_FAILED,
        EventType.EVENT_TYPE_WORKFLOW_TASK_TIMED_OUT,
        EventType.EVENT_TYPE_WORKFLOW_EXECUTION_TIME_SKIPPING_TRANSITIONED,
    }
)
_OF_AN_ATTEMPT = frozenset(
    {
        EventType.EVENT_TYPE_ACTIVITY_TASK_STARTED,
        EventType.EVENT_TYPE_ACTIVITY_TASK_COMPLETED,
        EventType.EVENT_TYPE_ACTIVITY_TASK_FAILED,
        EventType.EVENT_TYPE_ACTIVITY_TASK_TIMED_OUT,
        EventType.EVENT_TYPE_ACTIVITY_TASK_CANCELED,
    }
)
_CHANCE = frozenset(
    {
        "eventId",
        "eventTime",
        "taskId",
        "version",
        "identity",
        "requestId",
        "originalExecutionRunId",
        "firstExecutionRunId",
        "continuedExecutionRunId",
        "newExecutionRunId",
        "prevAutoResetPoints",
        "firstWorkflowTaskBackoff",
        "workflowTaskCompletedEventId",
        "scheduledEventId",
        "startedEventId",
        "initiatedEventId",
        "externalInitiatedEventId",
        "acceptedEventId",
        "latestWorkflowTaskStartedEventId",
        "acceptedRequestSequencingEventId",
        "acceptedRequestMessageId",
        "protocolInstanceId",
        "workerVersion",
        "sdkMetadata",
        "stickyAttributes",
        "taskQueue",
        "stackTrace",
        "links",
        "runId",
        "parentInitiatedEventId",
        "rootWorkflowExecution",
        "timeSkippingConfig",
        "timeSkippingStatePropagation",
        "workflowExecutionExpirationTime",
        # A lane may have its own; no code of the workflow's sees it.
        "workflowTaskTimeout",
        "updateId",
    }
)
_RECORDED_IN = ("coreUsedFlags", "original_schedule_time", "complete_time")


def normalised(
    events: Sequence[HistoryEvent],
    workflow_id: str,
    volatile: Sequence[Volatile] = (),
    *,
    staying: frozenset[str] = frozenset(),
) -> tuple[str, ...]:
    """Reduce a run's events; the workflow id, wherever it stands, becomes `<workflow>`, and its own ids `<own>`.

    `workflow.uuid4()` and `workflow.now()` give another run other values, and may stand in whatever it asks for. What
    is declared volatile is left out of the inputs of activities. Activities that stay to the end of their run, by their
    ids, may or may not hear of it before: how they end is left out.
    """
    scheduled = {event.event_id for event in events if _activity_id(event) in staying}
    kept = [
        event
        for event in events
        if event.event_type not in _LEFT_OUT and not _is_ours(event) and _scheduled(event) not in scheduled
    ]
    if not kept:
        return ()
    read = [_scrubbed(event, workflow_id) for event in document_of(kept)["events"]]
    for event in read:
        asked = event.get("activityTaskScheduledEventAttributes")
        if volatile and asked and "input" in asked:
            asked["input"]["payloads"] = without_volatile(
                Layer.ACTIVITY, asked["activityType"]["name"], _parsed(asked["input"]["payloads"]), volatile
            )
    return tuple(json.dumps(event, sort_keys=True, separators=(",", ":"), ensure_ascii=False) for event in read)


def _parsed(payloads: Sequence[Any]) -> list[Any]:
    """Read what is JSON in payloads that have been made text."""
    read = []
    for payload in payloads:
        try:
            read.append(json.loads(payload))
        except (TypeError, ValueError):
            read.append(payload)
    return read


def _activity_id(event: HistoryEvent) -> str:
    return event.activity_task_scheduled_event_attributes.activity_id


def _scheduled(event: HistoryEvent) -> int:
    """Return which event scheduled the activity whose attempt starts or ends here; 0 where none does."""
    if event.event_type not in _OF_AN_ATTEMPT:
        return 0
    found: int = getattr(event, event.WhichOneof("attributes") or "").scheduled_event_id
    return found


def _is_ours(event: HistoryEvent) -> bool:
    """Say whether an event comes of a sweep's own doing: a probe, or a clock that skips or no longer does."""
    probes = event.workflow_execution_signaled_event_attributes.signal_name == PROBE
    return probes or event.workflow_execution_options_updated_event_attributes.time_skipping_config_updated


def _scrubbed(value: Any, workflow_id: str) -> Any:  # noqa: ANN401 - JSON
    match value:
        case Mapping():
            if "data" in value and "metadata" in value:
                return _payload(value, workflow_id)
            return {name: _scrubbed(held, workflow_id) for name, held in value.items() if name not in _CHANCE}
        case list():
            return [_scrubbed(held, workflow_id) for held in value]
        case str():
            return _without_own(value.replace(workflow_id, "<workflow>"))
        case _:
            return value


def _payload(value: Mapping[str, Any], workflow_id: str) -> Any:  # noqa: ANN401 - JSON
    try:
        text = base64.b64decode(value["data"]).decode()
    except (binascii.Error, ValueError):
        return value
    text = _without_own(text.replace(workflow_id, "<workflow>"))
    if any(word in text for word in _RECORDED_IN):
        # The marker of a local activity: when it began and how long it took.
        try:
            marker = json.loads(text)
        except ValueError:
            return text
        if isinstance(marker, dict):
            return {name: held for name, held in marker.items() if name not in {*_RECORDED_IN, "backoff"}}
    return text


def _without_own(text: str) -> str:
    return OWN.sub("<own>", text)
