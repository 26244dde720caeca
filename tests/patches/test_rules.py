"""Verdicts on changes of patches, from plain values."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from replaykit.model.patches import (
    Behavior,
    Call,
    Change,
    Mark,
    Offer,
    OpenRuns,
    PatchRun,
    PatchSite,
    PatchVerdict,
    Reason,
    Rule,
    Sites,
    Wanted,
    WorkflowClass,
)
from replaykit.model.safety import Safety
from replaykit.rules.patches import judge_patches, wanted_of

ID = "check-tone"
LIVE, OLD, UNREAD = Mark(ID, deprecated=False), Mark(ID, deprecated=True), Mark(ID, deprecated=None)


def sites(*calls: PatchSite) -> Sites:
    return Sites(calls, (WorkflowClass("Digest", "w.py", 1),), files=1)


def site(call: Call = Call.PATCHED, patch: str | None = ID, *, function: str = "run", guards: str = "") -> PatchSite:
    return PatchSite(patch, call, "Digest", "w.py", len(function), function, said=patch or "ids[0]", guards=guards)


PATCHED, DEPRECATED, ABSENT = sites(site()), sites(site(Call.DEPRECATE)), sites()


def run(
    *marks: Mark, name: str = "digest-1", behavior: Behavior = Behavior.UNVERSIONED, started: float = 5.0
) -> PatchRun:
    return PatchRun("Digest", name, f"run-{name}", started, open=True, marks=marks, behavior=behavior)


def server(*runs: PatchRun) -> OpenRuns:
    return OpenRuns("here:7233", "default", runs, types=frozenset({"Digest"}), limit=100)


def judged(base: Sites | None, head: Sites, asked: OpenRuns | None = None, *corpus: PatchRun) -> PatchVerdict:
    [verdict] = judge_patches(base, head, server=asked, corpus=corpus)
    return verdict


@pytest.mark.parametrize(
    ("base", "head", "mark", "safety", "reason"),
    [
        (PATCHED, DEPRECATED, None, Safety.UNSAFE, Reason.UNMARKED_OPEN),
        (PATCHED, DEPRECATED, LIVE, Safety.SAFE, Reason.NONE_IN_DANGER),
        (PATCHED, DEPRECATED, UNREAD, Safety.SAFE, Reason.NONE_IN_DANGER),
        (DEPRECATED, ABSENT, None, Safety.SAFE, Reason.NONE_IN_DANGER),
        (DEPRECATED, ABSENT, LIVE, Safety.UNSAFE, Reason.LIVE_OPEN),
        (DEPRECATED, ABSENT, OLD, Safety.SAFE, Reason.NONE_IN_DANGER),
        (DEPRECATED, ABSENT, UNREAD, Safety.UNVERIFIED, Reason.UNREAD),
        (PATCHED, ABSENT, None, Safety.UNSAFE, Reason.UNMARKED_OPEN),
        (PATCHED, ABSENT, LIVE, Safety.UNSAFE, Reason.LIVE_OPEN),
        (ABSENT, PATCHED, None, Safety.SAFE, Reason.NEW_ID),
        (ABSENT, PATCHED, LIVE, Safety.UNSAFE, Reason.MARKED_OPEN),
        (ABSENT, PATCHED, UNREAD, Safety.UNSAFE, Reason.MARKED_OPEN),
        (ABSENT, DEPRECATED, None, Safety.UNSAFE, Reason.UNMARKED_OPEN),
        (DEPRECATED, PATCHED, OLD, Safety.SAFE, Reason.BRANCHES_STAY),
        (PATCHED, PATCHED, None, Safety.SAFE, Reason.BRANCHES_STAY),
        (DEPRECATED, DEPRECATED, None, Safety.UNSAFE, Reason.UNMARKED_OPEN),
    ],
)
def test_an_open_run_decides_a_step(
    base: Sites, head: Sites, mark: Mark | None, safety: Safety, reason: Reason
) -> None:
    verdict = judged(base, head, server(run(*[mark] if mark else [])))
    assert (verdict.safety, verdict.reason) == (safety, reason)


@pytest.mark.parametrize(("base", "head"), [(PATCHED, DEPRECATED), (DEPRECATED, ABSENT), (PATCHED, ABSENT)])
def test_without_a_server_a_step_is_unverified_or_unsafe_by_the_corpus(base: Sites, head: Sites) -> None:
    closed = [replace(run(*marks), open=False) for marks in ((), (LIVE,))]
    assert judged(base, head).safety is Safety.UNVERIFIED
    assert judged(base, head, None, *closed).safety is Safety.UNVERIFIED
    assert judged(base, head, None, *closed, run(), run(LIVE)).safety is Safety.UNSAFE


def test_what_the_server_lists_decides_over_what_the_corpus_held() -> None:
    verdict = judged(PATCHED, DEPRECATED, server(), run())
    assert (verdict.safety, verdict.evidence.histories.without) == (Safety.SAFE, 1)


def test_a_pinned_run_is_in_no_danger_and_the_rule_is_told() -> None:
    pinned, upgrading = run(behavior=Behavior.PINNED), run(name="digest-2", behavior=Behavior.AUTO_UPGRADE)

    alone = judged(PATCHED, DEPRECATED, server(pinned))
    both = judged(PATCHED, DEPRECATED, server(pinned, upgrading))

    assert (alone.safety, alone.evidence.staying, alone.evidence.rule) == (Safety.SAFE, 1, Rule.PINNED)
    assert (both.safety, both.evidence.in_danger, both.evidence.rule) == (Safety.UNSAFE, (upgrading,), Rule.MIXED)
    assert "!= 'Pinned'" in both.evidence.query


def test_a_run_before_its_first_workflow_task_is_in_no_danger() -> None:
    assert judged(PATCHED, DEPRECATED, server(replace(run(), begun=False))).safety is Safety.SAFE


def test_the_evidence_names_the_oldest_run_first() -> None:
    verdict = judged(PATCHED, DEPRECATED, server(run(started=9.0), run(name="digest-0", started=2.0)))
    assert [one.workflow_id for one in verdict.evidence.in_danger] == ["digest-0", "digest-1"]
    assert verdict.evidence.oldest == 2.0


def test_a_rename_is_one_verdict_and_strikes_runs_with_the_old_marker() -> None:
    head = sites(site(patch="tone"))
    verdict = judged(PATCHED, head, server(run(OLD)))
    assert (verdict.change, verdict.id, verdict.renamed_to) == (Change.RENAMED, ID, "tone")
    assert verdict.safety is Safety.UNSAFE
    assert judged(PATCHED, head, server(run())).safety is Safety.SAFE


def test_a_patch_that_ends_where_another_begins_is_no_rename() -> None:
    found = judge_patches(DEPRECATED, sites(site(patch="tone")), server=server())
    assert [(v.id, v.change) for v in found] == [(ID, Change.REMOVED), ("tone", Change.INTRODUCED)]


def test_a_second_place_for_an_id_strikes_runs_that_hold_its_marker() -> None:
    head = sites(site(), site(function="post"))
    assert judged(PATCHED, head, server(run(LIVE))).safety is Safety.UNSAFE
    assert judged(PATCHED, head, server(run())).safety is Safety.SAFE
    assert judged(PATCHED, head).reason is Reason.SECOND_PLACE


def test_a_call_that_only_moves_is_no_second_place() -> None:
    assert judged(PATCHED, sites(site(function="post")), server(run(LIVE))).change is Change.KEPT


def test_an_id_that_the_past_of_the_code_had_is_reused() -> None:
    [verdict] = judge_patches(ABSENT, PATCHED, earlier={ID})
    assert (verdict.change, verdict.safety, verdict.reason) == (
        Change.REUSED,
        Safety.UNVERIFIED,
        Reason.ID_USED_BEFORE,
    )
    [fresh] = judge_patches(ABSENT, PATCHED, earlier=())
    assert (fresh.safety, fresh.reason) == (Safety.SAFE, Reason.NEW_ID)


def test_an_unreadable_id_is_unverified_and_part_of_the_change_where_it_is_new() -> None:
    unreadable = sites(site(patch=None))
    assert judged(ABSENT, unreadable).change is Change.UNREADABLE
    assert judged(unreadable, unreadable).change is Change.KEPT
    assert judged(ABSENT, unreadable).safety is Safety.UNVERIFIED


def test_a_call_without_a_workflow_is_never_safe_to_deprecate() -> None:
    base, head = (sites(replace(site(call), workflow="")) for call in Call)
    asked = OpenRuns("here:7233", "default", (), ids=frozenset({ID}))
    assert judged(base, head, asked).reason is Reason.NO_WORKFLOW
    assert judged(head, ABSENT, asked).safety is Safety.SAFE
    assert judged(head, ABSENT, replace(asked, runs=(run(LIVE),))).safety is Safety.UNSAFE


def test_what_is_no_longer_needed_is_offered_for_removal() -> None:
    assert judged(None, PATCHED, server(run(LIVE))).offer is Offer.DEPRECATE
    assert judged(None, PATCHED, server(run(LIVE), run())).offer is None
    assert judged(None, DEPRECATED, server(run(OLD))).offer is Offer.REMOVE
    assert judged(None, DEPRECATED, server(run(LIVE))).offer is None
    assert judged(None, PATCHED).offer is None


def test_a_marker_without_a_call_is_told_where_the_code_is_judged_as_it_stands() -> None:
    verdict = judged(None, ABSENT, server(run(LIVE)))
    assert (verdict.change, verdict.safety) == (Change.UNCALLED, Safety.UNVERIFIED)
    assert judge_patches(None, ABSENT, server=server(run(OLD))) == ()
    assert judge_patches(ABSENT, ABSENT, server=server(run(LIVE))) == ()


def test_a_server_is_asked_for_no_more_than_decides() -> None:
    assert wanted_of(None, ABSENT) == Wanted(others=("Digest",))
    assert wanted_of(ABSENT, ABSENT) == Wanted()
    assert wanted_of(None, PATCHED) == Wanted(types=(("Digest", frozenset()),), known=frozenset({ID}))
    assert wanted_of(DEPRECATED, ABSENT) == Wanted(types=(("Digest", frozenset({ID})),))


_CODE = st.sampled_from([PATCHED, DEPRECATED, ABSENT, sites(site(patch="tone")), sites(site(patch=None))])
_RUNS = st.lists(
    st.builds(
        run,
        st.sampled_from([LIVE, OLD, UNREAD, Mark("tone", deprecated=False)]),
        name=st.sampled_from(["a", "b", "c"]),
        behavior=st.sampled_from(Behavior),
    )
    | st.builds(run, name=st.sampled_from(["d", "e"]), behavior=st.sampled_from(Behavior)),
    max_size=4,
)


@given(_CODE, _CODE, _RUNS)
def test_no_verdict_is_better_than_what_was_looked_at(base: Sites, head: Sites, runs: list[PatchRun]) -> None:
    for verdict in judge_patches(base, head, corpus=runs):
        if verdict.change in {Change.DEPRECATED, Change.REMOVED, Change.RENAMED}:
            assert verdict.safety is not Safety.SAFE


@given(_CODE, _CODE, _RUNS, _RUNS)
def test_more_open_runs_make_no_change_safer(
    base: Sites, head: Sites, runs: list[PatchRun], more: list[PatchRun]
) -> None:
    rank = [Safety.SAFE, Safety.UNVERIFIED, Safety.UNSAFE].index
    few, many = (judge_patches(base, head, server=server(*some)) for some in (runs, [*runs, *more]))
    assert [v.id for v in few] == [v.id for v in many]
    assert all(rank(one.safety) <= rank(other.safety) for one, other in zip(few, many, strict=True))


@given(_CODE, _RUNS)
def test_code_that_stays_as_it_is_has_no_change(code: Sites, runs: list[PatchRun]) -> None:
    assert {verdict.change for verdict in judge_patches(code, code, server=server(*runs))} <= {Change.KEPT}


@given(_CODE, _CODE, _RUNS)
def test_what_is_in_danger_moves(base: Sites, head: Sites, runs: list[PatchRun]) -> None:
    for verdict in judge_patches(base, head, server=server(*runs)):
        assert all(one.behavior.moves for one in verdict.evidence.in_danger)
        assert bool(verdict.evidence.in_danger) or verdict.safety is not Safety.UNSAFE
