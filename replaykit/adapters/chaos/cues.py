"""What a recorded run was told from outside is told again, at the same place among its steps."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from types import MappingProxyType
from typing import Any, TypeAlias

from temporalio.api.common.v1 import Payload
from temporalio.api.enums.v1 import EventType
from temporalio.api.history.v1 import HistoryEvent
from temporalio.client import WorkflowHandle, WorkflowUpdateStage
from temporalio.common import RawValue
from temporalio.service import RPCError

from replaykit.adapters.chaos.family import id_here

# Events that the workflow's own progress writes: by their number a place in a history is found again.
_PROGRESS = frozenset(
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


@dataclass(frozen=True, slots=True)
class Cue:
    """Something a run is told: after how much progress of its own, and whether a timer had to fire before.

    `kin`: how much progress its children had made by then, by the workflow ids that they were recorded under.
    `at_start`: it was there before the first workflow task began, as what a run is started with.
    """

    kind: str
    name: str = ""
    payloads: Sequence[Payload] = ()
    after: int = 0
    timers: int = 0
    id: str = ""
    kin: tuple[tuple[str, int], ...] = ()
    at_start: bool = False


# Seconds without any event after which a run waits for its clock; not while a workflow task is under way, lost or not.
_STUCK = 1.0
# And after which a child, whose clock skips by then, counts as one that a fault keeps from getting there.
_LEFT_BEHIND = 3.0
# Whether a workflow task is under way after an event: one that fails or times out is tried again.
_TASKS = MappingProxyType(
    {
        EventType.EVENT_TYPE_WORKFLOW_TASK_SCHEDULED: True,
        EventType.EVENT_TYPE_WORKFLOW_TASK_STARTED: True,
        EventType.EVENT_TYPE_WORKFLOW_TASK_FAILED: True,
        EventType.EVENT_TYPE_WORKFLOW_TASK_TIMED_OUT: True,
        EventType.EVENT_TYPE_WORKFLOW_TASK_COMPLETED: False,
    }
)

Skip: TypeAlias = Callable[[bool], Awaitable[None]]
HandleOf: TypeAlias = Callable[[str], WorkflowHandle[Any, Any]]


def cues_of(
    events: Sequence[HistoryEvent], kin: Mapping[str, Sequence[HistoryEvent]] = MappingProxyType({})
) -> tuple[Cue, ...]:
    """Read off a history what its run was told, in this order; `kin` are its children's, by their workflow ids."""
    return tuple(
        replace(cue, kin=tuple(_made_by(event.event_time.ToNanoseconds(), kin))) for cue, event in _cues(events)
    )


def _made_by(time: int, kin: Mapping[str, Sequence[HistoryEvent]]) -> Iterator[tuple[str, int]]:
    for workflow_id, events in kin.items():
        made = sum(event.event_type in _PROGRESS and event.event_time.ToNanoseconds() <= time for event in events)
        if made:
            yield workflow_id, made


def _cues(events: Sequence[HistoryEvent]) -> Iterator[tuple[Cue, HistoryEvent]]:
    progress = timers = 0
    begun = False
    for event in events:
        match event.event_type:
            case EventType.EVENT_TYPE_WORKFLOW_EXECUTION_SIGNALED:
                said = event.workflow_execution_signaled_event_attributes
                yield Cue("signal", said.signal_name, said.input.payloads, progress, timers, at_start=not begun), event
            case EventType.EVENT_TYPE_WORKFLOW_EXECUTION_UPDATE_ACCEPTED:
                request = event.workflow_execution_update_accepted_event_attributes.accepted_request
                given = request.input
                told = Cue("update", given.name, given.args.payloads, progress, timers, id=request.meta.update_id)
                yield told, event
            case EventType.EVENT_TYPE_WORKFLOW_EXECUTION_CANCEL_REQUESTED:
                yield Cue("cancel", after=progress, timers=timers), event
            case EventType.EVENT_TYPE_TIMER_FIRED:
                timers += 1
            case EventType.EVENT_TYPE_WORKFLOW_TASK_STARTED:
                begun = True
        progress += event.event_type in _PROGRESS


@dataclass(slots=True)
class _Progress:
    made: int = 0
    timers: int = 0
    seen: set[int] = field(default_factory=set)


@dataclass(frozen=True, slots=True)
class Telling:
    """What drives a scenario that was made of a history, whose run was recorded under a workflow id."""

    cues: tuple[Cue, ...]
    recorded_as: str

    async def __call__(self, handle: WorkflowHandle[Any, Any], skip: Skip, handle_of: HandleOf) -> None:
        """Tell a run its cues; its clock skips only while a timer has to fire before the next one."""
        skipping = False

        async def changed(wanted: bool) -> None:  # noqa: FBT001 - the clock skips or it does not
            nonlocal skipping
            if wanted != skipping:
                skipping = wanted
                await skip(wanted)

        def child(recorded: str) -> WorkflowHandle[Any, Any]:
            return handle_of(id_here(recorded, handle.id, self.recorded_as))

        await tell(handle, self.cues, changed, child)


async def tell(handle: WorkflowHandle[Any, Any], cues: Sequence[Cue], skip: Skip, child: HandleOf) -> None:
    """Tell a run its cues, each as soon as it and its children have got where the recorded ones were when it came.

    Args:
        handle: The run.
        cues: What it is told.
        skip: Lets the run's clock skip to timers, or stops it from that.
        child: Finds a child of the run by the workflow id that it was recorded under.

    Raises:
        RPCError: The run has ended.
    """
    progress = _Progress()
    left = list(cues)
    waits = at_work = False
    events = handle.fetch_history_events(wait_new_event=True)

    async def on_stuck() -> None:
        # A retry of its own may be an hour away.
        nonlocal waits
        waits = True
        await skip(True)  # noqa: FBT003 - the clock skips

    while left:
        event = await _next(events, None if at_work else on_stuck)
        if event is None:
            return
        at_work = _TASKS.get(event.event_type, at_work)
        if event.event_type in _PROGRESS:
            progress.made += 1
            waits = False
        progress.timers += event.event_type == EventType.EVENT_TYPE_TIMER_FIRED
        while left and progress.made >= left[0].after:
            cue = left.pop(0)
            for recorded, made in cue.kin:
                await _has_made(child(recorded), made, skip)
            await _tell(handle, cue)
        if left:
            # Each change of the clock is news to the run, and a workflow task that ends it begins anew where there are
            # some: one that retries a local activity meanwhile would never end.
            await skip(waits or left[0].timers > progress.timers)


async def _has_made(child: WorkflowHandle[Any, Any], made: int, skip: Skip) -> None:
    """Wait until a child has made progress, has ended, or gets no further."""
    events = child.fetch_history_events(wait_new_event=True)

    async def on_stuck() -> None:
        await skip(True)  # noqa: FBT003 - the clock skips

    at_work = False
    try:
        while made:
            # A workflow task that is lost comes again, and the clock has to stand still until then.
            coming = _next(events, None if at_work else on_stuck)
            event = await asyncio.wait_for(coming, None if at_work else _STUCK + _LEFT_BEHIND)
            if event is None:
                return
            at_work = _TASKS.get(event.event_type, at_work)
            made -= event.event_type in _PROGRESS
    except (TimeoutError, RPCError):
        # A fault keeps it from that, or from being there at all: what the run is told comes all the same.
        return


async def _next(
    events: AsyncIterator[HistoryEvent], on_stuck: Callable[[], Awaitable[None]] | None
) -> HistoryEvent | None:
    """Wait for the next event, and do something where it is long in coming; None where there is no further one."""
    coming = asyncio.ensure_future(anext(events, None))
    try:
        done, _ = await asyncio.wait({coming}, timeout=_STUCK)
        if not done and on_stuck is not None:
            await on_stuck()
        return await coming
    finally:
        # Whoever waited may have gone: what comes then is nobody's, and asyncio would print it.
        coming.cancel()
        await asyncio.gather(coming, return_exceptions=True)


async def _tell(handle: WorkflowHandle[Any, Any], cue: Cue) -> None:
    args = [RawValue(payload) for payload in cue.payloads]
    match cue.kind:
        case "signal":
            await handle.signal(cue.name, args=args)
        case "update":
            # Its outcome may need what comes later.
            await handle.start_update(cue.name, args=args, id=cue.id, wait_for_stage=WorkflowUpdateStage.ACCEPTED)
        case _:
            await handle.cancel()
