"""The chunks of a streamed chat completion are joined to the completion, and a completion is cut into chunks."""

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from replaykit.model.cassette import Content, Part
from replaykit.rules.llm_faults.fault import Body, dicts, event
from replaykit.rules.sse import DATA

if TYPE_CHECKING:
    from replaykit.model.value import JsonData

_CHUNK, _WHOLE = "chat.completion.chunk", "chat.completion"
# Events follow one another at this distance, in seconds: nobody measured them.
_APART = 0.01


def joined(chunks: Sequence[Body]) -> Body | None:
    """Join chunks; nothing where they are none of a chat."""
    if not chunks or chunks[0].get("object") != _CHUNK:
        return None
    body: Body = {key: value for key, value in chunks[0].items() if key not in {"choices", "usage"}}
    texts: dict[str, str] = {}
    calls: dict[int, dict[str, str]] = {}
    finish: JsonData = None
    for chunk in chunks:
        if isinstance(chunk.get("usage"), dict):
            body["usage"] = chunk["usage"]
        for choice in dicts(chunk.get("choices")):
            if choice.get("index", 0) != 0:
                continue
            finish = choice.get("finish_reason") or finish
            delta = choice.get("delta")
            if not isinstance(delta, dict):
                continue
            for field in ("content", "refusal"):
                if isinstance(delta.get(field), str):
                    texts[field] = texts.get(field, "") + str(delta[field])
            for piece in dicts(delta.get("tool_calls")):
                _add(calls, piece)
    message: Body = {"role": "assistant", "content": texts.get("content"), "refusal": texts.get("refusal")}
    if calls:
        message["tool_calls"] = [
            {
                "id": call.get("id", ""),
                "type": "function",
                "function": {"name": call.get("name", ""), "arguments": call.get("arguments", "")},
            }
            for _, call in sorted(calls.items())
        ]
    choice = {"index": 0, "message": message, "finish_reason": finish, "logprobs": None}
    return {**body, "object": _WHOLE, "choices": [choice]}


def _add(calls: dict[int, dict[str, str]], piece: Body) -> None:
    index = piece.get("index")
    call = calls.setdefault(index if isinstance(index, int) else 0, {})
    function = piece.get("function")
    said = function if isinstance(function, dict) else {}
    if piece.get("id"):
        call["id"] = str(piece["id"])
    if said.get("name"):
        call["name"] = str(said["name"])
    call["arguments"] = call.get("arguments", "") + str(said.get("arguments") or "")


def events(body: Body) -> Iterator[Part]:
    """Cut a completion into chunks: who speaks, what is said, why it ends, what it cost."""
    head: Body = {key: value for key, value in body.items() if key not in {"choices", "usage"}} | {"object": _CHUNK}
    deltas: list[tuple[Body, JsonData]] = []
    for choice in dicts(body.get("choices")):
        message = choice.get("message")
        said = message if isinstance(message, dict) else {}
        deltas.append(({"role": "assistant", "content": ""}, None))
        deltas += [({field: said[field]}, None) for field in ("content", "refusal") if isinstance(said.get(field), str)]
        deltas += [
            ({"tool_calls": [{"index": index, **call}]}, None)
            for index, call in enumerate(dicts(said.get("tool_calls")))
        ]
        deltas.append(({}, choice.get("finish_reason")))
    at = 0.0
    for delta, finish in deltas:
        yield event({**head, "choices": [{"index": 0, "delta": delta, "finish_reason": finish}]}, at=round(at, 6))
        at += _APART
    if not deltas or isinstance(body.get("usage"), dict):
        yield event({**head, "choices": [], "usage": body.get("usage")}, at=round(at, 6))
        at += _APART
    yield Part(round(at, 6), Content(DATA, raw=b"[DONE]"))
