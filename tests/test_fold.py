"""A loop's rounds fold into one, however many there were."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from replaykit.model.shape import Folded, Loop
from replaykit.rules.fold import LONGEST, fold, text_of

STEPS = st.lists(st.sampled_from("abc"), max_size=7)
ROUND = st.lists(st.sampled_from("abc"), min_size=1, max_size=8)


def folded(steps: str) -> str:
    return text_of(fold(list(steps))).replace(" → ", "")


def steps_in(items: Folded) -> set[str]:
    return {step for item in items for step in (steps_in(item.body) if isinstance(item, Loop) else {item})}


@pytest.mark.parametrize(
    ("steps", "text"),
    [
        ("", ""),
        ("abc", "abc"),
        ("aa", "(a)+"),
        ("xababy", "x(ab)+y"),
        ("ababcababc", "((ab)+c)+"),
        ("abcabcab", "(abc)+ab"),
        ("aabab", "((a)+b)+"),
        ("ptptttpttc", "(p(t)+)+c"),
    ],
)
def test_loops_fold_and_inner_ones_first(steps: str, text: str) -> None:
    assert folded(steps) == text


def test_a_sequence_reads_as_steps_with_arrows() -> None:
    assert text_of(fold(["charge", "reserve", "notify", "notify"])) == "charge → reserve → (notify)+"


@settings(max_examples=400)
@given(STEPS, ROUND, STEPS, st.integers(4, 30))
def test_three_rounds_of_a_loop_fold_as_thirty_do(before: list[str], one: list[str], after: list[str], n: int) -> None:
    assert fold(before + one * 3 + after) == fold(before + one * n + after)


@given(st.lists(st.lists(st.integers(2, 9), min_size=2, max_size=9), min_size=2, max_size=9))
def test_nested_loops_fold_to_one_shape_whatever_their_rounds(rounds: list[list[int]]) -> None:
    steps = [
        step for turn in rounds for step in ["plan", *(s for n in turn for s in ["ask", *["tool"] * n]), "summarise"]
    ]

    assert text_of(fold(steps)) == "(plan → (ask → (tool)+)+ → summarise)+"


@given(st.lists(st.sampled_from("abcd"), max_size=60))
def test_folding_loses_no_step_and_invents_none(steps: list[str]) -> None:
    assert steps_in(fold(steps)) == set(steps)
    assert len(fold(steps)) <= len(steps)


def test_a_round_of_the_greatest_length_folds_and_a_longer_one_does_not() -> None:
    longest = [f"step {number}" for number in range(LONGEST)]

    assert fold(longest * 5) == (Loop(tuple(longest)),)
    assert fold([*longest, "one more"] * 5) == (*longest, "one more") * 5


def test_ten_thousand_steps_fold() -> None:
    steps = [step for turn in range(2500) for step in ("think", *["tool"] * (1 + turn % 5))]

    assert len(steps) == 10_000
    assert text_of(fold(steps)) == "(think → (tool)+)+"
