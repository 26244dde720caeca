"""Payloads and interactions survive their way through documents and YAML, byte for byte."""

import json
from typing import TYPE_CHECKING, Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from replaykit.adapters.yaml_text import to_yaml
from replaykit.model.cassette import Content, Failed, Interaction, Layer, Spelling
from replaykit.rules.content_form import Malformed
from replaykit.rules.tape_form import from_document, to_document

if TYPE_CHECKING:
    from replaykit.model.value import JsonData


texts = st.text(max_size=60) | st.text(alphabet=" \t\n\r#:-|>'\"\\{}[]&*!%@`~?,=<0y.é😀\u2028\x85\x07", max_size=40)
encodable = texts.filter(lambda text: not any("\ud800" <= c <= "\udfff" for c in text))
scalars = st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | encodable
jsons = st.recursive(
    scalars,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(encodable, inner, max_size=4),
    max_leaves=20,
)
payload_bytes = (
    st.binary(max_size=40)
    | st.builds(lambda data, spelling: spelling.write(data), jsons, st.sampled_from(Spelling))
    | st.builds(lambda data: json.dumps(data, indent=1).encode(), jsons)
)
contents = st.builds(
    lambda encoding, extra, data: Content.from_bytes({"encoding": encoding, **extra}, data),
    st.sampled_from([b"json/plain", b"json/protobuf", b"binary/null", b"binary/plain", b"", b"team/own", b"\xff"]),
    st.dictionaries(st.sampled_from(["messageType", "key"]), st.binary(max_size=8), max_size=2),
    payload_bytes,
)
interactions = st.builds(
    Interaction,
    st.just(Layer.ACTIVITY),
    encodable,
    st.lists(contents, max_size=3).map(tuple),
    contents | st.builds(Failed, st.dictionaries(encodable, jsons, max_size=3), st.booleans()),
    st.just("2026-01-05T10:00:00.000000Z"),
    st.integers(1, 3),
)


def read(text: str) -> Any:  # noqa: ANN401 - any JSON
    return yaml.load(text, Loader=yaml.CSafeLoader)


@given(st.dictionaries(encodable, jsons, max_size=5))
def test_what_is_written_as_yaml_is_read_back_the_same(document: dict[str, Any]) -> None:
    assert repr(read(to_yaml(document)) or {}) == repr(document)


@given(st.lists(jsons, max_size=4))
def test_repeated_parts_are_read_back_where_they_stood(parts: list[Any]) -> None:
    document = {"once": parts, "again": [parts, *parts], "copies": json.loads(json.dumps([parts, parts]))}
    assert repr(read(to_yaml(document))) == repr(document)


@given(st.binary(max_size=60) | payload_bytes)
def test_a_payload_gives_back_its_bytes(data: bytes) -> None:
    content = Content.from_bytes({"encoding": b"json/plain", "k": b"\x00"}, data)
    assert content.data() == data
    assert content.all_metadata() == {"encoding": b"json/plain", "k": b"\x00"}


@given(interactions)
def test_an_interaction_survives_document_json_and_yaml(interaction: Interaction) -> None:
    document = to_document(interaction)
    for again in (json.loads(json.dumps(document)), read(to_yaml(document))):
        assert to_document(from_document(again)) == document
        assert from_document(again) == interaction


def test_large_bytes_are_stowed_and_fetched_by_name() -> None:
    stowed: dict[str, bytes] = {}

    def stow(raw: bytes) -> str:
        stowed["one"] = raw
        return "one"

    audio = b"\xff\xfe" * 10_000
    answer = Content.from_bytes({"encoding": b"binary/plain"}, audio)
    interaction = Interaction(Layer.ACTIVITY, "speak", (), answer, "2026-01-05T10:00:00.000000Z")
    document = to_document(interaction, stow=stow)
    assert document["result"] == {"$content": {"encoding": "binary/plain", "file": "one"}}
    assert from_document(document, fetch=stowed.__getitem__) == interaction


@pytest.mark.parametrize(
    ("change", "why"),
    [
        ({"result": 1, "failure": {}}, "either a result or a failure"),
        ({"retried": True, "result": 1}, "only a failure is retried"),
        ({"inputs": []}, "unknown field 'inputs'"),
        ({"input": None}, "a list of arguments"),
        ({"attempt": 0}, "number from 1"),
        ({"recorded": 5}, "are texts"),
        ({"local activity": "b"}, "begins with one of"),
        ({"result": {"$content": {"encoding": "x", "base64": "?"}}}, "base64 of a payload cannot be read"),
        ({"result": {"$content": {"encoding": "x"}}}, "none of json, text, base64 and file"),
        ({"result": {"$content": {}, "more": 1}}, "stands alone"),
    ],
)
def test_a_document_of_another_form_says_in_what(change: dict[str, object], why: str) -> None:
    document = {"activity": "a", "recorded": "2026", "input": [], "result": 1, **change}
    with pytest.raises(Malformed, match=why):
        from_document(document)


def test_a_long_text_reads_as_a_block_in_real_unicode() -> None:
    text = "Grüße 😀,\n\n  the harbour: opens at 7\n"
    assert to_yaml({"said": text}) == "said: |\n  Grüße 😀,\n\n    the harbour: opens at 7\n"


def test_parts_that_are_alike_but_for_an_empty_part_stay_apart() -> None:
    padding = "a text that is long enough for an anchor of its own, with whatever else is in its part"
    empty: list[Any] = [{}, [], {}, [], "", None, 0, False, 0.0]
    parts: list[Any] = [{"padding": padding, "empty": nothing} for nothing in empty]
    read = yaml.safe_load(to_yaml({"parts": parts}))["parts"]
    assert json.dumps(read) == json.dumps(parts)


def test_a_part_that_comes_again_is_written_once() -> None:
    message: JsonData = {"role": "system", "content": "You are a careful analyst. " * 3}
    written = to_yaml({"turns": [[message], [json.loads(json.dumps(message)), {"role": "user", "content": "hi"}]]})
    assert written.count("careful analyst") == 3
    assert written.count("*p") == 1
