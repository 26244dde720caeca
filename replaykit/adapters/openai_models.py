"""Answers of models are held against the models of the installed openai SDK, strictly."""

import importlib
import importlib.metadata
import importlib.util
import json
from collections.abc import Iterator, Mapping
from functools import cache
from typing import Any, get_args

from replaykit.model.model_check import Drift
from replaykit.model.value import JsonData
from replaykit.rules.model_answers import Form, ModelAnswer
from replaykit.rules.schema_drift import joined, unknown_field, wrong_fields

PACKAGE = "openai"


def installed() -> str | None:
    """Return the version of the installed openai SDK, if there is one."""
    return importlib.metadata.version(PACKAGE) if importlib.util.find_spec(PACKAGE) is not None else None


def drift_of(answer: ModelAnswer) -> tuple[Drift, ...]:
    """Compare an answer, or an event of one, with the SDK's model of it; each field once.

    The openai SDK must be installed, and the answer's form known.
    """
    body = _decoded(answer.body) if answer.form is Form.EMBEDDINGS else answer.body
    if not isinstance(body, dict):
        return (Drift("(the answer)", "wrong type: no object"),)
    model = _events().get(str(body.get("type"))) if answer.form is Form.EVENT else _models().get(answer.form)
    if model is None:
        return (Drift("type", f"unknown value {str(body.get('type'))!r:.40}"),)
    return tuple(sorted({*_wrong(model, body), *_unknown(model.model_construct(**body), body, "")}))


@cache
def _models() -> Mapping[Form | None, Any]:
    chat, types = (importlib.import_module(f"{PACKAGE}.types{part}") for part in (".chat", ""))
    responses = importlib.import_module(f"{PACKAGE}.types.responses")
    return {
        Form.CHAT: chat.ChatCompletion,
        Form.CHUNK: chat.ChatCompletionChunk,
        Form.RESPONSE: responses.Response,
        Form.EMBEDDINGS: types.CreateEmbeddingResponse,
    }


@cache
def _events() -> Mapping[str, Any]:
    """Sort the models of a response's events by the type that each has."""
    responses = importlib.import_module(f"{PACKAGE}.types.responses")
    union = get_args(responses.ResponseStreamEvent)[0]
    return {name: model for model in get_args(union) for name in get_args(model.model_fields["type"].annotation)}


def _decoded(body: JsonData) -> JsonData:
    """Put lists in the place of embeddings in base64: so they travel, and the SDK decodes them before its models."""
    if not isinstance(body, dict) or not isinstance(data := body.get("data"), list):
        return body
    return {**body, "data": [_with_list(one) for one in data]}


def _with_list(one: JsonData) -> JsonData:
    if not isinstance(one, dict) or not isinstance(one.get("embedding"), str):
        return one
    return {**one, "embedding": []}


def _wrong(model: Any, body: JsonData) -> Iterator[Drift]:  # noqa: ANN401 - one of the SDK's models
    pydantic = importlib.import_module("pydantic")
    try:
        model.model_validate_json(json.dumps(body), strict=True)
    except pydantic.ValidationError as error:
        yield from wrong_fields(error.errors(include_url=False, include_input=False, include_context=False), body)


def _unknown(built: Any, body: JsonData, path: str) -> Iterator[Drift]:  # noqa: ANN401 - a model, or what stands in one
    if isinstance(built, list) and isinstance(body, list):
        for one, said in zip(built, body, strict=False):
            yield from _unknown(one, said, joined(path, 0))
    fields = getattr(type(built), "model_fields", None)
    if fields is None or not isinstance(body, dict) or not _is_meant(fields, body):
        return
    names = {field.alias or name: name for name, field in fields.items()}
    for key, said in body.items():
        if key not in names:
            yield unknown_field(path, key)
        else:
            yield from _unknown(getattr(built, names[key], None), said, joined(path, key))


def _is_meant(fields: Mapping[str, Any], body: Mapping[str, JsonData]) -> bool:
    """Say whether a model was built for this: of a type that no model has, the SDK builds the first."""
    telling = fields.get("type")
    known = get_args(telling.annotation) if telling is not None else ()
    return not known or "type" not in body or not all(isinstance(one, str) for one in known) or body["type"] in known
