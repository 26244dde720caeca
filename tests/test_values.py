"""Two payload values and how their difference reads."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from replaykit.model.value import Binary, Json, JsonData, Undecoded
from replaykit.rules.values import MOST_CHANGES, SHOWN, around, changes_between
from tests.traces import JSON

KEYS = st.text(st.characters(codec="ascii", categories=["Ll"]), min_size=1, max_size=6)


def between(recorded: JsonData, new: JsonData) -> list[tuple[str, str | None, str | None]]:
    changes, _ = changes_between("input", [Json(recorded)], [Json(new)], indexed=True)
    return [(change.path, change.recorded, change.new) for change in changes]


@given(JSON)
def test_a_value_does_not_differ_from_itself(data: JsonData) -> None:
    assert between(data, json.loads(json.dumps(data))) == []


@given(JSON, JSON)
def test_values_differ_exactly_where_their_json_does(one: JsonData, other: JsonData) -> None:
    same = json.dumps(one, sort_keys=True) == json.dumps(other, sort_keys=True)
    assert (between(one, other) == []) == same


@given(JSON, JSON)
def test_the_other_way_round_the_sides_change_places(one: JsonData, other: JsonData) -> None:
    assert len(between(one, other)) == len(between(other, one))


@given(st.lists(KEYS | st.integers(0, 3), max_size=5), st.text(), st.text())
def test_a_change_deep_inside_is_found_at_its_path(path: list[str | int], old: str, new: str) -> None:
    def wrapped(leaf: Any) -> Any:  # noqa: ANN401 - any JSON
        for part in reversed(path):
            leaf = {part: leaf, "Z": 0} if isinstance(part, str) else [*[0] * part, leaf]
        return leaf

    shown = "input[0]" + "".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in path)
    found = between(wrapped(old), wrapped(new))
    assert [change[0] for change in found] == ([] if old == new else [shown])


@pytest.mark.parametrize(
    ("recorded", "new", "expected"),
    [
        (1, 1.0, [("input[0]", "1", "1.0")]),
        (1, True, [("input[0]", "1", "true")]),
        ("1", 1, [("input[0]", '"1"', "1")]),
        ({"a": None}, {}, [("input[0].a", "null", None)]),
        ({}, {"a": None}, [("input[0].a", None, "null")]),
        ({"two words": 1}, {"two words": 2}, [("input[0]['two words']", "1", "2")]),
        ({"__type": "a", "x": 1}, {"__type": "b", "x": 1}, [("input[0].__type", '"a"', '"b"')]),
        ({"__t": "a", "x": 1}, {"__t": "b", "x": 2}, [("input[0].__t", '"a"', '"b"'), ("input[0].x", "1", "2")]),
        ([1, 2], [1, 2, 3], [("input[0][2]", None, "3")]),
        ({"a": 1, "b": 2}, {"b": 2, "a": 1}, []),
    ],
)  # fmt: skip
def test_a_difference_reads_as_path_and_both_sides(recorded: JsonData, new: JsonData, expected: list[object]) -> None:
    assert between(recorded, new) == expected


def test_arguments_added_and_removed_are_changes_of_their_index() -> None:
    added, _ = changes_between("input", [], [Json("EUR")], indexed=True)
    removed, _ = changes_between("input", [Json("EUR")], [], indexed=True)
    assert [(c.path, c.recorded, c.new) for c in added] == [("input[0]", None, '"EUR"')]
    assert [(c.path, c.recorded, c.new) for c in removed] == [("input[0]", '"EUR"', None)]


def test_a_result_has_no_index_in_its_path() -> None:
    changes, _ = changes_between("result", [Json({"total": 1})], [Json({"total": 2})], indexed=False)
    assert [change.path for change in changes] == ["result.total"]


@given(st.text(min_size=0, max_size=400), st.text(max_size=5), st.text(max_size=5), st.text(max_size=400))
def test_long_values_are_cut_around_their_difference(head: str, old: str, new: str, tail: str) -> None:
    one, other = around(head + old + tail, head + new + tail), around(head + new + tail, head + old + tail)
    assert len(one) <= SHOWN + 2
    assert len(other) <= SHOWN + 2
    whole = len(json.dumps(head + old + tail, ensure_ascii=False))
    assert (whole <= SHOWN) == (not one.startswith("…") and not one.endswith("…")) or "…" in head + tail + old


def test_a_cut_shows_the_words_that_differ() -> None:
    head, tail = "All the same up to here. " * 40, " And after that the same again." * 40
    assert "terse" in around(f"{head}Be terse.{tail}", f"{head}Be kind.{tail}")
    assert "kind" in around(f"{head}Be kind.{tail}", f"{head}Be terse.{tail}")


def test_only_so_many_changes_are_listed() -> None:
    changes = between(list(range(50)), list(range(100, 150)))
    assert len(changes) == MOST_CHANGES


def test_bytes_are_told_by_their_size() -> None:
    changes, verified = changes_between("input", [Binary(b"abc")], [Binary(b"abcd")], indexed=True)
    assert [(c.recorded, c.new) for c in changes] == [("3 bytes", "4 bytes")]
    assert verified


@pytest.mark.parametrize(("new", "known"), [(b"same", True), (b"other", False)])
def test_undecoded_bytes_are_verified_only_where_they_are_equal(new: bytes, known: bool) -> None:  # noqa: FBT001 - expected
    changes, verified = changes_between("input", [Undecoded("x", b"same")], [Undecoded("x", new)], indexed=True)
    assert changes == ()
    assert verified is known
