"""POST /v1/chat/completions, whole or as a stream of chunks."""

import json
from collections.abc import Iterator, Mapping
from typing import Any

from . import answers, requests

CREATED = 1_767_225_600  # a fixed hour, so that equal requests get equal answers


def complete(body: Mapping[str, Any]) -> dict[str, Any]:
    """The whole answer to a conversation."""
    name = requests.model(body)
    prompt = requests.conversation(requests.required(body, "messages"))
    text, finish_reason = _answer(body, prompt)
    used, spent = answers.count_tokens(prompt), answers.count_tokens(text)
    return {
        "id": f"chatcmpl-{answers.digest(name + prompt)}",
        "object": "chat.completion",
        "created": CREATED,
        "model": name,
        "choices": [
            {
                "index": 0,
                "message": {"role": "assistant", "content": text, "refusal": None},
                "logprobs": None,
                "finish_reason": finish_reason,
            }
        ],
        "usage": {"prompt_tokens": used, "completion_tokens": spent, "total_tokens": used + spent},
    }


def stream(body: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    """The same answer word by word."""
    whole = complete(body)
    (choice,) = whole["choices"]
    text = choice["message"]["content"]
    frame = {key: whole[key] for key in ("id", "created", "model")} | {"object": "chat.completion.chunk"}
    deltas: list[dict[str, str]] = [{"role": "assistant", "content": ""}]
    deltas += [{"content": piece} for piece in pieces(text)]
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


def _answer(body: Mapping[str, Any], prompt: str) -> tuple[str, str]:
    match body.get("response_format"):
        case {"type": "json_schema", "json_schema": {"schema": schema}}:
            text = json.dumps(answers.structured(schema, prompt))
        case {"type": "json_object"}:
            text = json.dumps({"answer": answers.free_text(prompt)})
        case _:
            text = answers.free_text(prompt)
    text, cut = shorten(text, body.get("max_completion_tokens") or body.get("max_tokens"))
    return text, "length" if cut else "stop"
