"""Reading what a client asked for, and refusing what no OpenAI server would take."""

from collections.abc import Mapping, Sequence
from typing import Any

from .errors import RefusalError

MODELS = ("gpt-4o-mini", "text-embedding-3-small")


def required(body: Mapping[str, Any], name: str) -> Any:  # noqa: ANN401 -- JSON from outside
    """The value of a parameter that must be there."""
    if body.get(name) in (None, "", []):
        raise RefusalError(400, f"Missing required parameter: '{name}'.", param=name, code="missing_required_parameter")
    return body[name]


def model(body: Mapping[str, Any]) -> str:
    """The model asked for, if this server has it."""
    return known_model(required(body, "model"))


def known_model(name: str) -> str:
    """The name itself, if this server has a model of that name."""
    if name not in MODELS:
        raise RefusalError(404, f"The model '{name}' does not exist.", code="model_not_found", param="model")
    return name


def conversation(messages: Any) -> str:  # noqa: ANN401 -- JSON from outside
    """All the words of a conversation, one message after the other."""
    if isinstance(messages, str):
        return messages
    if not isinstance(messages, Sequence) or not all(isinstance(message, Mapping) for message in messages):
        raise RefusalError(400, "Invalid type for 'messages': expected an array of objects.", code="invalid_type")
    return "\n".join(map(words, messages))


def words(message: Mapping[str, Any]) -> str:
    """The words of one message, of whatever role; those of a tool may stand under `output`."""
    content = message.get("content", message.get("output"))
    if isinstance(content, str):
        return content
    return "\n".join(part.get("text", "") for part in content or () if isinstance(part, Mapping))


def texts(value: Any) -> list[str]:  # noqa: ANN401 -- JSON from outside
    """The texts to embed: one text, several, or token ids, which stand for themselves."""
    if isinstance(value, str):
        return [value]
    if value and all(isinstance(item, int) for item in value):
        return [" ".join(map(str, value))]
    return [item if isinstance(item, str) else " ".join(map(str, item)) for item in value]
