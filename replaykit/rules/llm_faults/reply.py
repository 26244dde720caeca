"""What a model said, in one form for OpenAI's two endpoints: read from a recorded answer, changed, and written back."""

from dataclasses import dataclass, replace
from itertools import count
from typing import TYPE_CHECKING

from replaykit.model.cassette import Answer, Content, Response
from replaykit.model.value import JsonData
from replaykit.rules.llm_faults import chat_stream, responses_stream
from replaykit.rules.llm_faults.fault import CHAT, RESPONSES, Body, Exchange, content, dicts, impossible
from replaykit.rules.sse import json_of

if TYPE_CHECKING:
    from collections.abc import Sequence

STOP, CALLS, LENGTH, FILTERED = "stop", "tool_calls", "length", "content_filter"
_REASONS = {LENGTH: "max_output_tokens", FILTERED: "content_filter"}


@dataclass(frozen=True, slots=True)
class Call:
    """A tool that the model wants to be called; `arguments` is the JSON text it wrote."""

    id: str
    name: str
    arguments: str


@dataclass(frozen=True, slots=True)
class Reply:
    """What a model said: a text, or a refusal, or calls of tools, and why it stopped."""

    text: str | None = None
    refusal: str | None = None
    calls: tuple[Call, ...] = ()
    finish: str = STOP


def body_of(exchange: Exchange, fault: str) -> Body:
    """Return the recorded answer's body, put together where it is a stream.

    Raises:
        FaultImpossible: It is no answer of a model.
    """
    response = exchange.response
    if response is None or response.status != 200 or exchange.endpoint not in {CHAT, RESPONSES}:  # noqa: PLR2004 - OK
        raise impossible(exchange, fault, "it happens to what a model says, and the recording is no such answer")
    body: JsonData = None
    if response.stream is None:
        body = response.body.json if isinstance(response.body, Content) else None
    else:
        events = [data for part in response.stream if isinstance(data := json_of(part), dict)]
        body = chat_stream.joined(events) if exchange.endpoint == CHAT else responses_stream.joined(events)
    if not isinstance(body, dict):
        raise impossible(exchange, fault, "the recorded answer does not have the form of the API")
    return body


def reply_in(exchange: Exchange, body: Body) -> Reply:
    """Read what the model said."""
    return _of_chat(body) if exchange.endpoint == CHAT else _of_responses(body)


def answer_with(exchange: Exchange, body: Body) -> Answer:
    """Write an answer with another body: as a stream where the recorded one is."""
    response = exchange.response or Response(200)
    if response.stream is None:
        return replace(response, body=content(body), fault=None)
    write = chat_stream.events if exchange.endpoint == CHAT else responses_stream.events
    return replace(response, stream=tuple(write(body)), fault=None, left=False)


def saying(exchange: Exchange, body: Body, reply: Reply) -> Body:
    """Return the body with another reply in it."""
    return _to_chat(body, reply) if exchange.endpoint == CHAT else _to_responses(body, reply)


def _of_chat(body: Body) -> Reply:
    choice = _first(body.get("choices"))
    message = choice.get("message")
    said = message if isinstance(message, dict) else {}
    return Reply(
        _text(said.get("content")),
        _text(said.get("refusal")),
        tuple(_call(each, each.get("function"), "id") for each in dicts(said.get("tool_calls"))),
        str(choice.get("finish_reason", STOP)),
    )


def _to_chat(body: Body, reply: Reply) -> Body:
    message: Body = {"role": "assistant", "content": reply.text, "refusal": reply.refusal}
    if reply.calls:
        message["tool_calls"] = [
            {"id": call.id, "type": "function", "function": {"name": call.name, "arguments": call.arguments}}
            for call in reply.calls
        ]
    choice = {**_first(body.get("choices")), "index": 0, "message": message, "finish_reason": reply.finish}
    return {**body, "choices": [choice]}


def _of_responses(body: Body) -> Reply:
    output = dicts(body.get("output"))
    parts = [part for item in output if item.get("type") == "message" for part in dicts(item.get("content"))]
    texts = [str(part.get("text", "")) for part in parts if part.get("type") == "output_text"]
    refusals = [str(part.get("refusal", "")) for part in parts if part.get("type") == "refusal"]
    calls = tuple(_call(item, item, "call_id") for item in output if item.get("type") == "function_call")
    return Reply(
        "".join(texts) if texts else None, "".join(refusals) if refusals else None, calls, CALLS if calls else STOP
    )


def _to_responses(body: Body, reply: Reply) -> Body:
    numbers = count(1)
    output: list[JsonData] = []
    parts: list[JsonData] = []
    if reply.refusal is not None:
        parts.append({"type": "refusal", "refusal": reply.refusal})
    elif reply.text is not None:
        parts.append({"type": "output_text", "text": reply.text, "annotations": []})
    if parts:
        output.append(
            {
                "id": f"msg_{next(numbers)}",
                "type": "message",
                "role": "assistant",
                "status": "completed",
                "content": parts,
            }
        )
    output += [
        {
            "id": f"fc_{next(numbers)}",
            "type": "function_call",
            "status": "completed",
            "call_id": call.id,
            "name": call.name,
            "arguments": call.arguments,
        }
        for call in reply.calls
    ]
    reason = _REASONS.get(reply.finish)
    return {
        **body,
        "output": output,
        "status": "incomplete" if reason else "completed",
        "incomplete_details": {"reason": reason} if reason else None,
    }


def _call(item: Body, function: JsonData, id_field: str) -> Call:
    said = function if isinstance(function, dict) else {}
    return Call(str(item.get(id_field, "")), str(said.get("name", "")), str(said.get("arguments", "")))


def _first(items: JsonData) -> Body:
    found: Sequence[Body] = dicts(items)
    return found[0] if found else {}


def _text(value: JsonData) -> str | None:
    return value if isinstance(value, str) else None
