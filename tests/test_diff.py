"""The comparison of recorded and observed traces, on plain values."""

from dataclasses import replace

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from replaykit.model.finding import Shape
from replaykit.model.outcome import TaskFailure
from replaykit.model.step import Answer, Step, StepKey, StepKind, Trace
from replaykit.model.value import Json, Undecoded
from replaykit.rules.diff import CONTEXT, diff, same_step
from tests.traces import (
    activity,
    end,
    history,
    local_activity,
    observed_traces,
    outcome,
    patch,
    recorded_from,
    renumbered,
    timer,
)

DATA = st.data()


@given(observed_traces())
def test_a_trace_does_not_differ_from_itself(trace: Trace) -> None:
    found = diff(history(recorded_from(trace)), outcome(trace))
    assert found.divergence is None
    assert found.drifts == ()
    assert found.compared == len(trace.steps)
    assert {note.key.kind for note in found.unverified if note.key} <= {StepKind.LOCAL_ACTIVITY}


@given(observed_traces(least=1), DATA)
def test_an_inserted_step_is_found_at_its_place(trace: Trace, data: st.DataObject) -> None:
    place = data.draw(st.integers(0, len(trace.steps)), label="place")
    task = trace.steps[min(place, len(trace.steps) - 1)].task
    stranger = activity("stranger", 4711, task=task)
    steps = [*trace.steps[:place], stranger, *trace.steps[place:]]
    found = diff(history(recorded_from(trace)), outcome(renumbered(steps)))
    assert found.divergence is not None
    assert found.divergence.number == place + 1
    assert found.divergence.observed[0].key.name == "stranger"
    assert found.divergence.task == task
    assert len(found.divergence.before) == min(place, CONTEXT)
    assert found.drifts == ()


@given(observed_traces(least=1), DATA)
def test_a_removed_step_never_passes(trace: Trace, data: st.DataObject) -> None:
    place = data.draw(st.integers(0, len(trace.steps) - 1), label="place")
    steps = [*trace.steps[:place], *trace.steps[place + 1 :]]
    last = max(step.task for step in trace.steps)
    found = diff(history(recorded_from(trace)), outcome(renumbered(steps), reached=last))
    assert found.divergence is not None
    assert found.divergence.number >= place + 1


@given(observed_traces(least=2), DATA)
def test_two_steps_that_change_places_are_found_at_the_first(trace: Trace, data: st.DataObject) -> None:
    place = data.draw(st.integers(0, len(trace.steps) - 2), label="place")
    one, other = trace.steps[place : place + 2]
    assume(one.task == other.task and not same_step(one, other))
    # The place of a local activity among steps of other kinds in one workflow task is nowhere recorded.
    assume(StepKind.LOCAL_ACTIVITY not in {one.key.kind, other.key.kind})
    steps = [*trace.steps[:place], other, one, *trace.steps[place + 2 :]]
    found = diff(history(recorded_from(trace)), outcome(renumbered(steps)))
    assert found.divergence is not None
    assert found.divergence.number == place + 1


@given(observed_traces(least=1), DATA)
def test_changed_input_is_drift_of_that_step_alone(trace: Trace, data: st.DataObject) -> None:
    verifiable = [
        i for i, step in enumerate(trace.steps) if step.input and step.key.kind is not StepKind.LOCAL_ACTIVITY
    ]
    assume(verifiable)
    place = data.draw(st.sampled_from(verifiable), label="place")
    new = replace(trace.steps[place], input=(Json({"changed": trace.steps[place].id}),))
    assume(new.input != trace.steps[place].input)
    steps = [*trace.steps[:place], new, *trace.steps[place + 1 :]]
    found = diff(history(recorded_from(trace)), outcome(Trace(tuple(steps))))
    assert found.divergence is None
    assert [drift.number for drift in found.drifts] == [place + 1]


def shape(recorded: list[Step], new: list[Step], *, tasks: int = 1) -> Shape:
    found = diff(history(renumbered(recorded), tasks=tasks), outcome(renumbered(new)))
    assert found.divergence is not None
    return found.divergence.shape


A, B, C = activity("a", 1), activity("b", 2), activity("c", 3)


@pytest.mark.parametrize(
    ("recorded", "new", "expected"),
    [
        ([A, B], [C, A, B], Shape.INSERTED),
        ([A, B], [A], Shape.REMOVED),
        ([A, B], [A, C], Shape.REPLACED),
        ([A, B], [B, A], Shape.REORDERED),
        ([A, B], [activity("a", 2), B], Shape.RENUMBERED),
        ([A, B], [A, end()], Shape.ENDS_EARLY),
        ([A], [A, end()], Shape.ENDS_EARLY),
        ([A, end()], [A, B], Shape.GOES_ON),
        ([A], [A, B], Shape.TAIL),
        ([A, end()], [A, end(StepKind.FAIL)], Shape.REPLACED),
    ],
)
def test_each_way_of_leaving_the_recorded_steps_has_its_name(
    recorded: list[Step], new: list[Step], expected: Shape
) -> None:
    assert shape(recorded, new) is expected


def test_an_extra_step_in_a_task_before_the_last_is_inserted_not_tail() -> None:
    later = activity("b", 2, task=2)
    assert shape([A, later], [A, activity("x", 9), later], tasks=2) is Shape.INSERTED


def test_tasks_that_core_did_not_reach_are_not_compared() -> None:
    recorded = Trace((A, activity("b", 2, task=2)))
    found = diff(history(recorded), outcome(Trace((A,)), reached=1))
    assert found.divergence is None
    assert found.compared == 1


def test_a_failing_task_is_where_the_run_diverges_even_if_its_steps_agree() -> None:
    failure = TaskFailure(task=2, pending=False, type="IndexError", message="list index", stack="", site=None)
    recorded = Trace((A, activity("b", 2, task=2)))
    found = diff(history(recorded), outcome(Trace((A,)), reached=2, task_failure=failure))
    assert found.divergence is not None
    assert found.divergence.shape is Shape.TASK_FAILS
    assert found.divergence.failure is failure
    assert found.divergence.task == 2


def test_a_deprecated_patch_that_the_code_no_longer_asks_for_is_skipped() -> None:
    recorded = Trace((patch("politer", deprecated=True), A))
    assert diff(history(recorded), outcome(Trace((A,)))).divergence is None


def test_a_live_patch_that_the_code_no_longer_asks_for_is_divergence() -> None:
    recorded = Trace((patch("politer"), A))
    found = diff(history(recorded), outcome(Trace((A,))))
    assert found.divergence is not None
    assert found.divergence.recorded[0].key.kind is StepKind.PATCH


def test_a_timer_of_another_duration_drifts() -> None:
    found = diff(history(Trace((timer(1, 60.0),))), outcome(Trace((timer(1, 90.0),))))
    assert found.divergence is None
    [change] = found.drifts[0].changes
    assert (change.path, change.recorded, change.new) == ("duration", "60.0", "90.0")


def test_a_timer_of_another_number_is_divergence_unless_it_was_cancelled() -> None:
    """Found by tests/bugbench (open-timer-renumbered): Core fails when such a timer fires, and not before."""
    recorded, new = timer(1, 60.0), timer(2, 60.0)
    pending = diff(history(Trace((recorded,))), outcome(Trace((new,)))).divergence
    fired = diff(history(Trace((replace(recorded, answer=Answer()),))), outcome(Trace((new,)))).divergence
    cancelled = replace(recorded, answer=Answer(failure="cancelled"))
    assert pending is not None
    assert pending.shape is Shape.RENUMBERED
    assert fired is not None
    assert diff(history(Trace((cancelled,))), outcome(Trace((new,)))).divergence is None


def test_a_local_activity_asked_for_before_its_marker_s_task_is_the_same() -> None:
    recorded = Trace((activity("a", 1), local_activity("label", 2, task=2, event_id=20)))
    new = Trace((activity("a", 1), local_activity("label", 2, task=1)))
    assert diff(history(recorded, tasks=2), outcome(new, reached=2)).divergence is None


def test_a_local_activity_still_running_at_the_end_of_an_open_run_is_unverified() -> None:
    new = Trace((A, local_activity("label", 2)))
    found = diff(history(Trace((A,)), awaits_local_activity=True), outcome(new))
    assert found.divergence is None
    assert [note.what for note in found.unverified] == ["local activity"]


def test_a_local_activity_that_several_tasks_kept_alive_is_unverified() -> None:
    """Found by tests/bugbench (unchanged-visit-local): the last tasks of the history recorded nothing."""
    new = Trace((A, local_activity("label", 2)))
    found = diff(history(Trace((A,)), tasks=3, awaits_local_activity=True), outcome(new, reached=3))
    assert found.divergence is None
    assert [note.what for note in found.unverified] == ["local activity"]


def test_a_new_local_activity_before_the_recorded_end_is_the_step_to_blame() -> None:
    """Found by tests/bugbench (local-added-last): the new code waits for it instead of ending."""
    found = diff(history(Trace((A, end()))), outcome(Trace((A, local_activity("label", 2)))))
    assert found.divergence is not None
    assert found.divergence.observed[0].key.name == "label"


def test_a_new_local_activity_in_a_tail_that_waits_for_none_is_divergence() -> None:
    new = Trace((A, local_activity("label", 2)))
    found = diff(history(Trace((A,))), outcome(new))
    assert found.divergence is not None
    assert found.divergence.shape is Shape.TAIL


def test_bytes_that_nobody_decodes_are_unverified_where_they_differ() -> None:
    recorded = replace(A, input=(Undecoded("binary/encrypted", b"1"),))
    new = replace(A, input=(Undecoded("binary/encrypted", b"2"),))
    found = diff(history(Trace((recorded,))), outcome(Trace((new,))))
    assert found.drifts == ()
    assert [note.why for note in found.unverified] == ["its payload could not be decoded"]


def test_a_history_without_core_s_flag_says_what_core_did_not_check() -> None:
    found = diff(history(Trace((A,)), checks_ids=False), outcome(Trace((A,))))
    assert "Core's check of activity and child ids" in found.unverified[0].what


def test_the_same_name_of_another_kind_is_another_step() -> None:
    child = Step(StepKey(StepKind.CHILD, "a", 1), task=1, id="1")
    assert not same_step(A, child)
