"""Recorded and observed steps in one order, on plain values."""

from collections import Counter
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from replaykit.model.step import ENDS, Step, StepKey, StepKind, Trace
from replaykit.rules.canonical import as_recorded, in_issue_order, numbered
from tests.traces import activity, end, local_activity, observed_traces, patch, recorded_from, timer

NUMBERED = frozenset({StepKind.ACTIVITY, StepKind.LOCAL_ACTIVITY})


def names(steps: tuple[Step, ...]) -> list[str]:
    return [str(step.key) for step in steps]


def cancel(kind: StepKind, step: Step) -> Step:
    return Step(StepKey(kind, step.key.name, 1), task=step.task, id=step.id)


@given(observed_traces())
def test_every_coordinate_is_unique_and_counts_from_one(trace: Trace) -> None:
    keys = [step.key for step in trace.steps]
    assert len(set(keys)) == len(keys)
    counts = Counter((key.kind, key.name) for key in keys)
    assert all(1 <= key.nth <= counts[key.kind, key.name] for key in keys)


@given(observed_traces(), st.booleans())
def test_what_is_recorded_already_stays_as_it_is(trace: Trace, moves: bool) -> None:  # noqa: FBT001 - drawn
    assert as_recorded(trace.steps, moves_end_last=moves) == trace.steps


@given(observed_traces(), st.data())
def test_markers_written_late_are_put_back_where_the_workflow_asked(trace: Trace, data: st.DataObject) -> None:
    late = list(recorded_from(trace).steps)
    for step in [step for step in late if step.key.kind is StepKind.LOCAL_ACTIVITY]:
        at = late.index(step)
        # No marker is written after the end of the run.
        last = len(late) - 1 - (late[-1].key.kind in ENDS)
        later = data.draw(st.integers(at, last), label="written at")
        late.insert(later, late.pop(at))
    late = [replace(step, event_id=5 + index) for index, step in enumerate(late)]
    placed = in_issue_order(late)
    numbers = [int(step.id) for step in placed if step.key.kind in NUMBERED]
    assert numbers == sorted(numbers)
    assert Counter(names(placed)) == Counter(names(tuple(late)))


def test_a_late_marker_takes_the_workflow_task_of_the_activity_after_it() -> None:
    recorded = [activity("a", 2, task=1), local_activity("label", 1, task=3, event_id=30)]
    placed = in_issue_order(recorded)
    assert [(step.key.name, step.task) for step in placed] == [("label", 1), ("a", 1)]


@pytest.mark.parametrize(
    ("start", "kind"),
    [
        (timer(1, 5.0), StepKind.TIMER_CANCEL),
        (activity("a", 1), StepKind.ACTIVITY_CANCEL),
        (Step(StepKey(StepKind.CHILD, "Parcel", 1), task=1, id="p"), StepKind.CANCEL_EXTERNAL),
        (Step(StepKey(StepKind.NEXUS, "bank/pay", 1), task=1), StepKind.NEXUS_CANCEL),
    ],
)
def test_what_is_taken_back_in_the_same_task_is_never_recorded(start: Step, kind: StepKind) -> None:
    assert as_recorded([start, end(), cancel(kind, start)], moves_end_last=True) == (end(),)


def test_what_is_taken_back_in_a_later_task_is_recorded() -> None:
    start = timer(1, 5.0)
    taken_back = replace(cancel(StepKind.TIMER_CANCEL, start), task=2)
    assert names(as_recorded([start, taken_back], moves_end_last=True)) == ["timer #1", "timer cancel #1"]


def test_one_cancel_takes_back_one_step_only() -> None:
    steps = [timer(1, 5.0), timer(2, 5.0), cancel(StepKind.TIMER_CANCEL, timer(2, 5.0))]
    [kept] = as_recorded(steps, moves_end_last=True)
    assert kept.id == "1"


def test_a_patch_is_recorded_once_however_often_it_is_asked_for() -> None:
    steps = [patch("politer"), activity("a", 1), patch("politer", task=2)]
    assert names(as_recorded(steps, moves_end_last=True)) == ["patch politer #1", "activity a #1"]


def test_the_end_goes_last_in_its_task_where_core_moves_it() -> None:
    steps = [end(), activity("a", 1)]
    assert names(as_recorded(steps, moves_end_last=True)) == ["activity a #1", "complete"]


def test_what_follows_the_end_is_dropped_where_core_drops_it() -> None:
    assert names(as_recorded([activity("a", 1), end(), activity("b", 2)], moves_end_last=False)) == [
        "activity a #1",
        "complete",
    ]


def test_only_the_first_of_two_ends_counts() -> None:
    recorded = as_recorded([end(), end(StepKind.FAIL)], moves_end_last=True)
    assert [step.key.kind for step in recorded] == [StepKind.COMPLETE]


@given(observed_traces())
def test_a_run_ends_at_most_once(trace: Trace) -> None:
    assert sum(step.key.kind in ENDS for step in trace.steps) <= 1


def test_numbers_count_per_kind_and_name() -> None:
    child = Step(StepKey(StepKind.CHILD, "a", 0), task=1)
    steps = numbered([activity("a", 1), activity("b", 2), activity("a", 3), child])
    assert names(steps) == ["activity a #1", "activity b #1", "activity a #2", "child workflow a #1"]
