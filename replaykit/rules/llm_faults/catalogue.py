"""Every fault by its name, and the reading of one that a person wrote: `rate_limited(retry_after=1)`."""

import ast
from collections.abc import Callable, Mapping
from inspect import signature
from types import MappingProxyType

from replaykit.errors import FaultUnknown
from replaykit.rules.llm_faults import connections, contents, statuses
from replaykit.rules.llm_faults.fault import LlmFault

FAULTS: Mapping[str, Callable[..., LlmFault]] = MappingProxyType(
    {
        make.__name__: make
        for make in (
            statuses.rate_limited,
            statuses.insufficient_quota,
            statuses.server_error,
            statuses.unavailable,
            statuses.overloaded,
            statuses.unauthorized,
            statuses.context_too_long,
            statuses.model_retired,
            connections.timed_out,
            connections.connection_refused,
            connections.connection_reset,
            connections.cut_off,
            connections.stalled,
            connections.error_event,
            contents.truncated,
            contents.content_filtered,
            contents.refusal,
            contents.truncated_json,
            contents.wrong_schema,
            contents.invalid_tool_arguments,
            contents.empty_tool_arguments,
            contents.trailing_comma,
            contents.unknown_tool,
            contents.duplicate_tool_call_id,
            contents.no_choices,
            contents.other_model,
        )
    }
)
"""All faults, by name."""


def from_text(text: str) -> LlmFault:
    """Read a fault: a name, and arguments by name in parentheses where it takes some.

    Raises:
        FaultUnknown: There is no such fault, or it takes no such arguments.
    """
    try:
        node = ast.parse(text.strip(), mode="eval").body
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        raise _unknown(text, "it is no name, with or without arguments in parentheses") from None
    call = node if isinstance(node, ast.Call) else None
    named = call.func if call else node
    if not isinstance(named, ast.Name):
        raise _unknown(text, "it is no name, with or without arguments in parentheses")
    make = FAULTS.get(named.id)
    if make is None:
        raise _unknown(text, f"no fault has this name; there are: {', '.join(FAULTS)}")
    if call and call.args:
        known = ", ".join(f"{name}=…" for name in signature(make).parameters)
        raise _unknown(text, f"it takes arguments by name: {named.id}({known})")
    try:
        arguments = {str(each.arg): ast.literal_eval(each.value) for each in call.keywords} if call else {}
    except (TypeError, ValueError):
        raise _unknown(text, f"{named.id} does not take such arguments: they are texts in quotes, numbers, …") from None
    try:
        return make(**arguments)
    except (TypeError, ValueError) as error:
        raise _unknown(text, f"{named.id} does not take such arguments: {error}") from None


def _unknown(text: str, cause: str) -> FaultUnknown:
    return FaultUnknown(
        f"There is no fault {text.strip()[:80]!r}.",
        cause=cause,
        fix="write it as in: rate_limited(retry_after=1)   all of them: replaykit cassette fault --list",
    )
