"""Core's word and our own comparison become one verdict, on plain values."""

from dataclasses import replace

import pytest
from hypothesis import given

from replaykit.model.finding import Shape
from replaykit.model.outcome import Outcome, TaskFailure
from replaykit.model.step import Trace
from replaykit.model.verdict import Clean, Diverged, Drifted, Inconclusive
from replaykit.rules.judge import judge, look_up_name, nothing_to_replay
from tests.traces import activity, history, observed_traces, outcome, recorded_from

A, B = activity("charge", 1), activity("reserve", 2, task=2)
FAILURE = TaskFailure(task=1, pending=False, type="ValueError", message="no", stack="", site=None)


@given(observed_traces(least=1))
def test_equal_traces_with_a_content_core_are_clean(trace: Trace) -> None:
    verdict = judge(history(recorded_from(trace)), outcome(trace))
    assert isinstance(verdict, Clean)
    assert verdict.steps == len(trace.steps)


@given(observed_traces(least=1))
def test_core_s_objection_is_never_a_pass(trace: Trace) -> None:
    verdict = judge(history(recorded_from(trace)), outcome(trace, core_error="Nondeterminism error: …"))
    assert isinstance(verdict, Diverged)
    assert verdict.divergence.shape is Shape.CORE_ONLY
    assert verdict.divergence.core_error == "Nondeterminism error: …"


def test_core_s_silence_is_not_a_pass() -> None:
    verdict = judge(history(Trace((A,))), outcome(Trace((activity("reserve", 1),))))
    assert isinstance(verdict, Diverged)
    assert verdict.divergence.core_error is None


def test_changed_input_alone_is_drift() -> None:
    verdict = judge(history(Trace((activity("charge", 1, 40),))), outcome(Trace((activity("charge", 1, 41),))))
    assert isinstance(verdict, Drifted)
    assert [drift.number for drift in verdict.drifts] == [1]


def test_drift_before_a_divergence_is_kept() -> None:
    recorded = Trace((activity("charge", 1, 40), B))
    new = Trace((activity("charge", 1, 41), replace(B, key=replace(B.key, name="notify"))))
    verdict = judge(history(recorded), outcome(new))
    assert isinstance(verdict, Diverged)
    assert [drift.number for drift in verdict.drifts] == [1]


@pytest.mark.parametrize(
    ("replayed", "slug"),
    [
        (outcome(Trace((A,)), broken="ImportError: no shop"), "workflow-not-started"),
        (outcome(Trace((A,)), reached=0, core_error="RuntimeError: 4"), "workflow-not-started"),
        (outcome(Trace((A,)), reached=1), "replay-stopped-short"),
    ],
)
def test_what_was_not_replayed_is_inconclusive(replayed: Outcome, slug: str) -> None:
    verdict = judge(history(Trace((A, B))), replayed)
    assert isinstance(verdict, Inconclusive)
    assert verdict.problem.slug == slug


def test_a_failing_task_with_undecoded_payloads_points_at_the_missing_codec() -> None:
    verdict = judge(history(Trace((A,)), undecoded="binary/encrypted"), outcome(Trace(()), task_failure=FAILURE))
    assert isinstance(verdict, Inconclusive)
    assert verdict.problem.slug == "payload-undecodable"


def test_a_run_without_a_completed_task_is_clean_and_says_that_nothing_was_checked() -> None:
    verdict = nothing_to_replay()
    assert verdict.steps == 0
    assert "nothing to replay" in verdict.unverified[0].why


@pytest.mark.parametrize(
    ("text", "named"),
    [
        ('execute_activity(charge, "x")', True),
        ('execute_activity("charge")', True),
        ("recharge()", False),
        ("charged = 1", False),
        ("", False),
    ],
)
def test_a_name_still_stands_in_a_module_as_a_whole_word_only(text: str, named: bool) -> None:  # noqa: FBT001 - expected
    verdict = judge(history(Trace((A,))), outcome(Trace((activity("reserve", 1),))))
    looked_up = look_up_name(verdict, text)
    assert isinstance(looked_up, Diverged)
    assert looked_up.divergence.still_named is named
