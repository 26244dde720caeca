"""The tokens that a recorded answer cost, where the answer says so."""

from collections.abc import Iterator
from dataclasses import dataclass

from replaykit.model.cassette import Answer, Content, Interaction, Response
from replaykit.model.value import JsonData
from replaykit.rules.sse import json_of

_INPUT = ("input_tokens", "prompt_tokens", "request_tokens")
_OUTPUT = ("output_tokens", "completion_tokens", "response_tokens")


@dataclass(frozen=True, slots=True)
class Usage:
    """Tokens of one answer or of many."""

    input: int = 0
    output: int = 0

    def __add__(self, other: "Usage") -> "Usage":
        return Usage(self.input + other.input, self.output + other.output)


def usage_of(interaction: Interaction) -> Usage:
    """Read the usage that an answer of a model carries (openai's two forms, and those of agent libraries)."""
    # Of a stream the last event that says something says it all.
    said = next((usage for event in _said(interaction.answer) if (usage := _usage_in(event))), None)
    if said is None:
        return Usage()

    def first(names: tuple[str, ...]) -> int:
        found = [said[name] for name in names if type(said.get(name)) is int]
        return max(0, int(str(found[0]))) if found else 0

    return Usage(first(_INPUT), first(_OUTPUT))


def _said(answer: Answer) -> Iterator[JsonData]:
    match answer:
        case Content(json=body) | Response(body=Content(json=body)):
            yield body
        case Response(stream=tuple(parts)):
            yield from (json_of(part) for part in reversed(parts))


def _usage_in(body: JsonData) -> dict[str, JsonData] | None:
    if not isinstance(body, dict):
        return None
    # The events of OpenAI's responses hold the response.
    response = body.get("response")
    said = body.get("usage") or (response.get("usage") if isinstance(response, dict) else None)
    return said if isinstance(said, dict) else None
