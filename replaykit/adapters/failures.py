"""Temporal failures become text a person reads and data a comparison reads."""

import json

from temporalio.api.enums.v1 import TimeoutType
from temporalio.api.failure.v1 import Failure
from temporalio.converter import PayloadConverter

from replaykit.adapters.payloads import values_of
from replaykit.model.value import Json, JsonData

# What a failure converter writes in place of a message it encoded
# (temporalio.converter, DefaultFailureConverterWithEncodedAttributes).
ENCODED = "Encoded failure"


def type_of(failure: Failure) -> str:
    """Return the failure's type as Temporal names it: the exception's for an application failure."""
    info = failure.WhichOneof("failure_info")
    if info == "application_failure_info":
        return failure.application_failure_info.type or "application failure"
    return (info or "failure").removesuffix("_info").replace("_", " ")


def types_of(failure: Failure) -> tuple[str, ...]:
    """List the types of a failure and its causes, outermost first; a timeout says which one it was."""
    types = []
    current: Failure | None = failure
    while current is not None:
        kind = type_of(current)
        if current.HasField("timeout_failure_info"):
            name = TimeoutType.Name(current.timeout_failure_info.timeout_type)
            kind = f"{name.removeprefix('TIMEOUT_TYPE_').replace('_', '-').lower()} timeout"
        types.append(kind)
        current = current.cause if current.HasField("cause") else None
    return tuple(types)


def chain_of(failure: Failure, converter: PayloadConverter) -> Json:
    """Reduce a failure to what its chain of causes says, outermost first: type, message, details, retryable."""
    chain: list[JsonData] = []
    current: Failure | None = failure
    while current is not None:
        link: dict[str, JsonData] = {"type": type_of(current), "message": _message_of(current)}
        said = current.application_failure_info
        if said.details.payloads:
            link["details"] = [
                value.data if isinstance(value, Json) else repr(value)
                for value in values_of(said.details.payloads, converter)
            ]
        if said.non_retryable:
            link["nonRetryable"] = True
        chain.append(link)
        current = current.cause if current.HasField("cause") else None
    return Json(chain)


def _message_of(failure: Failure) -> str:
    if failure.message != ENCODED or not failure.HasField("encoded_attributes"):
        return failure.message
    try:
        said = json.loads(failure.encoded_attributes.data)
    except ValueError:
        # Still encoded: no codec is configured.
        return ENCODED
    return str(said.get("message", ENCODED)) if isinstance(said, dict) else ENCODED


def text_of(failure: Failure) -> str:
    """Write the innermost cause in one line: that is the reason a reader looks for."""
    innermost = failure
    while innermost.HasField("cause"):
        innermost = innermost.cause
    name = type_of(innermost)
    return f"{name}: {innermost.message}" if innermost.message else name
