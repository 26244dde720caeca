"""Which faults of language models can happen to an answer, and so are worth a run."""

import json
from collections.abc import Iterator

from replaykit.errors import FaultImpossible
from replaykit.model.cassette import Interaction
from replaykit.model.chaos import Trait
from replaykit.rules.llm_faults.catalogue import FAULTS
from replaykit.rules.llm_faults.fault import Exchange
from replaykit.rules.llm_faults.reply import body_of, reply_in

# Of the faults that something must be true of the answer for, one stands for all: it is tried on the answer.
_NEEDS = {
    Trait.STREAMS: ("cut_off", "stalled", "error_event"),
    Trait.SAYS: ("refusal", "truncated", "content_filtered", "no_choices", "other_model"),
    # Of free text nobody can tell that it is cut, or that it is another.
    Trait.SAYS_JSON: ("truncated_json", "wrong_schema"),
    Trait.CALLS_TOOLS: (
        "unknown_tool",
        "invalid_tool_arguments",
        "empty_tool_arguments",
        "trailing_comma",
        "duplicate_tool_call_id",
    ),
}
# Faults whose request never gets as far as the model: nothing is done there, and nothing is billed.
_UNHEARD = frozenset(
    {
        "rate_limited",
        "insufficient_quota",
        "server_error",
        "unavailable",
        "overloaded",
        "unauthorized",
        "context_too_long",
        "model_retired",
        "connection_refused",
    }
)


def requirements(fault: str) -> frozenset[Trait]:
    """Return what must be true of an answer for a fault to happen to it."""
    return frozenset(trait for trait, names in _NEEDS.items() if fault in names)


def possible(interaction: Interaction) -> Iterator[Trait]:
    """Say what is true of a model's answer, as far as faults depend on it."""
    for trait, names in _NEEDS.items():
        try:
            FAULTS[names[0]]().instead_of(interaction)
        except FaultImpossible:
            continue
        if trait is not Trait.SAYS_JSON or _is_json(interaction):
            yield trait


def _is_json(interaction: Interaction) -> bool:
    exchange = Exchange.from_interaction(interaction)
    try:
        said = json.loads(reply_in(exchange, body_of(exchange, "truncated_json")).text or "")
    except (ValueError, RecursionError):
        return False
    return isinstance(said, dict | list)


def reaches(fault: str) -> bool:
    """Say whether the model got the request all the same: it worked, and its provider bills for that."""
    return fault.partition("(")[0] not in _UNHEARD
