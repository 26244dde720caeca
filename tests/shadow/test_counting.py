"""Each run is counted once: as it is listed, and as its verdict comes back."""

from collections import Counter

from hypothesis import given
from hypothesis import strategies as st

from replaykit.model.shadow import (
    MOST_CAUSES,
    MOST_OPEN,
    Asked,
    Example,
    Judged,
    Listed,
    Page,
    Shard,
    State,
    Tally,
    Verdicts,
)
from replaykit.rules.shadow import CLOSED_MEANWHILE, _steady, left_behind, next_shard, with_page, with_verdicts

STARTED = 1000.0
FRESH = State(Asked(shard_size=3), started=STARTED)


def runs(*names: str, closed: float | None = None) -> tuple[Listed, ...]:
    return tuple(Listed(f"order-{name}", name, closed) for name in names)


def test_a_run_that_closes_while_the_list_is_read_is_taken_once() -> None:
    state = with_page(FRESH, Page(runs("a", "b"), 2, "next"))
    state = with_page(state, Page(runs("a", closed=STARTED + 1) + runs("c", closed=1.0), 2))
    assert [run.run_id for run in state.backlog] == ["a", "b", "c"]
    assert (state.exhausted, state.tally.sampled, state.tally.listed) == (True, 3, 4)


def test_where_more_are_open_than_are_remembered_what_closed_since_is_skipped_and_told() -> None:
    state = with_page(FRESH, Page(runs(*(str(number) for number in range(MOST_OPEN + 5))), MOST_OPEN + 5, "next"))
    state = with_page(state, Page(runs("late", closed=STARTED + 1) + runs("old", closed=STARTED - 1), 2))
    assert len(state.opened) == MOST_OPEN
    assert state.tally.skips == {CLOSED_MEANWHILE: 1}
    assert state.backlog[-1].run_id == "old"


def test_a_limit_ends_the_listing_with_as_many_as_are_wanted() -> None:
    state = State(Asked(limit=2), started=STARTED)
    state = with_page(state, Page(runs("a", "b", "c"), 3, "next"))
    assert (len(state.backlog), state.exhausted, state.limited) == (2, True, True)


@given(st.lists(st.sampled_from("abcdefgh"), min_size=1, unique=True), st.data())
def test_every_run_of_a_shard_is_counted_once_or_left(names: list[str], data: st.DataObject) -> None:
    told = data.draw(st.lists(st.sampled_from([*names, "x"])))
    verdicts = Verdicts(tuple(Judged(name, "clean", replayed=True) for name in told))
    state, counted = with_verdicts(FRESH, Shard(runs(*names)), verdicts)
    assert Counter(judged.run_id for judged in counted) == Counter(set(told) & set(names))
    assert state.tally.clean + state.tally.left == len(names)


def test_causes_beyond_the_first_are_counted_and_not_told() -> None:
    names = [str(number) for number in range(MOST_CAUSES + 2)]
    judged = tuple(Judged(name, "diverged", cause=name, replayed=True) for name in names)
    examples = tuple(Example(name, "diverged", name, name) for name in names)
    state, _ = with_verdicts(FRESH, Shard(runs(*names)), Verdicts(judged, examples))
    assert (len(state.causes), state.unnamed, state.tally.diverged) == (MOST_CAUSES, 2, MOST_CAUSES + 2)


def test_a_stop_leaves_what_is_in_the_backlog() -> None:
    shard, state = next_shard(with_page(FRESH, Page(runs("a", "b", "c", "d"), 4)))
    assert len(shard.runs) == 3
    assert left_behind(state).tally == Tally(listed=4, sampled=4, left=1)


def test_the_key_of_a_cause_does_not_hang_on_the_order_of_a_set() -> None:
    assert _steady(("a", frozenset({"b", "c"}))) == "('a',{'b','c'})"
