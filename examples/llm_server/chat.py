"""POST /v1/chat/completions, whole or as a stream of chunks."""

import json
from collections.abc import Iterator, Mapping
from typing import Any

from . import answers, calling, dialogue, requests
from .dialogue import Call

CREATED = 1_767_225_600  # a fixed hour, so that equal requests get equal answers


def complete(body: Mapping[str, Any], upstream: str | None = None) -> dict[str, Any]:
    """The whole answer to a conversation; with an upstream, what the real model there wants."""
    model = requests.model(body)
    prompt = requests.conversation(requests.required(body, "messages"))
    if upstream:
        said, model = calling.modelled(dialogue.read(body), upstream)
        finish_reason = "stop" if isinstance(said, str) else "tool_calls"
    else:
        said, finish_reason = _answer(body, prompt)
    text = said if isinstance(said, str) else said.arguments
    used, spent = answers.count_tokens(prompt), answers.count_tokens(text)
    return {
        "id": f"chatcmpl-{answers.digest(model + prompt)}",
        "object": "chat.completion",
        "created": CREATED,
        "model": model,
        "choices": [
            {
                "index": 0,
                "message": {"role": "assistant", "content": None, "refusal": None} | _message(said, prompt),
                "logprobs": None,
                "finish_reason": finish_reason,
            }
        ],
        "usage": {"prompt_tokens": used, "completion_tokens": spent, "total_tokens": used + spent},
    }


def stream(body: Mapping[str, Any], upstream: str | None = None) -> Iterator[dict[str, Any]]:
    """The same answer word by word."""
    whole = complete(body, upstream)
    (choice,) = whole["choices"]
    message = choice["message"]
    frame = {key: whole[key] for key in ("id", "created", "model")} | {"object": "chat.completion.chunk"}
    deltas: list[dict[str, Any]] = [{"role": "assistant", "content": ""}]
    if message["content"] is None:
        deltas.append({"tool_calls": [{"index": 0} | message["tool_calls"][0]]})
    else:
        deltas += [{"content": piece} for piece in pieces(message["content"])]
    for delta in deltas:
        yield frame | {"choices": [{"index": 0, "delta": delta, "finish_reason": None}]}
    yield frame | {"choices": [{"index": 0, "delta": {}, "finish_reason": choice["finish_reason"]}]}
    if (body.get("stream_options") or {}).get("include_usage"):
        yield frame | {"choices": [], "usage": whole["usage"]}


def pieces(text: str) -> list[str]:
    """A text cut at its spaces, nothing lost."""
    first, *rest = text.split(" ")
    return [first, *(f" {word}" for word in rest)]


def shorten(text: str, limit: int | None) -> tuple[str, bool]:
    """The text within a limit of tokens, and whether something had to go."""
    words = text.split(" ")
    if limit is None or len(words) <= limit:
        return text, False
    return " ".join(words[:limit]), True


def _message(said: str | Call, prompt: str) -> dict[str, Any]:
    if isinstance(said, str):
        return {"content": said}
    called = {"name": said.name, "arguments": said.arguments}
    call_id = f"call_{answers.digest(said.name + prompt)}"
    return {"tool_calls": [{"id": call_id, "type": "function", "function": called}]}


def _answer(body: Mapping[str, Any], prompt: str) -> tuple[str | Call, str]:
    call = calling.canned(dialogue.read(body), prompt)
    if call is not None:
        return call, "tool_calls"
    match body.get("response_format"):
        case {"type": "json_schema", "json_schema": {"schema": schema}}:
            text = json.dumps(answers.structured(schema, prompt))
        case {"type": "json_object"}:
            text = json.dumps({"answer": answers.free_text(prompt)})
        case _:
            text = answers.free_text(prompt)
    text, cut = shorten(text, body.get("max_completion_tokens") or body.get("max_tokens"))
    return text, "length" if cut else "stop"
