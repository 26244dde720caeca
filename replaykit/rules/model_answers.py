"""Where in a recording a model answered, and in which of OpenAI's forms."""

from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum

from replaykit.model.cassette import Content, Fault, Interaction, Layer, Response
from replaykit.model.value import JsonData
from replaykit.rules.endpoint import path_of
from replaykit.rules.llm import is_model
from replaykit.rules.sse import json_of

_DEEPEST = 8


class Form(StrEnum):
    """What an answer of a model is, as the openai SDK names it."""

    CHAT = "ChatCompletion"
    CHUNK = "ChatCompletionChunk"
    RESPONSE = "Response"
    EVENT = "ResponseStreamEvent"
    EMBEDDINGS = "CreateEmbeddingResponse"


_OBJECTS = {"chat.completion": Form.CHAT, "chat.completion.chunk": Form.CHUNK, "response": Form.RESPONSE}
_ENDPOINTS = {
    "/chat/completions": (Form.CHAT, Form.CHUNK),
    "/responses": (Form.RESPONSE, Form.EVENT),
    "/embeddings": (Form.EMBEDDINGS, Form.EMBEDDINGS),
}


@dataclass(frozen=True, slots=True)
class ModelAnswer:
    """An answer of a model, or an event of one, as JSON; `form` is None, and `why` says so, where it is not known."""

    body: JsonData
    form: Form | None
    why: str = ""


def model_answers(interaction: Interaction) -> Iterator[ModelAnswer]:
    """Find the answers of models in a recording: by the endpoint of OpenAI's, else by what JSON says it is.

    A fault that somebody declared is no answer of a model; it may be wrong on purpose.
    """
    if interaction.declared:
        return
    if interaction.layer is Layer.HTTP and is_model(interaction.name):
        yield from _of_http(interaction)
        return
    match interaction.answer:
        case Content(json=said) | Response(body=Content(json=said)):
            yield from of_json(said)


def of_json(value: JsonData, depth: int = 0) -> Iterator[ModelAnswer]:
    """Find the answers of models in JSON that may hold some."""
    if isinstance(value, dict):
        form = _form_of(value)
        if form is not None:
            yield ModelAnswer(value, form)
            return
    if depth < _DEEPEST:
        for part in value.values() if isinstance(value, dict) else value if isinstance(value, list) else ():
            yield from of_json(part, depth + 1)


def _form_of(value: dict[str, JsonData]) -> Form | None:
    said = value.get("object")
    data = value.get("data")
    if said == "list" and isinstance(data, list) and data:
        embeddings = all(isinstance(one, dict) and one.get("object") == "embedding" for one in data)
        return Form.EMBEDDINGS if embeddings else None
    return _OBJECTS.get(said) if isinstance(said, str) else None


def _of_http(interaction: Interaction) -> Iterator[ModelAnswer]:
    path = path_of(interaction.name).rstrip("/")
    whole, event = next(forms for end, forms in _ENDPOINTS.items() if path.endswith(end))
    match interaction.answer:
        case Response(status=status) if not 200 <= status < 300:  # noqa: PLR2004 - good answers of HTTP
            yield ModelAnswer(None, None, why=f"the answer has status {status}")
        case Response(body=Content(spelling=None)):
            yield ModelAnswer(None, None, why="the answer is no JSON")
        case Response(body=Content(json=body)):
            yield ModelAnswer(body, whole)
        case Response(stream=tuple(parts)):
            # The end of OpenAI's streams, `[DONE]`, is no JSON.
            yield from (ModelAnswer(said, event) for part in parts if (said := json_of(part)) is not None)
        case Response() | Fault():
            yield ModelAnswer(None, None, why="there was no answer")
