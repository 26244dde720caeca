"""Which faults of language models can happen to an answer, and so are worth a run."""

from collections.abc import Iterator

from replaykit.errors import FaultImpossible
from replaykit.model.cassette import Interaction
from replaykit.model.chaos import Trait
from replaykit.rules.llm_faults.catalogue import FAULTS

# Of the faults that something must be true of the answer for, one stands for all: it is tried on the answer.
_NEEDS = {
    Trait.STREAMS: ("cut_off", "stalled", "error_event"),
    Trait.SAYS: ("refusal", "truncated", "content_filtered", "wrong_schema", "no_choices", "other_model"),
    Trait.SAYS_TEXT: ("truncated_json",),
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
        yield trait


def reaches(fault: str) -> bool:
    """Say whether the model got the request all the same: it worked, and its provider bills for that."""
    return fault.partition("(")[0] not in _UNHEARD
