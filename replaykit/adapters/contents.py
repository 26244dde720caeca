"""Temporal's payloads and failures become contents of a cassette, and contents payloads and failures."""

import base64
from collections.abc import Callable
from dataclasses import replace
from typing import Any, TypeAlias

from google.protobuf.json_format import MessageToDict, ParseDict, ParseError
from temporalio.api.common.v1 import Payload
from temporalio.api.failure.v1 import Failure
from temporalio.converter import FailureConverter, PayloadConverter

from replaykit.errors import CassetteCorrupt
from replaykit.model.cassette import Content, Failed
from replaykit.rules.content_form import Malformed, from_node, to_node

# Where a failure was raised is no part of an answer, and names directories of somebody's machine. The second is the
# first as failure converters encode it.
_LEFT_OUT = frozenset({"stackTrace"})
_ENCODED_STACK = "stack_trace"
_Json: TypeAlias = Any


def content_of(payload: Payload) -> Content:
    """Read a payload from which the codec was taken off."""
    return Content.from_bytes(payload.metadata, payload.data)


def payload_of(content: Content) -> Payload:
    """Write a payload, byte for byte as it was recorded."""
    return Payload(metadata=content.all_metadata(), data=content.data())


def failed(failure: Failure, *, retried: bool) -> Failed:
    """Read a failure from which the codec was taken off."""
    document: dict[str, _Json] = _walked(MessageToDict(failure), _readable)
    return Failed(document, retried)


def failure_of(answer: Failed) -> Failure:
    """Write a failure.

    Raises:
        CassetteCorrupt: The cassette holds something else where the failure should be, or a cancellation.
    """
    try:
        failure = ParseDict(_walked(dict(answer.failure), _temporal), Failure())
    except (ParseError, Malformed) as error:
        raise CassetteCorrupt(
            "A failure of the cassette is none of Temporal's.",
            cause=str(error).split(":", 1)[0][:120],
            fix='write it in Temporal\'s JSON: failure: {message: "…", applicationFailureInfo: {type: "…"}}',
        ) from None
    if failure.HasField("canceled_failure_info"):
        raise CassetteCorrupt(
            "A failure of the cassette is a cancellation.",
            cause="an activity is cancelled by its workflow, never by its answer",
            fix="take the interaction out: replaykit cassette prune FILE --number N",
        )
    return failure


def failure_from(error: BaseException, converter: PayloadConverter) -> Failure:
    """Make the failure that the SDK reports for an exception."""
    failure = Failure()
    FailureConverter.default.to_failure(error, converter, failure)
    return failure


def error_of(failure: Failure, converter: PayloadConverter) -> BaseException:
    """Make an exception that the SDK reports as exactly this failure."""
    return FailureConverter.default.from_failure(failure, converter)


def _walked(node: _Json, turned: Callable[[_Json], _Json]) -> _Json:
    """Turn each payload of a failure, wherever Temporal's protocol has one."""
    if isinstance(node, list):
        return [_walked(item, turned) for item in node]
    if not isinstance(node, dict):
        return node
    walked = {}
    for key, value in node.items():
        if key == "payloads" and isinstance(value, list):
            walked[key] = [turned(payload) for payload in value]
        elif key == "encodedAttributes":
            walked[key] = turned(value)
        elif key not in _LEFT_OUT:
            walked[key] = _walked(value, turned)
    return walked


def _readable(payload: _Json) -> _Json:
    metadata = {key: base64.b64decode(value) for key, value in payload.get("metadata", {}).items()}
    content = Content.from_bytes(metadata, base64.b64decode(payload.get("data", "")))
    if isinstance(content.json, dict) and set(content.json) == {"message", _ENCODED_STACK}:
        content = replace(content, json={**content.json, _ENCODED_STACK: ""})
    return to_node(content)


def _temporal(node: _Json) -> _Json:
    return MessageToDict(payload_of(from_node(node)))
