"""A cassette of a long conversation stays small, and a cassette of many recordings is read in time."""

import json
import time
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


def test_a_thousand_recordings_of_thirteen_kilobytes_are_read_in_linear_time() -> None:
    def texts(count: int) -> bytes:
        made = [
            turn(n, [{"role": "user", "content": " ".join(f"word{n * w}" for w in range(1000))}], f"answer {n}")
            for n in range(count)
        ]
        return tapes.to_text(Cassette(tuple(made)), sidecars={}).encode()

    def seconds(raw: bytes) -> float:
        began = time.process_time()
        index_of(tapes.parse(raw, Path("c.yaml")).interactions, ())
        return time.process_time() - began

    small, large = texts(100), texts(1000)
    # The best of some, so that a busy machine does not decide; generous, so that only another order of growth fails.
    assert min(seconds(large) for _ in range(3)) < 25 * min(seconds(small) for _ in range(3))
