"""A named fault, its arguments, and what it makes of a recording."""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import TypeAlias

from replaykit.errors import FaultImpossible
from replaykit.model.cassette import Answer, Content, Interaction, Layer, Part, Response
from replaykit.model.value import JsonData
from replaykit.rules.endpoint import path_of
from replaykit.rules.llm import is_model

Body: TypeAlias = dict[str, JsonData]

CHAT, RESPONSES, EMBEDDINGS = "chat completions", "responses", "embeddings"
_ENDPOINTS = {"/chat/completions": CHAT, "/responses": RESPONSES, "/embeddings": EMBEDDINGS}
_JSON = (("content-type", "application/json"),)


@dataclass(frozen=True, slots=True)
class Exchange:
    """A question to a model and what was answered, read as far as faults need it.

    Attributes:
        interaction: The recording.
        endpoint: Which of OpenAI's endpoints was asked; empty for any other request.
        request: The question's body.
        response: The recorded answer; None where a client ran into something instead of one.
    """

    interaction: Interaction
    endpoint: str
    request: Body
    response: Response | None

    @classmethod
    def from_interaction(cls, interaction: Interaction) -> "Exchange":
        """Read a recording.

        Raises:
            FaultImpossible: It is of an activity, not of an HTTP request.
        """
        if interaction.layer is not Layer.HTTP:
            raise FaultImpossible(
                f"The {interaction.layer} {interaction.name} cannot have a fault of a model.",
                cause="these faults answer HTTP requests, and a recording of an activity holds what it returned",
                fix="record the HTTP requests inside the activity: docs/cassettes.md",
            )
        path = path_of(interaction.name).rstrip("/") if is_model(interaction.name) else ""
        endpoint = next((name for ending, name in _ENDPOINTS.items() if path.endswith(ending)), "")
        asked = interaction.input[0].json if interaction.input else None
        answer = interaction.answer if isinstance(interaction.answer, Response) else None
        return cls(interaction, endpoint, dict(asked) if isinstance(asked, dict) else {}, answer)

    @property
    def streams(self) -> bool:
        """Whether the answer comes as a stream."""
        return self.response is not None and self.response.stream is not None

    @property
    def model(self) -> str:
        """The model that was asked."""
        return str(self.request.get("model", "unknown"))


@dataclass(frozen=True, slots=True)
class LlmFault:
    """A fault by its name.

    Attributes:
        name: The name, such as `rate_limited`.
        arguments: What it was made with.
    """

    name: str
    arguments: Mapping[str, JsonData]
    apply: Callable[[Exchange], Answer] = field(repr=False, compare=False)

    def __str__(self) -> str:
        """Write the fault as it is made: `rate_limited(retry_after=1)`."""
        said = ", ".join(f"{name}={value!r}" for name, value in self.arguments.items() if value is not None)
        return f"{self.name}({said})"

    def instead_of(self, interaction: Interaction) -> Interaction:
        """Return the recording with this fault as its answer.

        Raises:
            FaultImpossible: The fault cannot happen to such an answer.
        """
        exchange = Exchange.from_interaction(interaction)
        return replace(interaction, answer=self.apply(exchange), declared=str(self))


def impossible(exchange: Exchange, fault: str, cause: str) -> FaultImpossible:
    """Make the error about a fault that cannot happen to an answer."""
    return FaultImpossible(
        f"{fault} cannot happen to {exchange.interaction.name}.",
        cause=cause,
        fix="choose another recording, or another fault: replaykit cassette fault --list",
    )


def content(body: JsonData) -> Content:
    """Make the content of JSON as a server writes it."""
    data = json.dumps(body, separators=(",", ":"), ensure_ascii=False).encode()
    return Content.from_bytes({"encoding": b"json/plain"}, data)


def json_response(status: int, body: JsonData, headers: Mapping[str, str] | None = None) -> Response:
    """Make an answer of JSON."""
    return Response(status, (*_JSON, *(headers or {}).items()), content(body))


def event(body: JsonData, *, name: str | None = None, at: float) -> Part:
    """Make an event of a stream."""
    return Part(at, content(body), name)


def dicts(items: JsonData) -> list[Body]:
    """Return the objects of a list; what is none, nobody looks at."""
    return [item for item in items if isinstance(item, dict)] if isinstance(items, list) else []
