"""Which exit code a replay earns."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from replaykit.cli.exit_codes import ExitCode, of_replay
from replaykit.config import DriftPolicy
from replaykit.errors import Problem
from replaykit.model.case import Case, Judgement
from replaykit.model.finding import Unverified
from replaykit.model.summary import Summary
from replaykit.model.verdict import Clean, Inconclusive, Verdict

COUNTS = st.integers(0, 3)


@st.composite
def summaries(draw: st.DrawFn) -> Summary:
    clean, drifted, diverged, inconclusive = (draw(COUNTS) for _ in range(4))
    vacuous = draw(st.integers(0, clean))
    return Summary(
        clean=clean,
        drifted=drifted,
        diverged=diverged,
        inconclusive=inconclusive,
        replayed=clean - vacuous + drifted + diverged,
    )


@given(summaries(), st.sampled_from(DriftPolicy))
def test_zero_means_that_something_was_checked_and_nothing_found(summary: Summary, drift: DriftPolicy) -> None:
    if of_replay(summary, drift) is ExitCode.CLEAN:
        assert summary.replayed
        assert not summary.diverged
        assert not summary.inconclusive
        assert not summary.drifted or drift is not DriftPolicy.FAIL


@given(summaries(), st.sampled_from(DriftPolicy))
def test_findings_come_before_what_could_not_be_decided(summary: Summary, drift: DriftPolicy) -> None:
    found = summary.diverged or (summary.drifted and drift is DriftPolicy.FAIL)
    assert (of_replay(summary, drift) is ExitCode.FINDINGS) == bool(found)


@pytest.mark.parametrize(
    ("summary", "drift", "code"),
    [
        (Summary(clean=3, replayed=3), DriftPolicy.FAIL, 0),
        (Summary(), DriftPolicy.FAIL, 3),
        (Summary(clean=1, replayed=0), DriftPolicy.FAIL, 3),
        (Summary(clean=1, drifted=1, replayed=2), DriftPolicy.FAIL, 1),
        (Summary(clean=1, drifted=1, replayed=2), DriftPolicy.WARN, 0),
        (Summary(diverged=1, inconclusive=1, replayed=1), DriftPolicy.IGNORE, 1),
        (Summary(clean=1, inconclusive=1, replayed=1), DriftPolicy.FAIL, 3),
    ],
)
def test_each_mix_of_verdicts_has_its_code(summary: Summary, drift: DriftPolicy, code: int) -> None:
    assert of_replay(summary, drift) == code


@pytest.mark.parametrize(
    ("verdict", "replayed"),
    [
        (Clean(steps=4), 1),
        (Clean(steps=0, unverified=(Unverified(None, "replay", "nothing to replay"),)), 0),
        (Inconclusive(Problem("deadline", "what", "cause", "fix")), 0),
    ],
)
def test_what_was_not_replayed_does_not_count_as_replayed(verdict: Verdict, replayed: int) -> None:
    assert Summary().with_judgement(Judgement(Case("/a", "a"), verdict, 0.0)).replayed == replayed


def test_the_codes_are_those_that_the_help_names() -> None:
    assert {code.name: int(code) for code in ExitCode} == {
        "CLEAN": 0,
        "FINDINGS": 1,
        "USAGE": 2,
        "INCONCLUSIVE": 3,
        "INTERRUPTED": 130,
    }
