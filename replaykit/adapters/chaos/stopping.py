"""A recorded run that had not ended by itself is stopped where it had got: what would come later nobody recorded."""

import asyncio
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from temporalio.api.enums.v1 import EventType, PendingActivityState
from temporalio.api.history.v1 import HistoryEvent
from temporalio.client import WorkflowHandle

from replaykit.adapters.chaos.progress import PROGRESS, STUCK, TASKS, HandleOf, Skip, has_made, made_by, next_event

# Seconds without any event after which a run that has got there has come to rest.
_AT_REST = 0.5
# Seconds within which a retry comes by itself: a skip that it does not need would go to the next timer.
_SOON = 0.5
_WHY = "replaykit: the recorded run had got here"
_OF_UPDATES = frozenset(
    {
        EventType.EVENT_TYPE_WORKFLOW_EXECUTION_UPDATE_ACCEPTED,
        EventType.EVENT_TYPE_WORKFLOW_EXECUTION_UPDATE_COMPLETED,
    }
)


@dataclass(frozen=True, slots=True)
class Stop:
    """Where a run is stopped: how much progress it, and its children by their recorded ids, have made; timers fired."""

    after: int
    timers: int
    kin: tuple[tuple[str, int], ...]


def stop_of(events: Sequence[HistoryEvent], kin: Mapping[str, Sequence[HistoryEvent]]) -> Stop:
    """Have a run stop where the recorded one had got, as had its children."""
    return Stop(
        after=sum(event.event_type in PROGRESS for event in events),
        timers=sum(event.event_type == EventType.EVENT_TYPE_TIMER_FIRED for event in events),
        kin=tuple(made_by(events[-1].event_time.ToNanoseconds(), kin)),
    )


def at_rest(events: Sequence[HistoryEvent]) -> Sequence[HistoryEvent]:
    """Leave out what the last completed workflow task did not know: what would have come of it is not recorded."""
    rest = completed = 0
    for number, event in enumerate(events, start=1):
        if event.event_type == EventType.EVENT_TYPE_WORKFLOW_TASK_COMPLETED:
            rest, completed = number, event.event_id
        elif completed and (_asked_in(event) == completed or event.event_type in _OF_UPDATES):
            rest = number
    return events[:rest]


def _asked_in(event: HistoryEvent) -> int:
    """Return the workflow task in which the run asked for what an event tells; 0 where it did not."""
    attributes = event.WhichOneof("attributes")
    return getattr(getattr(event, attributes), "workflow_task_completed_event_id", 0) if attributes else 0


async def stop(handle: WorkflowHandle[Any, Any], at: Stop, skip: Skip, child: HandleOf) -> None:
    """Terminate a run once it rests where the recorded one had got; one that ends before needs nothing.

    Its clock skips for timers that have to fire and for retries, and no further than these need: a timer that begins
    meanwhile would carry the run beyond what is recorded.

    Raises:
        RPCError: The run has ended.
    """
    made = timers = tries = 0
    at_work = False
    granted = -1
    ahead = 0.0
    events = handle.fetch_history_events(wait_new_event=True)
    while True:
        rests = not at_work and made >= at.after
        try:
            event = await asyncio.wait_for(next_event(events, None), None if at_work else _AT_REST if rests else STUCK)
        except TimeoutError:
            due = await _attempts_due(handle)
            if any(each - time.time() - ahead > _SOON for each in due):
                tries += 1
                # What is tried again and again would take too long step by step.
                await skip(True, 2 ** max(0, tries - 3))  # noqa: FBT003 - the clock skips
            elif granted > 0 and not due:
                # Retries have used up what was meant for a timer.
                await skip(True, granted)  # noqa: FBT003 - as above
            if rests and not due:
                break
            continue
        if event is None:
            return
        ahead = max(ahead, event.event_time.ToNanoseconds() / 1e9 - time.time())
        at_work = TASKS.get(event.event_type, at_work)
        if event.event_type in PROGRESS:
            made += 1
            tries = 0
        timers += event.event_type == EventType.EVENT_TYPE_TIMER_FIRED
        wanted = max(0, at.timers - timers)
        if wanted != granted:
            granted = wanted
            await skip(wanted > 0, wanted)
    for recorded, progress in at.kin:
        await has_made(child(recorded), progress, None)
    await handle.terminate(_WHY)


async def _attempts_due(handle: WorkflowHandle[Any, Any]) -> list[float]:
    """Return when attempts of activities are due that have not begun, by the run's own clock, in seconds since 1970."""
    pending = (await handle.describe()).raw_description.pending_activities
    return [
        each.scheduled_time.ToNanoseconds() / 1e9
        for each in pending
        if each.state == PendingActivityState.PENDING_ACTIVITY_STATE_SCHEDULED
    ]
