"""Few runs of every kind are chosen out of many, and little is held meanwhile."""

import tracemalloc
from collections import Counter
from collections.abc import Iterable

from hypothesis import given
from hypothesis import strategies as st

from replaykit.model.history import Identity, RunStatus
from replaykit.model.run import Run
from replaykit.report.strata import strata_json, strata_lines
from replaykit.rules.sample import sampled
from replaykit.rules.strata import (
    PROBED,
    Gathering,
    Layer,
    Share,
    Stratum,
    choose,
    in_turns,
    refined,
    stratum_of,
    water_level,
)


def run(
    number: int, workflow_type: str = "Order", status: RunStatus = RunStatus.COMPLETED, patches: tuple[str, ...] = ()
) -> Run:
    identity = Identity(f"id-{number}", f"run-{number:09}", workflow_type, "queue", "default")
    closed = None if status is RunStatus.OPEN else float(number + 1)
    return Run(identity, status, float(number), closed, patches)


def gathered(runs: Iterable[Run], limit: int | None = None) -> tuple[Layer, ...]:
    gathering = Gathering(limit=limit)
    for each in runs:
        gathering.add(each)
    return gathering.layers()


def taken(layers: Iterable[Layer], limit: int | None) -> list[str]:
    return [each.identity.workflow_id for each in in_turns(choose(layers, limit))]


RUNS = st.lists(
    st.builds(
        run,
        st.integers(0, 10**6),
        st.sampled_from("ABCDE"),
        st.sampled_from(RunStatus),
        st.sampled_from([(), ("p",), ("p", "q")]),
    ),
    unique_by=lambda each: each.identity.run_id,
    max_size=200,
)


@given(RUNS, st.integers(0, 250))
def test_a_limit_is_shared_fairly(runs: list[Run], limit: int) -> None:
    layers = gathered(runs, limit)
    shares = choose(layers, limit)
    chosen = list(in_turns(shares))
    assert len(chosen) == len({each.identity.run_id for each in chosen}) == min(limit, len(runs))
    given_to = Counter(stratum_of(each) for each in chosen)
    have = Counter(stratum_of(each) for each in runs)
    most = max(given_to.values(), default=0)
    # Whoever got less than the most, by more than the last turn, had no more to give.
    assert all(given_to[stratum] in {have[stratum], most, most - 1} for stratum in have)
    assert {share.layer.stratum: share.layer.found for share in shares} == have


@given(RUNS, st.integers(0, 250))
def test_each_stratum_gives_its_oldest_open_or_newest_closed_runs(runs: list[Run], limit: int) -> None:
    chosen = list(in_turns(choose(gathered(runs, limit), limit)))
    for stratum in {stratum_of(each) for each in runs}:
        alike = sorted((r for r in runs if stratum_of(r) == stratum), key=lambda r: r.started)
        if stratum.status is not RunStatus.OPEN:
            alike.reverse()
        mine = [each for each in chosen if stratum_of(each) == stratum]
        assert mine == alike[: len(mine)]


@given(st.lists(st.integers(0, 50), max_size=12), st.integers(1, 400))
def test_the_water_level_is_what_the_largest_get(sizes: list[int], limit: int) -> None:
    level = water_level(sizes, limit)
    if sum(sizes) >= limit:
        assert sum(min(size, level) for size in sizes) >= limit
        assert sum(min(size, level - 1) for size in sizes) < limit


def test_a_short_limit_goes_to_open_runs_then_to_rare_types() -> None:
    runs = [run(number, "Common") for number in range(50)]
    runs += [run(100, "Common", RunStatus.OPEN), run(101, "Rare"), run(102, "Less", RunStatus.FAILED)]
    runs += [run(number, "Less") for number in range(110, 113)]
    layers = gathered(runs)
    assert taken(layers, 1) == ["id-100"]
    assert taken(layers, 2) == ["id-100", "id-101"]
    assert taken(layers, 3) == ["id-100", "id-101", "id-102"]
    assert taken(layers, 6) == ["id-100", "id-101", "id-102", "id-112", "id-49", "id-111"]


def test_without_a_limit_each_stratum_gives_a_bounded_number() -> None:
    layers = gathered([run(number) for number in range(1000)])
    assert len(taken(layers, None)) == PROBED
    assert layers[0].found == 1000


def test_a_large_limit_is_reached_where_one_stratum_has_enough() -> None:
    runs = [run(number) for number in range(5000)] + [run(9000 + number, "Rare") for number in range(3)]
    assert len(taken(gathered(runs, 700), 700)) == 700


def test_a_run_listed_as_open_and_as_closed_counts_as_closed() -> None:
    layers = gathered([run(1, status=RunStatus.OPEN), run(2, status=RunStatus.OPEN), run(1)])
    assert {layer.stratum.status: layer.found for layer in layers} == {RunStatus.OPEN: 1, RunStatus.COMPLETED: 1}
    assert sorted(taken(layers, None)) == ["id-1", "id-2"]


def test_memory_does_not_grow_with_the_number_of_runs() -> None:
    """What is held after 10,000 runs of 30 strata is held after 30,000, and is bounded by a number of candidates."""
    few, limit = 30, 300
    gathering = Gathering(limit=limit)
    tracemalloc.start()
    most = 0
    for number in range(10_000):
        gathering.add(run(number, f"Type{number % few}"))
        most = max(most, gathering.size)
    held = tracemalloc.get_traced_memory()[0]
    for number in range(10_000, 30_000):
        gathering.add(run(number, f"Type{number % few}"))
        most = max(most, gathering.size)
    grown = tracemalloc.get_traced_memory()[0] - held
    tracemalloc.stop()
    assert most <= 2 * (limit + PROBED * few) + 1
    assert grown < 200_000
    assert sum(layer.found for layer in gathering.layers()) == 30_000


def test_last_events_split_a_stratum_and_the_rest_comes_last() -> None:
    [layer] = gathered([run(number) for number in range(100)], 60)
    shapes = {f"run-{number:09}": ("timer fired",) if number % 4 else ("signal go",) for number in range(80, 100)}
    fine = refined(layer, shapes)
    assert {each.stratum.last: each.found for each in fine} == {("timer fired",): 75, ("signal go",): 25, None: 0}
    assert not any(each.exact for each in fine)
    assert taken(fine, 2) == ["id-96", "id-99"]
    # All that were looked at, then the others.
    many = taken(fine, 60)
    assert set(many[:PROBED]) == {f"id-{number}" for number in range(80, 100)}
    assert set(many) == {f"id-{number}" for number in range(40, 100)}


def test_a_candidate_that_is_gone_is_not_chosen() -> None:
    [layer] = gathered([run(1), run(2)])
    assert taken(refined(layer, {"run-000000001": ("completed",)}), None) == ["id-1"]
    assert not taken(refined(layer, {}), None)


@given(st.lists(st.uuids().map(str), min_size=1, max_size=50), st.floats(0, 1), st.floats(0, 1))
def test_a_larger_sample_holds_every_smaller_one(run_ids: list[str], one: float, other: float) -> None:
    smaller, larger = sorted((one, other))
    assert all(sampled(each, larger) for each in run_ids if sampled(each, smaller))
    assert all(sampled(each, 1.0) for each in run_ids)
    assert not any(sampled(each, 0.0) for each in run_ids)


def test_a_sample_has_about_the_size_asked_for() -> None:
    assert 900 < sum(sampled(f"run-{number}", 0.1) for number in range(10_000)) < 1100


SHARES = (
    Share(Layer(Stratum("Order", RunStatus.OPEN, ("pay-first",), "build-17", ("timer started",)), (), 12), 5),
    Share(
        Layer(
            Stratum("Order", RunStatus.COMPLETED, (), "", ("activity completed charge", "timer fired", "completed")),
            (),
            31_000,
            exact=False,
        ),
        4,
    ),
    Share(Layer(Stratum("Order", RunStatus.COMPLETED), (), 0, exact=False, rest=True), 2),
)


def test_the_table_of_strata() -> None:
    assert list(strata_lines(SHARES, width=110)) == [
        "type   status     patches    build id  last events                                             runs  take",
        "Order  open       pay-first  build-17  timer started                                             12     5",
        "Order  completed                       activity completed charge → timer fired → completed  ~31,000     4",
        "Order  completed                       (not looked at)                                                  2",
        "31,012 runs of 2 kinds, 11 would be exported",
    ]


@given(st.integers(60, 140))
def test_the_table_keeps_within_the_terminal(width: int) -> None:
    assert all(len(line) <= width for line in strata_lines(SHARES, width=width))


def test_a_dry_run_of_an_update_promises_no_more_than_a_look() -> None:
    *_, total = strata_lines(SHARES, width=100, update=True)
    assert total.endswith("would be looked at, and exported where they bring a new shape")


def test_a_column_that_says_nothing_is_left_out() -> None:
    plain = [Share(Layer(Stratum("Order", RunStatus.COMPLETED), (), 3), 3)]
    assert list(strata_lines(plain, width=80)) == [
        "type   status     runs  take",
        "Order  completed     3     3",
        "3 runs of 1 kind, 3 would be exported",
    ]


def test_strata_as_json() -> None:
    assert strata_json(SHARES)[:1] == [
        {
            "workflowType": "Order",
            "status": "open",
            "patches": ["pay-first"],
            "buildId": "build-17",
            "lastEvents": ["timer started"],
            "runs": 12,
            "reckoned": False,
            "rest": False,
            "taken": 5,
        }
    ]
