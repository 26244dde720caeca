"""A miss ranks the nearest recordings and names what differs."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from replaykit.errors import ConfigInvalid
from replaykit.model.cassette import Cassette, Content, Interaction, Layer, Mode, Spelling
from replaykit.model.value import JsonData
from replaykit.rules import volatile
from replaykit.rules.match import index_of, key_of, plain
from replaykit.rules.miss import miss_of
from replaykit.rules.nearest import nearest
from tests.cassettes.test_form import jsons


def asked(*arguments: JsonData, name: str = "call_model", layer: Layer = Layer.ACTIVITY) -> Interaction:
    contents = tuple(Content.from_bytes({"encoding": b"json/plain"}, json.dumps(a).encode()) for a in arguments)
    return Interaction(layer, name, contents, Content("binary/null"), "2026")


def tool(name: str, description: str = "") -> JsonData:
    return {"type": "function", "function": {"name": name, "description": description}}


def request(*texts: str, tools: list[JsonData] | None = None, **beside: JsonData) -> JsonData:
    messages: list[JsonData] = [{"role": "user", "content": text} for text in texts]
    return {"messages": messages, "tools": tools or [], **beside}


def paths(recorded: JsonData, new: JsonData) -> list[str]:
    [near] = nearest(asked(new), [asked(recorded)], (), at_most=1)
    return [change.path for change in near.changes]


@pytest.mark.parametrize(
    ("recorded", "new", "differing"),
    [
        (request("a", "b", "3 documents"), request("a", "b", "4 documents"), ["input[0].messages[2].content"]),
        (request("a"), request("a", "b"), ["input[0].messages[1]"]),
        (request("a", "b"), request("a"), ["input[0].messages[1]"]),
        (request(tools=[tool("read")]), request(tools=[tool("search"), tool("read")]), ["input[0].tools[+search]"]),
        (request(tools=[tool("read"), tool("search")]), request(tools=[tool("read")]), ["input[0].tools[-search]"]),
        (
            request(tools=[tool("read", "a")]),
            request(tools=[tool("read", "b")]),
            ["input[0].tools[read].function.description"],
        ),
        (request(tools=[tool("a"), tool("b")]), request(tools=[tool("b"), tool("a")]), ["input[0].tools"]),
        (request(temperature=0.2), request(temperature=0.7), ["input[0].temperature"]),
        (request(), request(temperature=0.7), ["input[0].temperature"]),
        (request(n=1), request(n=True), ["input[0].n"]),
        ({"content type": 1}, {"content type": 2}, ["input[0]['content type']"]),
    ],
)
def test_the_differing_field_is_named(recorded: JsonData, new: JsonData, differing: list[str]) -> None:
    assert paths(recorded, new) == differing


@given(jsons, jsons)
def test_the_nearest_recording_differs_where_its_key_does(one: JsonData, other: JsonData) -> None:
    same = key_of(Layer.ACTIVITY, "a", asked(one).input, ()) == key_of(Layer.ACTIVITY, "a", asked(other).input, ())
    assert same == (not paths(one, other))


def test_key_order_and_nulls_do_not_count_but_order_of_messages_does() -> None:
    def key(*arguments: JsonData) -> str:
        return key_of(Layer.ACTIVITY, "a", asked(*arguments).input, ()).digest

    assert key({"a": 1, "b": {"c": None}}) == key({"b": {}, "a": 1, "z": None})
    assert key({"a": 1}, None) == key({"a": 1})
    assert key(None, {"a": 1}) != key({"a": 1})
    assert key([1, None]) != key([1])
    assert key(request("a", "b")) != key(request("b", "a"))
    assert key({"a": 1}) != key({"a": 1.0})
    assert key({"a": 1}) != key({"a": True})


def test_bytes_are_compared_by_their_digest() -> None:
    [one] = plain([Content.from_bytes({"encoding": b"binary/plain"}, b"\xff")])
    [other] = plain([Content.from_bytes({"encoding": b"binary/plain"}, b"\xfe")])
    assert one != other


def test_the_nearest_comes_first_and_says_all_a_reader_needs() -> None:
    recordings = [
        asked(request("other", temperature=1)),
        asked(request("Sum up the 3 documents")),
        asked("x", name="y"),
    ]
    cassette = Cassette(tuple(recordings))
    miss = miss_of(asked(request("Sum up the 4 documents")), cassette, (), shown="c.yaml", mode=Mode.NONE, spent=())
    assert miss.problem.what == "No recording for activity call_model (cassette c.yaml, mode none)."
    assert miss.problem.cause.splitlines() == [
        "the nearest of 2 recordings, #2, differs in 1 place:",
        '  input[0].messages[0].content   "Sum up the 3 documents" → "Sum up the 4 documents"',
        "next, #1, in 2 places: input[0].messages[0].content, input[0].temperature",
    ]


def test_a_miss_of_something_never_asked_lists_what_was_asked() -> None:
    cassette = Cassette((asked(1, name="plan"), asked(2, name="plan"), asked(3, name="search")))
    miss = miss_of(asked(1, name="moderate"), cassette, (), shown="c.yaml", mode=Mode.NONE, spent=())
    assert miss.problem.cause == (
        "nothing of activity moderate was recorded; the cassette holds activity plan (2), activity search (1)"
    )


@pytest.mark.parametrize(
    ("rule", "one", "other", "same"),
    [
        ("activity:call_model input[0].run_id", {"run_id": "a", "q": 1}, {"run_id": "b", "q": 1}, True),
        ("activity:call_model input[0].run_id", {"run_id": "a", "q": 1}, {"run_id": None, "q": 1}, True),
        ("activity:call_model input[0].run_id", {"run_id": "a", "q": 1}, {"run_id": "a", "q": 2}, False),
        ("activity:call_model input.run_id", {"run_id": "a", "q": 1}, {"run_id": "b", "q": 1}, True),
        ("activity:other* input[0].run_id", {"run_id": "a"}, {"run_id": "b"}, False),
        ("activity:call_* input[0].ids", [{"ids": [1, 2]}], [{"ids": [3]}], False),
        ("activity:call_* input*.ids", [{"ids": [1, 2]}], [{"ids": [3]}], True),
        ("pattern:date", "on 2026-01-05 we met", "on 2026-02-06T10:00:00.5Z we met", True),
        ("pattern:date", "on 2026-01-05 we met", "on 2026-01-05 we left", False),
        (
            "pattern:uuid",
            {"q": "[6f1c2a34-0000-4000-8000-1234567890ab]"},
            {"q": "[AAAAAAAA-0000-4000-8000-1234567890ab]"},
            True,
        ),
        (r"pattern:marker-\w+", "marker-a1 x", "marker-b2 x", True),
    ],
)
def test_what_is_declared_volatile_does_not_count(rule: str, one: JsonData, other: JsonData, *, same: bool) -> None:
    rules = volatile.parse([rule])
    keys = {key_of(Layer.ACTIVITY, "call_model", asked(each).input, rules) for each in (one, other)}
    assert (len(keys) == 1) == same


@pytest.mark.parametrize(
    "rule", ["", "run_id", "activty:plan input[0]", "activity:plan run_id", "pattern:", "pattern:("]
)
def test_a_declaration_of_another_form_is_an_error(rule: str) -> None:
    with pytest.raises(ConfigInvalid, match="cannot be read"):
        volatile.parse([rule])


@given(jsons, st.sampled_from(["POST http://localhost/v1/responses", "POST http://localhost/jobs"]))
def test_key_of_a_question_is_that_of_its_recording(body: JsonData, name: str) -> None:
    asked = (Content("json/plain", json=body, spelling=Spelling.COMPACT),)
    recorded = Interaction(Layer.HTTP, name, asked, Content(""), "2026-01-05")
    # The index of a cassette writes parts that occur again once.
    assert index_of([recorded, recorded], ()) == {key_of(Layer.HTTP, name, asked, ()): (0, 1)}
