"""What a recorded run was told from outside is told again, at the same place among its steps."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from types import MappingProxyType
from typing import Any

from temporalio.api.common.v1 import Payload
from temporalio.api.enums.v1 import EventType
from temporalio.api.history.v1 import HistoryEvent
from temporalio.client import WorkflowHandle, WorkflowUpdateStage
from temporalio.common import RawValue

from replaykit.adapters.chaos.family import id_here
from replaykit.adapters.chaos.progress import PROGRESS, TASKS, HandleOf, Skip, has_made, made_by, next_event
from replaykit.adapters.chaos.stopping import Stop, stop


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


def cues_of(
    events: Sequence[HistoryEvent], kin: Mapping[str, Sequence[HistoryEvent]] = MappingProxyType({})
) -> tuple[Cue, ...]:
    """Read off a history what its run was told, in this order; `kin` are its children's, by their workflow ids."""
    return tuple(
        replace(cue, kin=tuple(made_by(event.event_time.ToNanoseconds(), kin))) for cue, event in _cues(events)
    )


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
        progress += event.event_type in PROGRESS


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
    stop: Stop | None = None

    async def __call__(self, handle: WorkflowHandle[Any, Any], skip: Skip, handle_of: HandleOf) -> None:
        """Tell a run its cues; its clock skips only while a timer has to fire before the next one. Then let it go."""
        skipping = False

        async def changed(skips: bool, most: int = 0) -> None:  # noqa: FBT001 - the clock skips or it does not
            nonlocal skipping
            if most or skips != skipping:
                skipping = skips
                await skip(skips, most)

        def child(recorded: str) -> WorkflowHandle[Any, Any]:
            return handle_of(id_here(recorded, handle.id, self.recorded_as))

        await tell(handle, self.cues, changed, child)
        if self.stop is not None:
            await stop(handle, self.stop, changed, child)
        else:
            await skip(True)  # noqa: FBT003 - nothing is told any more


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
        event = await next_event(events, None if at_work else on_stuck)
        if event is None:
            return
        at_work = TASKS.get(event.event_type, at_work)
        if event.event_type in PROGRESS:
            progress.made += 1
            waits = False
        progress.timers += event.event_type == EventType.EVENT_TYPE_TIMER_FIRED
        while left and progress.made >= left[0].after:
            cue = left.pop(0)
            for recorded, made in cue.kin:
                await has_made(child(recorded), made, skip)
            await _tell(handle, cue)
        if left:
            # Each change of the clock is news to the run, and a workflow task that ends it begins anew where there are
            # some: one that retries a local activity meanwhile would never end.
            await skip(waits or left[0].timers > progress.timers)


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
