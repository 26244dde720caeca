"""The tokens that a recorded answer cost, where the answer says so, and who was paid for them."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from decimal import Decimal
from typing import TypeAlias

from replaykit.model.cassette import Answer, Content, Interaction, Layer, Response
from replaykit.model.value import JsonData
from replaykit.rules.llm import is_model
from replaykit.rules.sse import json_of

_INPUT = ("input_tokens", "prompt_tokens", "request_tokens")
_OUTPUT = ("output_tokens", "completion_tokens", "response_tokens")
_DETAILS = ("input_tokens_details", "prompt_tokens_details")
_MODEL = ("model", "model_name")
_ANSWERS = frozenset({"chat.completion", "response", "text_completion"})
# The price that is asked for without saying so; at others the same tokens cost more or less.
_USUAL_TIERS = frozenset({"", "auto", "default", "standard"})
_DEEPEST = 6


@dataclass(frozen=True, slots=True)
class Usage:
    """Tokens of one answer or of many; `cached` is what of the input the provider had in its cache."""

    input: int = 0
    output: int = 0
    cached: int = 0

    def __add__(self, other: "Usage") -> "Usage":
        return Usage(self.input + other.input, self.output + other.output, self.cached + other.cached)


@dataclass(frozen=True, slots=True)
class ModelCall:
    """An answer of a model.

    Attributes:
        usage: What it cost in tokens; nothing where it does not say.
        models: What the model is called: by the answer, then by the question.
        url: Where it was asked; empty where nobody recorded that.
        usual: Whether it was asked at the usual price.
    """

    usage: Usage
    models: tuple[str, ...] = ()
    url: str = ""
    usual: bool = True


# What a call costs in dollars, or nothing where nobody knows.
Price: TypeAlias = Callable[[ModelCall], Decimal | None]


@dataclass(frozen=True, slots=True)
class Bill:
    """What answers of models cost.

    Attributes:
        answers: How many answers of models there are.
        tokens: Their tokens.
        dollars: The price of those whose price is known.
        unpriced: How many have none that is known.
    """

    answers: int = 0
    tokens: int = 0
    dollars: Decimal = Decimal(0)
    unpriced: int = 0

    def __add__(self, other: "Bill") -> "Bill":
        return Bill(
            self.answers + other.answers,
            self.tokens + other.tokens,
            self.dollars + other.dollars,
            self.unpriced + other.unpriced,
        )


def bill_of(interactions: Iterable[Interaction], price: Price) -> Bill:
    """Add up what recordings cost when they were made, at the prices that are known."""
    total = Bill()
    for interaction in interactions:
        for call in calls_of(interaction):
            tokens = call.usage.input + call.usage.output
            dollars = price(call) if tokens else None
            total += Bill(1, tokens, dollars or Decimal(0), unpriced=int(dollars is None))
    return total


def counted_once(interactions: Iterable[Interaction]) -> tuple[Interaction, ...]:
    """Leave out the requests of activities that are recorded themselves: both hold the same answer."""
    everything = tuple(interactions)
    activities = {interaction.name for interaction in everything if interaction.layer is not Layer.HTTP}
    return tuple(interaction for interaction in everything if interaction.within not in activities)


def usage_of(interaction: Interaction) -> Usage:
    """Read the usage that an answer of a model carries (openai's two forms, and those of agent libraries)."""
    return sum((call.usage for call in calls_of(interaction)), Usage())


def calls_of(interaction: Interaction) -> tuple[ModelCall, ...]:
    """Find the answers of models in a recording; a fault that somebody declared cost nothing."""
    if interaction.declared:
        return ()
    method_and_url = interaction.name if interaction.layer is Layer.HTTP else ""
    asked = _asked_model(interaction)
    bodies = list(_said(interaction.answer))
    # Of a stream the last event that says something says it all.
    found = next((list(_bodies(body)) for body in bodies if any(True for _ in _bodies(body))), [])
    if not found and is_model(method_and_url) and _is_good(interaction.answer):
        found = [{}]
    streamed = next((name for body in bodies for name in _names(body)), "")
    return tuple(_call(body, (streamed, asked), method_and_url.partition(" ")[2]) for body in found)


def _call(body: dict[str, JsonData], others: tuple[str, ...], url: str) -> ModelCall:
    usage = _usage_in(body) or {}
    details = next((said for name in _DETAILS if isinstance(said := usage.get(name), dict)), {})
    tier = str(_field(body, "service_tier") or "")
    return ModelCall(
        Usage(_first(usage, _INPUT), _first(usage, _OUTPUT), _first(details, ("cached_tokens",))),
        models=tuple(dict.fromkeys(name for name in (*_names(body), *others) if name)),
        url=url,
        usual=tier in _USUAL_TIERS,
    )


def _first(said: dict[str, JsonData], names: tuple[str, ...]) -> int:
    found = [said[name] for name in names if type(said.get(name)) is int]
    return max(0, int(str(found[0]))) if found else 0


def _said(answer: Answer) -> Iterator[JsonData]:
    match answer:
        case Content(json=body) | Response(body=Content(json=body)):
            yield body
        case Response(stream=tuple(parts)):
            yield from (json_of(part) for part in reversed(parts))


def _bodies(body: JsonData, depth: int = 0) -> Iterator[dict[str, JsonData]]:
    """Find what models answered in an answer, which may be a part of it: an activity returns what it likes."""
    if isinstance(body, dict):
        if _usage_in(body) is not None or body.get("object") in _ANSWERS:
            yield body
        elif depth < _DEEPEST:
            for part in body.values():
                yield from _bodies(part, depth + 1)
    elif isinstance(body, list) and depth < _DEEPEST:
        for part in body:
            yield from _bodies(part, depth + 1)


def _usage_in(body: JsonData) -> dict[str, JsonData] | None:
    said = _field(body, "usage")
    return said if isinstance(said, dict) and any(type(said.get(name)) is int for name in _INPUT + _OUTPUT) else None


def _field(body: JsonData, key: str) -> JsonData:
    return body.get(key) if isinstance(body, dict) else None


def _names(body: JsonData) -> tuple[str, ...]:
    return tuple(name for key in _MODEL if isinstance(name := _field(body, key), str) and name)


def _asked_model(interaction: Interaction) -> str:
    for content in interaction.input or ():
        for name in _names(content.json):
            return name
    return ""


def _is_good(answer: Answer) -> bool:
    return isinstance(answer, Response) and answer.status in range(200, 300) and answer.fault is None
