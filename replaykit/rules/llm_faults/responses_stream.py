"""The events of a streamed response are joined to the response, which its last event holds, and written from one."""

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from replaykit.model.cassette import Part
from replaykit.rules.llm_faults.fault import Body, dicts, event

if TYPE_CHECKING:
    from replaykit.model.value import JsonData

_ENDS = frozenset({"response.completed", "response.incomplete", "response.failed"})
# Events follow one another at this distance, in seconds: nobody measured them.
_APART = 0.01


def joined(events_: Sequence[Body]) -> Body | None:
    """Return the response that the last event holds; nothing where none does."""
    for said in reversed(events_):
        response = said.get("response")
        if said.get("type") in _ENDS and isinstance(response, dict):
            return response
    return None


def events(body: Body) -> Iterator[Part]:
    """Write the events of a response in the order of the API's reference."""
    for number, (kind, said) in enumerate(_said(body)):
        yield event({"type": kind, "sequence_number": number, **said}, name=kind, at=round(number * _APART, 6))


def _said(body: Body) -> Iterator[tuple[str, Body]]:
    begun: Body = {**body, "status": "in_progress", "output": [], "usage": None, "incomplete_details": None}
    yield "response.created", {"response": begun}
    yield "response.in_progress", {"response": begun}
    for index, item in enumerate(dicts(body.get("output"))):
        yield from _item(index, item)
    ending = "response.incomplete" if body.get("status") == "incomplete" else "response.completed"
    yield ending, {"response": body}


def _item(index: int, item: Body) -> Iterator[tuple[str, Body]]:
    where: Body = {"output_index": index, "item_id": item.get("id")}
    empty: Body = {**item, "status": "in_progress"}
    if "content" in item:
        empty["content"] = []
    if "arguments" in item:
        empty["arguments"] = ""
    yield "response.output_item.added", {"output_index": index, "item": empty}
    if item.get("type") == "function_call":
        said = item.get("arguments", "")
        yield "response.function_call_arguments.delta", {**where, "delta": said}
        yield "response.function_call_arguments.done", {**where, "arguments": said, "name": item.get("name")}
    for number, part in enumerate(dicts(item.get("content"))):
        yield from _part({**where, "content_index": number}, part)
    yield "response.output_item.done", {"output_index": index, "item": item}


def _part(where: Body, part: Body) -> Iterator[tuple[str, Body]]:
    field = "refusal" if part.get("type") == "refusal" else "text"
    name = "response.refusal" if field == "refusal" else "response.output_text"
    said: JsonData = part.get(field, "")
    more: Body = {"logprobs": []} if field == "text" else {}
    yield "response.content_part.added", {**where, "part": {**part, field: ""}}
    yield f"{name}.delta", {**where, **more, "delta": said}
    yield f"{name}.done", {**where, **more, field: said}
    yield "response.content_part.done", {**where, "part": part}
