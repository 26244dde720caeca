"""The fast reader of our own YAML says what libyaml says, or nothing."""

import json
from typing import Any

import pytest
import yaml
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from replaykit.adapters.yaml_reader import Unusual, from_yaml
from replaykit.adapters.yaml_text import to_yaml

WORDS = ["a", "on", "null", "~", "1", "1.5", "1e3", "<<", "=", "a b", "a: b", "a #b", "- a", "http://x/y?z", "é", ""]
TEXTS = st.one_of(
    st.sampled_from(WORDS),
    st.text(max_size=12),
    st.text(alphabet="ab \n\t:-#\"'\\é", max_size=40),
    st.lists(st.sampled_from(["harbour", "", " tide", "\tquay", "- x", "a: 1", "# c"]), max_size=6).map("\n".join),
)
SCALARS = st.one_of(st.none(), st.booleans(), st.integers(), st.floats(), TEXTS)
JSON = st.recursive(
    SCALARS, lambda below: st.lists(below, max_size=4) | st.dictionaries(TEXTS, below, max_size=4), max_leaves=20
)
# Repeated parts get anchors.
DOCUMENTS = st.builds(
    lambda keys, values, repeated: {key: [value, *repeated] for key, value in zip(keys, values, strict=False)},
    st.lists(TEXTS, min_size=1, max_size=4, unique=True),
    st.lists(JSON, min_size=4, max_size=4),
    st.lists(st.just({"role": "system", "content": "You are a harbour master, and never asleep."}), max_size=2),
)
SAMPLE = to_yaml(
    {
        "version": 1,
        "interactions": [
            {
                "http": "POST http://localhost/v1/chat/completions",
                "request": {
                    "messages": [{"role": "user", "content": "two\nlines"}, {"role": "user", "content": "kept\n\n"}],
                    "tools": [["nested"], [], {}, {"deep": [{"a": 1.5, "b": None}]}],
                },
                "twice": ["a text that is long enough to have an anchor of its own, and stands twice"] * 2,
                "quoted": 'says "yes": \\ and #no',
            }
        ],
        "total": 1,
    }
)
PIECES = ["\n", " ", "  ", "- ", ": ", ":", "#", "# c", "'", '"', "|", "|-", ">", "*p1", "&p1 ", "a", "é", "\t", "[]"]
PIECES += ["null", "on", "1_0", "012", "~", "? ", "---\n", "...\n", "!!str ", "%", "@", "\\", "\\x41", "\r", "\x85"]


def libyaml(text: str) -> Any:  # noqa: ANN401 - any YAML
    return yaml.load(text, Loader=yaml.CSafeLoader)


def same(one: object, other: object) -> bool:
    # Not a number equals nothing, and 1 equals True.
    return repr(one) == repr(other)


@given(DOCUMENTS)
def test_whatever_is_written_is_read_as_libyaml_reads_it(document: dict[str, Any]) -> None:
    text = to_yaml(document)
    assert same(from_yaml("# a comment\n" + text), libyaml(text))


@st.composite
def edited(draw: st.DrawFn) -> str:
    text = to_yaml(draw(DOCUMENTS)) if draw(st.booleans()) else SAMPLE
    for _ in range(draw(st.integers(1, 3))):
        begin = draw(st.integers(0, len(text)))
        end = min(len(text), begin + draw(st.integers(0, 6)))
        text = text[:begin] + draw(st.sampled_from(PIECES) | st.just("")) + text[end:]
    return text


@example("a: word\n- b\n")
@example("a: word\n  b: c\n")
@example("a:\n- b\n - c\n")
@example("a: |-\n   b\n  c\nd: 1\n")
@example("a: |\n  b\n \nd: 1\n")
@example('a: "\\ud83d\\ude00"\n')
@example("a: 010\nb: 1_000\nc: 1:30\n")
@example("a: *p1\n")
@example("a: &p1\n  b: *p1\n")
@example("on: 1\nyes: no\n")
@example("")
@example("# nothing\n")
@given(edited())
def test_what_a_person_made_of_a_file_is_read_as_libyaml_reads_it_or_left_to_it(text: str) -> None:
    try:
        read = from_yaml(text)
    except Unusual:
        return
    assert same(read, libyaml(text))


@pytest.mark.deep
@settings(max_examples=3_000, suppress_health_check=list(HealthCheck))
@given(edited())
def test_edits_without_number_are_read_alike(text: str) -> None:
    try:
        read = from_yaml(text)
    except Unusual:
        return
    assert same(read, libyaml(text))


def test_what_is_written_does_not_need_libyaml() -> None:
    assert from_yaml(SAMPLE) == libyaml(SAMPLE)
    document = {"a": json.loads('"\\u2028 \\u0000 \\u00e9 \\ud83d\\ude00"')}
    assert from_yaml(to_yaml(document)) == document
