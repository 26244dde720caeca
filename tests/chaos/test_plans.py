"""Plans: which there are, their order, and what is simpler."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from temporalio.converter import PayloadConverter

from replaykit.adapters.chaos.given import given_by, told
from replaykit.errors import ConfigInvalid, PlanUnreadable
from replaykit.model.chaos import Boundary, FaultPlan, Place, Sighting, Strike, Trait
from replaykit.rules.chaos.catalogue import KINDS, RANK
from replaykit.rules.chaos.kinds import Group
from replaykit.rules.chaos.plan_file import from_document, to_document
from replaykit.rules.chaos.plans import MOST_ATTEMPTS, MOST_REQUESTS, cost, pairs, revealed, simpler, singles
from replaykit.rules.chaos.select import select
from replaykit.rules.llm_faults.catalogue import FAULTS as LLM_FAULTS

CHARGE = Boundary(Place.ACTIVITY, "charge")
NOTIFY = Boundary(Place.ACTIVITY, "notify")
ALL = tuple(KINDS.values())

boundaries = st.builds(
    Boundary,
    place=st.sampled_from(Place),
    name=st.sampled_from(["charge", "notify", "activity charge #1"]),
    nth=st.integers(1, 3),
    attempt=st.integers(1, 3),
    part=st.integers(0, 3),
    within=st.sampled_from(["", "run 2", "child workflow Ship #1"]),
)
strikes = st.builds(Strike, at=boundaries, fault=st.sampled_from(sorted(KINDS)), persistent=st.booleans())
values = st.none() | st.booleans() | st.integers(-9, 9) | st.text() | st.lists(st.text()) | st.binary()
inputs = st.just("") | st.lists(values, min_size=1).map(lambda given: told(given, PayloadConverter.default))
plans = st.builds(FaultPlan, st.lists(strikes, min_size=1, max_size=3).map(tuple), given=inputs)


def names(found: list[Strike]) -> list[str]:
    return [strike.fault + ("*" if strike.persistent else "") for strike in found]


def test_only_faults_that_can_happen_at_a_boundary_are_planned_there() -> None:
    plain = names(list(singles([Sighting(CHARGE)], ALL)))
    assert "crash_after" in plain
    assert "task_fails" not in plain
    assert "heartbeat_stops" not in plain
    assert "heartbeat_stops" in names(list(singles([Sighting(CHARGE, frozenset({Trait.HEARTBEATS}))], ALL)))


def test_a_fault_persists_only_where_there_is_another_attempt() -> None:
    assert "crash_after*" not in names(list(singles([Sighting(CHARGE)], ALL)))
    retried = Sighting(CHARGE, frozenset({Trait.RETRIED}))
    assert "crash_after*" in names(list(singles([retried], ALL)))


def test_each_signal_of_the_scenario_comes_at_every_boundary_in_the_place_of_the_probe() -> None:
    found = names(list(singles([Sighting(CHARGE)], ALL, signals=["approve", "skip"])))
    assert [name for name in found if name.startswith("signal_before")] == [
        "signal_before(approve)",
        "signal_before(skip)",
    ]


def test_malformed_answers_are_for_activities_that_are_not_trusted_unless_asked_for_by_name() -> None:
    returns = Sighting(CHARGE, frozenset({Trait.RETURNS}))
    usual, _ = select((), set(KINDS))
    asked, _ = select(("wrong_type",), set(KINDS))
    assert "wrong_type" not in names(list(singles([returns], usual)))
    assert names(list(singles([returns], asked))) == ["wrong_type"]


def test_faults_are_selected_by_group_and_name_and_what_cannot_be_injected_is_said() -> None:
    chosen, notes = select(("crash", "evict", "wire"), {kind.name for kind in ALL if kind.group is not Group.WIRE})
    assert {kind.group for kind in chosen} == {Group.CRASH, Group.TASK}
    assert [kind.name for kind in chosen if kind.group is Group.TASK] == ["evict"]
    assert len(notes) == 1
    assert "wire" in notes[0]


def test_a_name_that_is_no_fault_is_refused() -> None:
    with pytest.raises(ConfigInvalid, match="no fault or group of faults 'crush'"):
        select(("crush",), set(KINDS))


def test_what_a_fault_reveals_is_struck_together_with_it() -> None:
    opener = FaultPlan((Strike(CHARGE, "fatal_after"),))
    refund = Boundary(Place.ACTIVITY, "refund")
    found = list(revealed(opener, [Sighting(CHARGE), Sighting(refund)], {CHARGE}, ALL))
    assert found
    assert all(set(opener.strikes) < set(plan.strikes) and len(plan.strikes) == 2 for plan in found)
    assert {strike.at for plan in found for strike in plan.strikes} == {CHARGE, refund}


def test_attempts_beyond_the_second_are_not_struck_for_ever() -> None:
    later = Boundary(Place.ACTIVITY, "charge", attempt=MOST_ATTEMPTS + 1)
    assert list(revealed(FaultPlan(), [Sighting(later)], set(), ALL)) == []


def test_requests_that_are_made_without_end_are_not_struck_without_end() -> None:
    asked = [Boundary(Place.REQUEST, name, part=part) for name in ("ask", "choose") for part in range(1, 101)]
    known = {asked[0]}
    found = list(revealed(FaultPlan(), [Sighting(at, frozenset({Trait.MODEL})) for at in asked], known, ALL))
    struck = {strike.at for plan in found for strike in plan.strikes}
    assert struck == {*asked[1 : 1 + MOST_REQUESTS], *asked[100 : 100 + MOST_REQUESTS]}


def test_requests_that_are_struck_every_time_are_not_struck_by_another_fault_of_models() -> None:
    first, second = (Boundary(Place.REQUEST, "ask", part=part) for part in (1, 2))
    seen = [Sighting(second, frozenset({Trait.MODEL, Trait.SAYS}))]
    once, ever = (FaultPlan((Strike(first, "truncated", each),)) for each in (False, True))
    groups = {
        opener: {
            KINDS[s.fault].group
            for plan in revealed(opener, seen, {first}, ALL)
            for s in plan.strikes
            if s.at == second
        }
        for opener in (once, ever)
    }
    assert groups == {once: {Group.CRASH, Group.LLM}, ever: {Group.CRASH}}


def test_pairs_are_of_two_boundaries_each_once() -> None:
    found = list(
        pairs([Strike(CHARGE, "error_before"), Strike(CHARGE, "error_after"), Strike(NOTIFY, "evict")], known=())
    )
    assert len(found) == 2
    assert all(len({strike.at for strike in plan.strikes}) == 2 for plan in found)
    assert list(pairs([Strike(CHARGE, "error_before"), Strike(NOTIFY, "evict")], known=found)) == []


@given(plans)
def test_every_simpler_plan_costs_less(plan: FaultPlan) -> None:
    for other in simpler(plan):
        assert cost(other) < cost(plan)
        assert other.strikes


def test_fewer_strikes_then_weaker_then_simpler_then_earlier() -> None:
    one = FaultPlan((Strike(NOTIFY, "server_killed"),))
    two = FaultPlan((Strike(CHARGE, "error_before"), Strike(NOTIFY, "error_before")))
    persistent = FaultPlan((Strike(CHARGE, "error_before", persistent=True),))
    crash = FaultPlan((Strike(CHARGE, "crash_after"),))
    later = FaultPlan((Strike(NOTIFY, "crash_after"),))
    assert sorted([two, persistent, later, crash, one], key=cost) == [crash, later, one, persistent, two]
    assert RANK["error_before"] < RANK["crash_after"] < RANK["server_killed"]


@given(plans)
def test_a_plan_survives_its_file(plan: FaultPlan) -> None:
    assert from_document(to_document(plan, scenario="order"), source="plan.json") == plan


@given(st.lists(values, min_size=1))
def test_what_a_plan_holds_as_input_comes_as_the_payloads_that_the_client_would_have_sent(given: list[object]) -> None:
    converter = PayloadConverter.default
    assert [raw.payload for raw in given_by(told(given, converter))] == list(converter.to_payloads(given))


@pytest.mark.parametrize("given", ["order-17", {"order": 17}, [{"$content": {"encoding": 3}}]])
def test_an_input_of_another_form_is_refused_with_its_file(given: object) -> None:
    document = to_document(FaultPlan((Strike(CHARGE, "crash_after"),)), scenario="order") | {"input": given}
    with pytest.raises(PlanUnreadable, match=r"plan\.json is no fault plan(.|\n)*its input"):
        from_document(document, source="plan.json")


def test_a_plan_with_an_input_is_simpler_without_it() -> None:
    plan = FaultPlan((Strike(CHARGE, "error_before"),), given='["order-17", 101]')
    assert list(simpler(plan)) == [FaultPlan(plan.strikes)]
    assert str(plan) == 'activity charge #1: error_before; input ["order-17", 101]'


@pytest.mark.parametrize(
    "document",
    [
        None,
        [],
        {},
        {"replaykit": "fault plan", "version": 2, "strikes": []},
        {"replaykit": "fault plan", "version": 1, "strikes": []},
        {"replaykit": "fault plan", "version": 1, "strikes": [{"fault": "crash_after"}]},
        {"replaykit": "fault plan", "version": 1, "strikes": [{"fault": "crush", "at": {"place": "activity"}}]},
        {"replaykit": "fault plan", "version": 1, "strikes": [{"fault": "evict", "at": {"place": "nowhere"}}]},
        {"replaykit": "fault plan", "version": 1, "strikes": [{"fault": "evict", "at": {"place": "run", "x": 1}}]},
        {"replaykit": "fault plan", "version": 1, "strikes": [{"fault": "evict", "at": {"place": "run", "nth": "x"}}]},
    ],
)
def test_what_is_no_plan_is_refused_with_its_file(document: object) -> None:
    with pytest.raises(PlanUnreadable, match=r"plan\.json is no fault plan"):
        from_document(document, source="plan.json")


@given(
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.text(),
        lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    )
)
def test_nothing_but_a_plan_is_read_as_one(document: object) -> None:
    with pytest.raises(PlanUnreadable):
        from_document(document, source="plan.json")


def test_each_fault_has_a_name_of_its_own() -> None:
    assert len(KINDS) == 35 + len(LLM_FAULTS)
    assert not set(LLM_FAULTS) & {name for name, kind in KINDS.items() if kind.group is not Group.LLM}
