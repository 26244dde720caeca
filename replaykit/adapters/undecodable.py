"""Errors about one payload of a history name the codec, the step and the field, and nothing of what it holds."""

import contextlib
from collections.abc import Sequence

from temporalio.api.common.v1 import Payload
from temporalio.api.enums.v1 import EventType
from temporalio.api.history.v1 import HistoryEvent
from temporalio.converter import DataConverter

from replaykit.adapters.loaded import told
from replaykit.adapters.payloads import encoding_of
from replaykit.adapters.recorded import trace_of
from replaykit.errors import PayloadUndecodable, PayloadUnresolved
from replaykit.model.history import Identity

# What Temporal's samples of encrypting codecs name the key by; the server holds it in plain.
KEY_ID = "encryption-key-id"
LONGEST_WORD = 60
KEEP = "keep it as it is: --keep-encrypted"


def refused(
    events: Sequence[HistoryEvent],
    identity: Identity,
    event: HistoryEvent,
    field: str,
    payload: Payload,
    why: str,
) -> PayloadUndecodable:
    """Make the error of a codec that fails on a payload: `why` names it, and what it did."""
    return PayloadUndecodable(
        f"{_where(events, identity, event, field)} cannot be decoded.",
        cause=f"{why}; {_described(payload)}",
        fix=f"give the codec its keys, or name the right one: --codec, --codec-endpoint; or at export {KEEP}",
    )


def unreadable(
    events: Sequence[HistoryEvent],
    identity: Identity,
    event: HistoryEvent,
    field: str,
    payload: Payload,
    codec: str,
) -> PayloadUndecodable:
    """Make the error of a payload that no converter here reads, where there is no codec or it left it as it is."""
    why = f"{codec} left it as it is" if codec else "no codec is configured"
    return PayloadUndecodable(
        f"{_where(events, identity, event, field)} cannot be decoded.",
        cause=f"{why}; {_described(payload)}",
        fix="name the codec: --codec MODULE:OBJECT or --codec-endpoint URL; or the converter that reads it: "
        f"--data-converter MODULE:OBJECT; or at export {KEEP}",
    )


def unresolved(
    events: Sequence[HistoryEvent],
    identity: Identity,
    event: HistoryEvent,
    field: str,
    *,
    driver_failed: Exception | None,
) -> PayloadUnresolved:
    """Make the error of a payload in external storage; `driver_failed` is what the storage raised, if there is one."""
    why = (
        "no data converter with external storage is configured"
        if driver_failed is None
        else f"the data converter's external storage raised {told(driver_failed)}"
    )
    return PayloadUnresolved(
        f"{_where(events, identity, event, field)} lies in external storage and cannot be had from there.",
        cause=why,
        fix="name the converter whose external_storage has the driver it was stored with: "
        "--data-converter MODULE:OBJECT; the storage must be reachable from here",
    )


def _where(events: Sequence[HistoryEvent], identity: Identity, event: HistoryEvent, field: str) -> str:
    """Name a payload by step and event: `input[0] of activity charge #1 (event 5) in order-17`."""
    step = ""
    with contextlib.suppress(Exception):  # the events are what somebody saved, and this only words an error
        trace = trace_of(events, DataConverter.default.payload_converter)
        for candidate in trace.steps:
            answered = candidate.answer.event_id if candidate.answer else None
            if event.event_id in {candidate.event_id, answered}:
                step = str(candidate.key)
    if not step:
        name = EventType.Name(event.event_type).removeprefix("EVENT_TYPE_")
        step = "".join(word.capitalize() for word in name.split("_"))
    return f"{field} of {step} (event {event.event_id}) in {identity.workflow_id}"


def _described(payload: Payload) -> str:
    words = f"its encoding is {_word(encoding_of(payload)) or 'not given'}"
    key = _word(payload.metadata.get(KEY_ID, b"").decode("utf-8", "replace"))
    return f"{words}, its key {key}" if key else words


def _word(text: str) -> str:
    """Let through what names something: metadata is plain at the server, but anybody may write into it."""
    return text if text.isprintable() and len(text) <= LONGEST_WORD else "unprintable"
