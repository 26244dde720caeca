"""Few histories cover what all of them cover: never less, and close to the fewest."""

import itertools
import math
import random

from hypothesis import given
from hypothesis import strategies as st

from replaykit.rules.cover import Candidate, Catalogue, Covered, Kept, cover


@st.composite
def candidates(draw: st.DrawFn, *, most: int = 9) -> list[Candidate]:
    return [
        Candidate(f"{number:02}.json", covers, is_open=draw(st.booleans()), size=draw(st.integers(1, 3)))
        for number, covers in enumerate(draw(st.lists(st.integers(0, 2**10 - 1), max_size=most)))
    ]


def union(found: list[Candidate]) -> int:
    covered = 0
    for candidate in found:
        covered |= candidate.covers
    return covered


def fewest(found: list[Candidate]) -> int:
    """Count the histories of the best choice, by trying all."""
    whole = union(found)
    return next(
        size
        for size in range(len(found) + 1)
        if any(union(list(chosen)) == whole for chosen in itertools.combinations(found, size))
    )


def chosen(kept: tuple[Kept, ...]) -> list[Candidate]:
    return [one.candidate for one in kept]


@given(candidates(most=60))
def test_what_is_kept_covers_what_all_cover(found: list[Candidate]) -> None:
    assert union(chosen(cover(found))) == union(found)


@given(candidates())
def test_no_more_are_kept_than_the_greedy_bound_allows(found: list[Candidate]) -> None:
    most = max((candidate.covers.bit_count() for candidate in found), default=0)
    bound = sum(1 / n for n in range(1, most + 1))

    assert fewest(found) <= len(cover(found)) <= math.floor(bound * fewest(found) + 1e-9)


@given(candidates(most=60))
def test_each_one_kept_covers_something_alone_and_that_is_what_it_is_for(found: list[Candidate]) -> None:
    kept = cover(found)

    for one in kept:
        others = union([candidate for candidate in chosen(kept) if candidate is not one.candidate])
        assert one.alone == one.candidate.covers & ~others
        assert one.alone


@given(candidates(most=30), st.randoms(use_true_random=False))
def test_the_choice_does_not_depend_on_the_order(found: list[Candidate], chance: random.Random) -> None:
    shuffled = list(found)
    chance.shuffle(shuffled)

    assert cover(shuffled) == cover(found)


def test_an_early_choice_that_later_ones_make_superfluous_is_taken_out() -> None:
    large = Candidate("large", 0b011110)
    halves = [Candidate("left", 0b000111), Candidate("right", 0b111000)]

    assert chosen(cover([large, *halves])) == halves


def test_among_equals_open_runs_go_first_then_small_files_then_the_name() -> None:
    closed, small, large = Candidate("a", 1, size=1), Candidate("c", 1, is_open=True, size=2), Candidate("b", 1, size=3)
    still_open = Candidate("d", 1, is_open=True, size=3)

    assert chosen(cover([closed, small, large, still_open])) == [small]
    assert chosen(cover([closed, large])) == [closed]
    assert chosen(cover([Candidate("b", 1), Candidate("a", 1)])) == [Candidate("a", 1)]


@given(st.lists(st.frozensets(st.text(max_size=3), max_size=8), max_size=8))
def test_a_catalogue_gives_back_the_features_it_was_given(found: list[frozenset[str]]) -> None:
    catalogue: Catalogue[str] = Catalogue()
    bits = [catalogue.bits(features) for features in found]

    assert [frozenset(catalogue.features(one)) for one in bits] == found


def test_a_growing_corpus_is_asked_what_a_run_would_bring() -> None:
    covered: Covered[str] = Covered()
    covered.add(["line 1", "line 2"])

    assert covered.brings(["line 2", "line 3"]) == {"line 3"}
    covered.add(["line 3"])
    assert covered.brings(["line 2", "line 3"]) == frozenset()
