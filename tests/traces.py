"""Traces as Hypothesis draws them: steps as the SDK numbers them, and what a history would record of them."""

from dataclasses import dataclass, replace
from typing import Any

from hypothesis import strategies as st

from replaykit.model.history import History, Identity, RunStatus, RunTimeouts, WorkflowTask
from replaykit.model.outcome import Outcome
from replaykit.model.step import ENDS, Step, StepKey, StepKind, Trace
from replaykit.model.value import Json, JsonData
from replaykit.rules.canonical import as_recorded, numbered

NAMES = st.sampled_from(["charge", "reserve", "notify"])
JSON: st.SearchStrategy[JsonData] = st.recursive(
    st.none() | st.booleans() | st.integers(-99, 99) | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4),
    max_leaves=12,
)
PLAIN_KINDS = st.sampled_from(
    [
        StepKind.ACTIVITY,
        StepKind.LOCAL_ACTIVITY,
        StepKind.TIMER,
        StepKind.CHILD,
        StepKind.SIGNAL,
        StepKind.PATCH,
        StepKind.MEMO,
        StepKind.UPDATE_ACCEPTED,
    ]
)
WITHOUT_INPUT = frozenset({StepKind.TIMER, StepKind.PATCH, StepKind.MEMO, StepKind.UPDATE_ACCEPTED})
NAMELESS = frozenset({StepKind.TIMER, StepKind.MEMO})


@dataclass(slots=True)
class Numbers:
    """The SDK's counters: one for activities and local activities, one for timers."""

    activities: int = 0
    timers: int = 0

    def step(self, kind: StepKind, name: str, data: JsonData, *, task: int, place: int) -> Step:
        """Make a step as the SDK would issue it."""
        options: tuple[tuple[str, Json], ...] = ()
        identifier = ""
        if kind in {StepKind.ACTIVITY, StepKind.LOCAL_ACTIVITY}:
            self.activities += 1
            identifier = str(self.activities)
            if kind is StepKind.LOCAL_ACTIVITY:
                options = (("seq", Json(self.activities)),)
        elif kind is StepKind.TIMER:
            self.timers += 1
            identifier = str(self.timers)
            options = (("duration", Json(1.5)),)
        elif kind not in {StepKind.PATCH, StepKind.MEMO}:
            identifier = f"{name}-{place}"
        return Step(
            StepKey(kind, "" if kind in NAMELESS else f"{name}-{place}" if kind is StepKind.PATCH else name, 0),
            task=task,
            id=identifier,
            input=() if kind in WITHOUT_INPUT else (Json(data),),
            options=options,
        )


@st.composite
def observed_traces(draw: st.DrawFn, *, least: int = 0) -> Trace:
    """Draw the steps that one run of workflow code issues, ended or open."""
    numbers = Numbers()
    task = 1
    steps: list[Step] = []
    for place, (kind, name, data, onwards) in enumerate(
        draw(st.lists(st.tuples(PLAIN_KINDS, NAMES, JSON, st.booleans()), min_size=least, max_size=10))
    ):
        task += onwards
        steps.append(numbers.step(kind, name, data, task=task, place=place))
    end = draw(st.none() | st.sampled_from(sorted(ENDS)))
    if end is not None:
        steps.append(Step(StepKey(end, "", 0), task=task, input=(Json(draw(JSON)),)))
    return Trace(as_recorded(steps, moves_end_last=True))


def recorded_from(observed: Trace) -> Trace:
    """Say what a history holds of these steps: event ids, and no input of local activities."""
    return Trace(
        tuple(
            replace(
                step,
                event_id=5 + 3 * index,
                input=() if step.key.kind is StepKind.LOCAL_ACTIVITY else step.input,
                input_known=step.key.kind is not StepKind.LOCAL_ACTIVITY,
            )
            for index, step in enumerate(observed.steps)
        )
    )


def renumbered(steps: list[Step]) -> Trace:
    """Count coordinates anew after a change to the steps."""
    return Trace(numbered(steps))


def history(trace: Trace, *, tasks: int | None = None, **more: Any) -> History:  # noqa: ANN401 - History's own fields
    """Make a history of a recorded trace."""
    last = tasks if tasks is not None else max((step.task for step in trace.steps), default=1)
    ended = bool(trace.steps) and trace.steps[-1].key.kind in ENDS
    whole: dict[str, Any] = {
        "identity": Identity("order-1", "run-1", "Order", "orders", "default"),
        "trace": trace,
        "status": RunStatus.COMPLETED if ended else RunStatus.OPEN,
        "events": 3 * len(trace.steps) + 5,
        "tasks": tuple(WorkflowTask(3 * ordinal, 3 * ordinal + 1) for ordinal in range(1, last + 1)),
        "received": (),
        "started": 0.0,
        "timeouts": RunTimeouts(),
        "checks_ids": True,
        "moves_end_last": True,
        "awaits_local_activity": False,
        "fails_pending_task": False,
        "undecoded": None,
        "guessed_id": False,
    }
    return History(**{**whole, **more})


def outcome(trace: Trace, *, reached: int | None = None, **more: Any) -> Outcome:  # noqa: ANN401 - Outcome's own fields
    """Make the outcome of a replay that issued these steps."""
    last = max((step.task for step in trace.steps), default=1)
    whole: dict[str, Any] = {
        "trace": trace,
        "reached": reached if reached is not None else last,
        "core_error": None,
        "core_answered": True,
        "broken": None,
        "task_failure": None,
        "standing": None,
        "seconds": 0.0,
    }
    return Outcome(**{**whole, **more})


def activity(name: str, number: int, *args: JsonData, task: int = 1) -> Step:
    """Make an activity by hand."""
    inputs = tuple(Json(arg) for arg in args)
    return Step(StepKey(StepKind.ACTIVITY, name, 1), task=task, id=str(number), input=inputs)


def timer(number: int, seconds: float, *, task: int = 1) -> Step:
    """Make a timer by hand."""
    options = (("duration", Json(seconds)),)
    return Step(StepKey(StepKind.TIMER, "", number), task=task, id=str(number), options=options)


def local_activity(name: str, number: int, *, task: int = 1, event_id: int | None = None) -> Step:
    """Make a local activity by hand; recorded where it has an event id."""
    key = StepKey(StepKind.LOCAL_ACTIVITY, name, 1)
    known = event_id is None
    return Step(
        key, task, id=str(number), options=(("seq", Json(number)),), event_id=event_id, input_known=known
    )  # fmt: skip


def patch(name: str, *, deprecated: bool = False, task: int = 1) -> Step:
    """Make a patch marker by hand."""
    return Step(StepKey(StepKind.PATCH, name, 1), task=task, options=(("deprecated", Json(deprecated)),))


def end(kind: StepKind = StepKind.COMPLETE, *, task: int = 1, result: JsonData = None) -> Step:
    """Make the end of a run by hand."""
    return Step(StepKey(kind, "", 1), task=task, input=(Json(result),))
