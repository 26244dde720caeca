"""How a run and its family ended, read off their histories."""

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from temporalio.api.enums.v1 import EventType, PendingWorkflowTaskState
from temporalio.api.failure.v1 import Failure
from temporalio.api.history.v1 import HistoryEvent
from temporalio.client import WorkflowHandle
from temporalio.converter import PayloadConverter
from temporalio.service import RPCError, RPCStatusCode

from replaykit.adapters.chaos.reach import PROBE
from replaykit.adapters.failures import types_of
from replaykit.adapters.payloads import values_of
from replaykit.model.chaos import End
from replaykit.model.value import Json, JsonData

_ENDS = {
    EventType.EVENT_TYPE_WORKFLOW_EXECUTION_COMPLETED: End.COMPLETED,
    EventType.EVENT_TYPE_WORKFLOW_EXECUTION_FAILED: End.FAILED,
    EventType.EVENT_TYPE_WORKFLOW_EXECUTION_CANCELED: End.CANCELLED,
    EventType.EVENT_TYPE_WORKFLOW_EXECUTION_TERMINATED: End.TERMINATED,
    EventType.EVENT_TYPE_WORKFLOW_EXECUTION_TIMED_OUT: End.TIMED_OUT,
    EventType.EVENT_TYPE_WORKFLOW_EXECUTION_CONTINUED_AS_NEW: End.CONTINUED_AS_NEW,
}
_ENDS_OF_TASKS = frozenset(
    {
        EventType.EVENT_TYPE_WORKFLOW_TASK_COMPLETED,
        EventType.EVENT_TYPE_WORKFLOW_TASK_FAILED,
        EventType.EVENT_TYPE_WORKFLOW_TASK_TIMED_OUT,
    }
)
_AWAY = frozenset({RPCStatusCode.UNAVAILABLE, RPCStatusCode.DEADLINE_EXCEEDED, RPCStatusCode.CANCELLED})
_LOOK = 0.2


@dataclass(frozen=True, slots=True)
class Ended:
    """A run's end: status, result, and its failure in words and by types."""

    end: End
    result: JsonData = None
    failure: str = ""
    failure_types: tuple[str, ...] = ()


def end_of(events: Sequence[HistoryEvent], converter: PayloadConverter) -> Ended:
    """Read how a run stands at the end of its events; one that is still open hangs."""
    last = events[-1] if events else HistoryEvent()
    end = _ENDS.get(last.event_type, End.HUNG)
    if end is End.COMPLETED:
        values = values_of(last.workflow_execution_completed_event_attributes.result.payloads, converter)
        first = values[0] if values else Json(None)
        return Ended(end, first.data if isinstance(first, Json) else repr(first))
    if end is End.FAILED:
        failure = last.workflow_execution_failed_event_attributes.failure
        return Ended(end, failure=_text(failure), failure_types=types_of(failure))
    return Ended(end)


def is_open(events: Sequence[HistoryEvent]) -> bool:
    """Say whether a run still runs at the end of its events."""
    return not events or events[-1].event_type not in _ENDS


def never_seen(events: Sequence[HistoryEvent]) -> tuple[str, ...]:
    """Name the signals that came after the last workflow task of a run that ended by itself."""
    if not events or _ENDS.get(events[-1].event_type) not in {End.COMPLETED, End.FAILED, End.CONTINUED_AS_NEW}:
        return ()
    started = 0
    for event in events:
        if event.event_type == EventType.EVENT_TYPE_WORKFLOW_TASK_COMPLETED:
            started = event.workflow_task_completed_event_attributes.started_event_id
    names = [
        event.workflow_execution_signaled_event_attributes.signal_name
        for event in events
        if event.event_id > started and event.event_type == EventType.EVENT_TYPE_WORKFLOW_EXECUTION_SIGNALED
    ]
    return tuple(f"signal {name}" for name in names if name != PROBE)


def spurious(events: Sequence[HistoryEvent], ended_badly: Callable[[str], int]) -> tuple[str, ...]:
    """Name the activities with more attempts than there were failures: one came too late on a slow machine.

    Args:
        events: The events of a run.
        ended_badly: How many attempts of an activity's id failed or were lost.
    """
    scheduled: dict[int, tuple[str, str]] = {}
    attempts: dict[int, int] = {}
    found = []
    for event in events:
        match event.event_type:
            case EventType.EVENT_TYPE_ACTIVITY_TASK_SCHEDULED:
                said = event.activity_task_scheduled_event_attributes
                scheduled[event.event_id] = (said.activity_id, said.activity_type.name)
            case EventType.EVENT_TYPE_ACTIVITY_TASK_STARTED:
                started = event.activity_task_started_event_attributes
                attempts[started.scheduled_event_id] = started.attempt
            case EventType.EVENT_TYPE_ACTIVITY_TASK_TIMED_OUT:
                late = event.activity_task_timed_out_event_attributes.scheduled_event_id
                # Unlike one that completes, the last attempt of these ended badly itself.
                attempts[late] = attempts.get(late, 0) + 1
    for number, attempt in attempts.items():
        activity_id, name = scheduled.get(number, ("", ""))
        if attempt - 1 > ended_badly(activity_id):
            found.append(f"activity {name} had {attempt} attempts")
    return tuple(found)


def _text(failure: Failure) -> str:
    parts = []
    current: Failure | None = failure
    while current is not None:
        parts.append(current.message)
        current = current.cause if current.HasField("cause") else None
    return ": ".join(part for part in parts if part)


def task_failure(events: Sequence[HistoryEvent]) -> str:
    """Say why the last workflow task failed that a history tells of; Core's own words where it refused to replay."""
    for event in reversed(events):
        if event.event_type == EventType.EVENT_TYPE_WORKFLOW_TASK_FAILED:
            return event.workflow_task_failed_event_attributes.failure.message
    return ""


async def task_attempts(handle: WorkflowHandle[Any, Any]) -> int:
    """Ask the server how often a run's pending workflow task was tried in vain; 0 where it may only be slow.

    One that waits to be tried again has failed. While it is tried its first attempt tells, the only one in the history:
    Core reports the first failure, and lets the attempts after it time out, as those of a slow worker do
    (temporalio 1.35).
    """
    try:
        description = await handle.describe()
        pending = description.raw_description.pending_workflow_task
        waits = pending.state == PendingWorkflowTaskState.PENDING_WORKFLOW_TASK_STATE_SCHEDULED
        if not waits and (pending.attempt <= 1 or not _began_badly((await handle.fetch_history()).events)):
            return 0
    except RPCError:
        return 0
    return pending.attempt


def _began_badly(events: Sequence[HistoryEvent]) -> bool:
    """Say whether a run's pending workflow task failed at its first attempt."""
    ends = (event.event_type for event in reversed(events) if event.event_type in _ENDS_OF_TASKS)
    return next(ends, None) == EventType.EVENT_TYPE_WORKFLOW_TASK_FAILED


async def result_of(handle: WorkflowHandle[Any, Any], *, follow: bool) -> None:
    """Wait for the end, whatever it is: the history tells. A server that is away is no end."""
    while True:
        try:
            await handle.result(follow_runs=follow)
        except asyncio.CancelledError:
            raise
        except RPCError as error:
            if error.status not in _AWAY:
                return
            await asyncio.sleep(_LOOK)
        except Exception:  # noqa: BLE001 - a failed run is an end like another
            return
        else:
            return
