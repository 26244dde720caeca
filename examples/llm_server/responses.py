"""POST /v1/responses, whole or as a stream of typed events."""

import json
from collections.abc import Iterator, Mapping
from typing import Any

from . import answers, calling, dialogue, requests
from .chat import CREATED, pieces, shorten
from .dialogue import Call


def respond(body: Mapping[str, Any], upstream: str | None = None) -> dict[str, Any]:
    """The whole answer to an input; with an upstream, what the real model there wants."""
    model = requests.model(body)
    asked = requests.conversation(requests.required(body, "input"))
    prompt = "\n".join(filter(None, [body.get("instructions"), asked]))
    said: str | Call
    if upstream:
        said, model = calling.modelled(dialogue.read(body), upstream)
        cut = False
    else:
        said, cut = _answer(body, prompt)
    mark = answers.digest(model + prompt)
    text = said if isinstance(said, str) else said.arguments
    used, spent = answers.count_tokens(prompt), answers.count_tokens(text)
    output = _message(mark, [_part(said)], "completed") if isinstance(said, str) else _call(mark, said)
    return {
        "id": f"resp_{mark}",
        "object": "response",
        "created_at": CREATED,
        "status": "incomplete" if cut else "completed",
        "error": None,
        "incomplete_details": {"reason": "max_output_tokens"} if cut else None,
        "instructions": body.get("instructions"),
        "metadata": body.get("metadata") or {},
        "model": model,
        "output": [output],
        "parallel_tool_calls": True,
        "temperature": body.get("temperature", 1.0),
        "tool_choice": "auto",
        "tools": [],
        "top_p": body.get("top_p", 1.0),
        "text": body.get("text") or {"format": {"type": "text"}},
        "usage": {
            "input_tokens": used,
            "input_tokens_details": {"cached_tokens": 0, "cache_write_tokens": 0},
            "output_tokens": spent,
            "output_tokens_details": {"reasoning_tokens": 0},
            "total_tokens": used + spent,
        },
    }


def stream(body: Mapping[str, Any], upstream: str | None = None) -> Iterator[dict[str, Any]]:
    """The same answer as numbered events."""
    for number, event in enumerate(_events(respond(body, upstream))):
        yield event | {"sequence_number": number}


def _events(whole: dict[str, Any]) -> Iterator[dict[str, Any]]:
    (output,) = whole["output"]
    begun = whole | {"status": "in_progress", "output": [], "usage": None, "incomplete_details": None}
    yield {"type": "response.created", "response": begun}
    yield {"type": "response.in_progress", "response": begun}
    yield from _call_events(output) if output["type"] == "function_call" else _message_events(output)
    yield {"type": "response.output_item.done", "output_index": 0, "item": output}
    yield {"type": f"response.{whole['status']}", "response": whole}


def _call_events(call: dict[str, Any]) -> Iterator[dict[str, Any]]:
    place = {"item_id": call["id"], "output_index": 0}
    opened = call | {"status": "in_progress", "arguments": ""}
    yield {"type": "response.output_item.added", "output_index": 0, "item": opened}
    yield {"type": "response.function_call_arguments.delta", "delta": call["arguments"]} | place
    yield {
        "type": "response.function_call_arguments.done",
        "name": call["name"],
        "arguments": call["arguments"],
    } | place


def _message_events(message: dict[str, Any]) -> Iterator[dict[str, Any]]:
    (part,) = message["content"]
    place = {"item_id": message["id"], "output_index": 0, "content_index": 0}
    opened = message | {"status": "in_progress", "content": []}
    yield {"type": "response.output_item.added", "output_index": 0, "item": opened}
    yield {"type": "response.content_part.added", "part": _part("")} | place
    for piece in pieces(part["text"]):
        yield {"type": "response.output_text.delta", "delta": piece, "logprobs": []} | place
    yield {"type": "response.output_text.done", "text": part["text"], "logprobs": []} | place
    yield {"type": "response.content_part.done", "part": part} | place


def _message(mark: str, content: list[dict[str, Any]], status: str) -> dict[str, Any]:
    return {"id": f"msg_{mark}", "type": "message", "role": "assistant", "status": status, "content": content}


def _part(text: str) -> dict[str, Any]:
    return {"type": "output_text", "text": text, "annotations": [], "logprobs": []}


def _call(mark: str, call: Call) -> dict[str, Any]:
    return {
        "id": f"fc_{mark}",
        "type": "function_call",
        "status": "completed",
        "call_id": f"call_{answers.digest(call.name + mark)}",
        "name": call.name,
        "arguments": call.arguments,
    }


def _answer(body: Mapping[str, Any], prompt: str) -> tuple[str | Call, bool]:
    call = calling.canned(dialogue.read(body), prompt)
    if call is not None:
        return call, False
    match body.get("text"):
        case {"format": {"type": "json_schema", "schema": schema}}:
            text = json.dumps(answers.structured(schema, prompt))
        case {"format": {"type": "json_object"}}:
            text = json.dumps({"answer": answers.free_text(prompt)})
        case _:
            text = answers.free_text(prompt)
    return shorten(text, body.get("max_output_tokens"))
