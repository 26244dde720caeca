"""The shape of a run, in plain words and without its data."""

from collections.abc import Sequence
from dataclasses import replace

from hypothesis import given

from replaykit.model.history import History, Identity, Received, RunStatus, RunTimeouts
from replaykit.model.reached import Reached
from replaykit.model.shape import Aspect, Feature, Stamps
from replaykit.model.step import Answer, Step, StepKey, StepKind, Trace
from replaykit.model.value import Json, JsonData
from replaykit.rules.shape import LONGEST, features, ranges, shape_of, told, words
from tests.traces import JSON, observed_traces

PRIVATE = "card 4711"
ANSWERED = Answer()


def step(
    kind: StepKind, name: str, at: int, answer: Answer | None = ANSWERED, *, said: Sequence[JsonData] = ()
) -> Step:
    return Step(StepKey(kind, name, 1), 1, event_id=at, answer=answer, input=tuple(Json(data) for data in said))


def history(*steps: Step, status: RunStatus = RunStatus.COMPLETED, received: tuple[Received, ...] = ()) -> History:
    return History(
        identity=Identity("w", "r", "Order", "q", "n"),
        trace=Trace(steps),
        received=received,
        status=status,
        events=9,
        tasks=(),
        timeouts=RunTimeouts(),
        started=0.0,
        checks_ids=True,
        moves_end_last=True,
        awaits_local_activity=False,
        fails_pending_task=False,
        undecoded=None,
        guessed_id=False,
    )


def said(run: History, *, stamps: Stamps | None = None, reached: Reached | None = None) -> tuple[str, ...]:
    return told(features(shape_of(run, stamps or Stamps(), reached)))


def got(what: str, name: str, at: int) -> Received:
    return Received(what, name, (Json(PRIVATE),), at, 0.0)


def test_a_run_that_completed_tells_its_end_its_steps_and_its_patches() -> None:
    run = history(
        step(StepKind.ACTIVITY, "charge", 5),
        step(StepKind.PATCH, "moderate", 7, None),
        step(StepKind.LOCAL_ACTIVITY, "label", 8),
        step(StepKind.ACTIVITY, "notify", 9),
        step(StepKind.ACTIVITY, "notify", 12),
        step(StepKind.COMPLETE, "", 20, None),
    )

    assert said(run) == (
        "ends completed",
        "steps charge → patch moderate → local label → (notify)+ → complete",
        "patches moderate",
    )


def test_a_deprecated_patch_is_another_than_a_live_one() -> None:
    marker = replace(step(StepKind.PATCH, "moderate", 7, None), options=(("deprecated", Json(data=True)),))

    assert "patches moderate (deprecated)" in said(history(marker))


def test_an_open_run_tells_what_it_waits_for() -> None:
    run = history(step(StepKind.ACTIVITY, "charge", 5, None), step(StepKind.TIMER, "", 6), status=RunStatus.OPEN)

    assert said(run) == ("still open", "steps charge → timer", "no patches", "waits for charge")


def test_failures_tell_the_chain_of_types_and_retries_but_no_message() -> None:
    failed = Answer(failure=f"CardDeclined: {PRIVATE}", types=("CardDeclined", "HTTPError"), attempts=3)
    chain: JsonData = [{"type": "activity failure", "message": PRIVATE}, {"type": "CardDeclined", "message": PRIVATE}]
    run = history(
        step(StepKind.ACTIVITY, "charge", 5, failed),
        step(StepKind.FAIL, "", 9, None, said=[chain]),
        status=RunStatus.FAILED,
    )

    assert said(run) == (
        "ends failed with activity failure ← CardDeclined",
        "steps charge → fail",
        "no patches",
        "charge failed: CardDeclined ← HTTPError",
        "charge retried",
    )


def test_messages_tell_after_which_step_they_came() -> None:
    run = history(
        step(StepKind.ACTIVITY, "draft", 5),
        step(StepKind.UPDATE_ACCEPTED, "note", 9, None),
        step(StepKind.UPDATE_COMPLETED, "note", 10, None),
        step(StepKind.TIMER, "", 12),
        received=(
            got("started", "Order", 1),
            got("signal", "approve", 3),
            got("signal", "approve", 11),
            got("signal", "approve", 15),
            got("cancel requested", PRIVATE, 16),
            got("workflow task failed", PRIVATE, 17),
        ),
        status=RunStatus.CANCELLED,
    )

    assert said(run)[3:] == (
        "cancel requested after timer",
        "signal approve after draft",
        "signal approve after start",
        "signal approve after timer",
        "update note after draft",
        "workflow task failed after timer",
    )


def test_ends_of_children_and_the_workers_that_ran_it_are_told() -> None:
    run = history(
        step(StepKind.CHILD, "Parcel", 5),
        step(StepKind.CHILD, "Parcel", 6, Answer(failure="x", types=("cancelled",))),
        step(StepKind.CHILD, "Parcel", 7, None),
    )
    found = said(run, stamps=Stamps(("temporal-python 1.35.0",), ("orders 7",)))

    assert found[3:] == (
        "child Parcel cancelled",
        "child Parcel completed",
        "child Parcel failed",
        "recorded by temporal-python 1.35.0",
        "run by build orders 7",
    )


def test_lines_are_told_as_ranges_and_branches_where_no_line_tells_of_them() -> None:
    line = [Feature(Aspect.LINE, "a.py", at=(number, 0)) for number in (41, 42, 44)]
    branches = [Feature(Aspect.BRANCH, "a.py", at=at) for at in ((41, 42), (50, 60), (70, -30))]

    assert told(frozenset((*line, *branches))) == (
        "lines a.py:41-42, 44",
        "branch a.py:50→60",
        "branch a.py:70→exit",
    )
    assert words(line[0]) == "line a.py:41"
    assert ranges({7}) == "7"


def test_reached_lines_and_branches_are_features_of_their_file() -> None:
    reached = Reached((("a.py", ((-3, 4), (4, 5), (5, -3))),))
    found = {f for f in features(shape_of(history(), Stamps(), reached)) if f.aspect in {Aspect.LINE, Aspect.BRANCH}}

    assert {words(feature) for feature in found} == {
        "line a.py:4",
        "line a.py:5",
        "branch a.py:4→5",
        "branch a.py:5→exit",
    }


def test_sequences_too_long_to_show_are_still_told_apart() -> None:
    names = [f"step-{number}" for number in range(200)]
    one = history(*(step(StepKind.ACTIVITY, name, 5) for name in names))
    other = history(*(step(StepKind.ACTIVITY, name, 5) for name in [*names[:-1], "another"]))

    [first], [second] = ([f for f in features(shape_of(r, Stamps())) if f.aspect is Aspect.STEPS] for r in (one, other))
    assert first != second
    assert len(first.what) < LONGEST + 20


@given(observed_traces(), JSON)
def test_no_input_of_a_step_reaches_the_shape(trace: Trace, data: JsonData) -> None:
    changed = tuple(
        s if s.key.kind is StepKind.FAIL else replace(s, input=(Json(data),), id="another") for s in trace.steps
    )

    assert shape_of(history(*trace.steps), Stamps()) == shape_of(history(*changed), Stamps())
