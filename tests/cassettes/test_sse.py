"""Streams of events are taken apart for readers, and put together again byte for byte, chunk by chunk."""

import json
from collections.abc import Iterator, Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from replaykit.model.cassette import Interaction, Layer, Part, Response, Spelling
from replaykit.model.value import JsonData
from replaykit.rules.redact_http import without_secrets
from replaykit.rules.sse import chunks_of, json_of, parts_of
from replaykit.rules.tape_form import from_document, to_document

EVENT = st.one_of(
    st.sampled_from(
        [
            'data: {"a":1,"t":"ü"}\n\n',
            'data: {"a": 1, "t": "\\u00fc"}\n\n',
            'event: response.created\ndata: {"type":"response.created"}\n\n',
            "data: [DONE]\n\n",
            "data: \n\n",
            "data:\n\n",
            "data: plain\r\n\r\n",
            'data: {"a":1}\ndata: {"b":2}\n\n',
            ": keep-alive\n\n",
            "event: \ndata: [1]\n\n",
            'id: 7\nretry: 3\ndata: "x"\n\n',
            "\n\n",
            "nothing of that",
        ]
    ).map(str.encode),
    st.binary(max_size=12),
)
STREAM = st.lists(EVENT, max_size=6).map(b"".join)


@st.composite
def chunked(draw: st.DrawFn) -> list[tuple[float, bytes]]:
    data = draw(STREAM)
    ends = sorted(draw(st.sets(st.integers(1, max(1, len(data) - 1)), max_size=5)))
    pieces = [data[a:b] for a, b in zip([0, *ends], [*ends, len(data)], strict=True)]
    times = sorted(draw(st.lists(st.floats(0, 9), min_size=len(pieces), max_size=len(pieces))))
    return list(zip(times, pieces, strict=True))


@given(chunked())
def test_chunks_come_back_as_they_arrived(chunks: list[tuple[float, bytes]]) -> None:
    played = list(chunks_of(parts_of(chunks)))
    assert [data for _, data in played] == [data for _, data in chunks if data]
    assert all(abs(at - was) < 0.0001 for (at, _), (was, data) in zip(played, [c for c in chunks if c[1]], strict=True))


@given(chunked())
def test_parts_survive_the_form_of_tapes(chunks: list[tuple[float, bytes]]) -> None:
    answer = Response(200, stream=parts_of(chunks))
    interaction = Interaction(Layer.HTTP, "GET http://localhost/", (), answer, "2026-01-05T10:00:00.000000Z")
    read = from_document(to_document(interaction)).answer
    assert isinstance(read, Response)
    assert read.stream is not None
    assert list(chunks_of(read.stream)) == list(chunks_of(answer.stream or ()))


def test_events_are_structures_whatever_their_spelling() -> None:
    compact, spaced, text = parts_of([(0.0, b'data: {"a":1}\n\ndata: {"a": 1}\n\ndata: [DONE]\n\n')])
    assert json_of(compact) == json_of(spaced) == {"a": 1}
    assert compact.content.spelling is Spelling.COMPACT
    assert spaced.content.spelling is Spelling.SPACED
    assert (text.content.raw, json_of(text)) == (b"[DONE]", None)


def piece(choice: int, text: str) -> str:
    return json.dumps({"choices": [{"index": choice, "delta": {"content": text}}]})


def said(parts: Sequence[Part]) -> list[JsonData]:
    return [json_of(part) for part in parts]


@pytest.mark.parametrize(
    ("events", "told"),
    [
        ([piece(0, text) for text in ("I am ", "ada@", "shop.test", "!")], "I am [mail]!"),
        (
            [json.dumps({"type": "response.output_text.delta", "delta": t}) for t in ("ada", "@shop", ".test")],
            "[mail]",
        ),
    ],
)
def test_secret_that_is_said_in_several_events_is_redacted(events: list[str], told: str) -> None:
    def redact(value: JsonData) -> JsonData:
        if isinstance(value, dict):
            return {key: redact(item) for key, item in value.items()}
        if isinstance(value, list):
            return [redact(item) for item in value]
        return value.replace("ada@shop.test", "[mail]") if isinstance(value, str) else value

    stream = parts_of((number, f"data: {event}\n\n".encode()) for number, event in enumerate(events))
    answer = without_secrets(Response(200, stream=stream), redact)
    assert isinstance(answer, Response)
    texts = [next(_texts(value)) for value in said(answer.stream or ())]
    assert ("".join(texts), len(texts)) == (told, len(events))


def test_choices_of_a_stream_are_not_mixed_up() -> None:
    def redact(value: JsonData) -> JsonData:
        return value.replace("ab", "[ab]") if isinstance(value, str) else value

    events = [piece(0, "a"), piece(1, "b"), piece(0, "c")]
    stream = parts_of((number, f"data: {event}\n\n".encode()) for number, event in enumerate(events))
    answer = without_secrets(Response(200, stream=stream), redact)
    assert isinstance(answer, Response)
    assert said(answer.stream or ()) == said(stream)


def _texts(value: JsonData) -> Iterator[str]:
    if isinstance(value, dict):
        for key, item in value.items():
            if key in {"content", "delta"} and isinstance(item, str):
                yield item
            else:
                yield from _texts(item)
    elif isinstance(value, list):
        for item in value:
            yield from _texts(item)
