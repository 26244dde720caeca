"""A cassette of a long conversation stays small, and a cassette of many recordings is read in time."""

import json
import sys
from pathlib import Path

from replaykit.adapters import tapes
from replaykit.model.cassette import Cassette, Content, Interaction, Layer
from replaykit.model.value import JsonData
from replaykit.rules.match import index_of

TOOLS: list[JsonData] = [
    {
        "type": "function",
        "function": {
            "name": f"tool_{number}",
            "description": f"Tool {number} looks something up, and says so in a sentence or two of description. " * 2,
            "parameters": {"type": "object", "properties": {"query": {"type": "string", "description": "What."}}},
        },
    }
    for number in range(8)
]


def turn(number: int, messages: list[JsonData], said: str) -> Interaction:
    asked: JsonData = {"model": "gpt-4o-mini", "messages": messages, "tools": TOOLS, "temperature": None}
    payload = Content.from_bytes({"encoding": b"json/plain"}, json.dumps(asked, separators=(",", ":")).encode())
    answer = Content.from_bytes(
        {"encoding": b"json/plain"}, json.dumps({"content": said}, separators=(",", ":")).encode()
    )
    return Interaction(Layer.ACTIVITY, "call_model", (payload,), answer, f"2026-01-05T10:00:00.{number:06}Z")


def conversation(turns: int) -> Cassette:
    messages: list[JsonData] = [{"role": "system", "content": "You are a careful analyst."}]
    interactions = []
    for number in range(turns):
        messages = [*messages, {"role": "user", "content": f"Question {number}: what does document {number} say?"}]
        said = f"Document {number} says that the harbour opens at {number % 24}. " * 4
        interactions.append(turn(number, messages, said))
        messages = [*messages, {"role": "assistant", "content": said}]
    return Cassette(tuple(interactions))


def test_an_agent_loop_of_thirty_turns_is_five_times_smaller_than_its_repetition() -> None:
    cassette = conversation(30)
    text = tapes.to_text(cassette, sidecars={})
    repeated = sum(
        len(one.input[0].data()) + len(one.answer.data())
        for one in cassette.interactions
        if one.input and isinstance(one.answer, Content)
    )
    assert repeated > 5 * len(text.encode())
    assert tapes.parse(text.encode(), Path("c.yaml")) == cassette


def test_three_hundred_recordings_of_thirteen_kilobytes_are_read_in_linear_time() -> None:
    def texts(count: int) -> bytes:
        made = [
            turn(n, [{"role": "user", "content": " ".join(f"word{n * w}" for w in range(1000))}], f"answer {n}")
            for n in range(count)
        ]
        return tapes.to_text(Cassette(tuple(made)), sidecars={}).encode()

    # Calls are counted, of C functions too: a busy machine makes no more of them.
    def calls(raw: bytes) -> int:
        counted = 0

        def count(_frame: object, event: str, _argument: object) -> None:
            nonlocal counted
            counted += event in {"call", "c_call"}

        before = sys.getprofile()
        sys.setprofile(count)
        try:
            index_of(tapes.parse(raw, Path("c.yaml")).interactions, ())
        finally:
            sys.setprofile(before)
        return counted

    small, large = texts(30), texts(300)
    assert calls(large) < 12 * calls(small)
