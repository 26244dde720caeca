"""What is said of verdicts, whatever they are."""

from hypothesis import given
from hypothesis import strategies as st

from replaykit.model.patches import (
    Behavior,
    Call,
    Change,
    Counted,
    Evidence,
    Mark,
    Offer,
    PatchRun,
    PatchSite,
    PatchVerdict,
    Reason,
    Rule,
    Stage,
)
from replaykit.model.safety import Safety
from replaykit.report.patches_json import verdict_json
from replaykit.report.patches_text import SHOWN_RUNS, patches_lines
from replaykit.report.reading import Reading

DAY = 86400.0
_TEXT = st.text(st.characters(codec="ascii", exclude_categories=["C", "Z"]), min_size=1, max_size=40)
_RUNS = st.builds(
    PatchRun,
    workflow_type=_TEXT,
    workflow_id=_TEXT,
    run_id=_TEXT,
    started=st.floats(0, 2e9),
    open=st.just(True),  # noqa: FBT003 - a strategy
    marks=st.tuples(st.builds(Mark, _TEXT, st.sampled_from([True, False, None]))),
    behavior=st.sampled_from(Behavior),
)
_SITES = st.builds(PatchSite, _TEXT, st.sampled_from(Call), _TEXT, _TEXT, st.integers(1, 9999), _TEXT)
_COUNTS = st.builds(Counted, *[st.integers(0, 99)] * 4)
_VERDICTS = st.builds(
    PatchVerdict,
    id=_TEXT,
    workflow=_TEXT | st.just(""),
    stage=st.sampled_from(Stage),
    change=st.sampled_from(Change),
    safety=st.sampled_from(Safety),
    reason=st.sampled_from(Reason),
    evidence=st.builds(
        Evidence,
        histories=_COUNTS,
        open=st.none() | _COUNTS,
        in_danger=st.lists(_RUNS, max_size=6).map(tuple),
        staying=st.integers(0, 3),
        rule=st.sampled_from(Rule),
        query=_TEXT,
    ),
    sites=st.lists(_SITES, max_size=2).map(tuple),
    offer=st.none() | st.sampled_from(Offer),
)


@given(st.lists(_VERDICTS, min_size=1, max_size=4), st.integers(100, 160))
def test_the_table_keeps_to_the_page_and_each_verdict_has_a_row(verdicts: list[PatchVerdict], width: int) -> None:
    lines = list(patches_lines(verdicts, Reading(width=width), now=DAY))
    table = lines[: len(verdicts) + 1]
    assert all(len(line) <= width for line in table)
    assert [line.split("  ")[-1].split(",")[0].strip() for line in table[1:]] == [v.safety.value for v in verdicts]


@given(_VERDICTS, st.booleans())
def test_runs_in_danger_are_named_or_counted(verdict: PatchVerdict, verbose: bool) -> None:  # noqa: FBT001 - drawn
    text = "\n".join(patches_lines([verdict], Reading(verbose=verbose), now=DAY))
    runs = verdict.evidence.in_danger
    if verdict.safety is not Safety.SAFE and len(runs) > SHOWN_RUNS:
        assert ("and" in text and "more, begun later" in text) is not verbose


@given(_VERDICTS)
def test_json_says_why_and_names_every_run(verdict: PatchVerdict) -> None:
    form = verdict_json(verdict)
    assert form["why"]
    assert len(form["inDanger"]) == len(verdict.evidence.in_danger)
