"""How far a run has got, by the events that its own progress writes: a place in a history is found again by it."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Mapping, Sequence
from types import MappingProxyType
from typing import Any, Protocol, TypeAlias

from temporalio.api.enums.v1 import EventType
from temporalio.api.history.v1 import HistoryEvent
from temporalio.client import WorkflowHandle
from temporalio.service import RPCError

PROGRESS = frozenset(
    {
        EventType.EVENT_TYPE_ACTIVITY_TASK_SCHEDULED,
        EventType.EVENT_TYPE_ACTIVITY_TASK_COMPLETED,
        EventType.EVENT_TYPE_ACTIVITY_TASK_FAILED,
        EventType.EVENT_TYPE_TIMER_STARTED,
        EventType.EVENT_TYPE_TIMER_FIRED,
        EventType.EVENT_TYPE_MARKER_RECORDED,
        EventType.EVENT_TYPE_START_CHILD_WORKFLOW_EXECUTION_INITIATED,
        EventType.EVENT_TYPE_CHILD_WORKFLOW_EXECUTION_STARTED,
        EventType.EVENT_TYPE_CHILD_WORKFLOW_EXECUTION_COMPLETED,
        EventType.EVENT_TYPE_CHILD_WORKFLOW_EXECUTION_FAILED,
        EventType.EVENT_TYPE_UPSERT_WORKFLOW_SEARCH_ATTRIBUTES,
        EventType.EVENT_TYPE_WORKFLOW_PROPERTIES_MODIFIED,
        EventType.EVENT_TYPE_WORKFLOW_EXECUTION_UPDATE_COMPLETED,
    }
)
# Seconds without any event after which a run waits for its clock; not while a workflow task is under way, lost or not.
STUCK = 1.0
# And after which a child, whose clock skips by then, counts as one that a fault keeps from getting there.
_LEFT_BEHIND = 3.0
# Whether a workflow task is under way after an event: one that fails or times out is tried again.
TASKS = MappingProxyType(
    {
        EventType.EVENT_TYPE_WORKFLOW_TASK_SCHEDULED: True,
        EventType.EVENT_TYPE_WORKFLOW_TASK_STARTED: True,
        EventType.EVENT_TYPE_WORKFLOW_TASK_FAILED: True,
        EventType.EVENT_TYPE_WORKFLOW_TASK_TIMED_OUT: True,
        EventType.EVENT_TYPE_WORKFLOW_TASK_COMPLETED: False,
    }
)

HandleOf: TypeAlias = Callable[[str], WorkflowHandle[Any, Any]]


class Skip(Protocol):
    """Lets a run's clock skip to timers, or stops it from that; see `set_skipping`."""

    async def __call__(self, skips: bool, most: int = 0) -> None:  # noqa: FBT001 - the clock skips or it does not
        """Set the clock."""


def made_by(time: int, kin: Mapping[str, Sequence[HistoryEvent]]) -> Iterator[tuple[str, int]]:
    """Yield how much progress workflows had made at a time (nanoseconds), by their ids."""
    for workflow_id, events in kin.items():
        made = sum(event.event_type in PROGRESS and event.event_time.ToNanoseconds() <= time for event in events)
        if made:
            yield workflow_id, made


async def has_made(child: WorkflowHandle[Any, Any], made: int, skip: Skip | None) -> None:
    """Wait until a child has made progress, has ended, or gets no further, its parent's clock skipping where it may."""
    events = child.fetch_history_events(wait_new_event=True)

    async def on_stuck() -> None:
        if skip is not None:
            await skip(True)  # noqa: FBT003 - the clock skips

    at_work = False
    try:
        while made:
            # A workflow task that is lost comes again, and the clock has to stand still until then.
            coming = next_event(events, None if at_work else on_stuck)
            event = await asyncio.wait_for(coming, None if at_work else STUCK + _LEFT_BEHIND)
            if event is None:
                return
            at_work = TASKS.get(event.event_type, at_work)
            made -= event.event_type in PROGRESS
    except (TimeoutError, RPCError):
        # A fault keeps it from that, or from being there at all: what the run is told comes all the same.
        return


async def next_event(
    events: AsyncIterator[HistoryEvent], on_stuck: Callable[[], Awaitable[None]] | None
) -> HistoryEvent | None:
    """Wait for the next event, and do something where it is long in coming; None where there is no further one."""
    coming = asyncio.ensure_future(anext(events, None))
    try:
        done, _ = await asyncio.wait({coming}, timeout=STUCK)
        if not done and on_stuck is not None:
            await on_stuck()
        return await coming
    finally:
        # Whoever waited may have gone: what comes then is nobody's, and asyncio would print it.
        coming.cancel()
        await asyncio.gather(coming, return_exceptions=True)
