"""A history file is read, checked and parsed: nothing past this room is maybe valid."""

import json
import re
from pathlib import Path
from typing import Any, TypeAlias

from replaykit.adapters.plain_files import content_of
from replaykit.errors import (
    HistoryDecoded,
    HistoryEmpty,
    HistoryError,
    HistoryOutOfOrder,
    HistoryTooLarge,
    HistoryTruncated,
    HistoryUnreadable,
    NotAHistory,
)

# Temporal ends a run at 50 MiB of history (limit.historySize.error); JSON with base64 needs up to three times that.
LARGEST = 256 * 2**20
# How JSON writes half of a character beyond the first 65,536.
_SURROGATE = re.compile(rb"\\u[dD][89a-fA-F]")
SAVE_AGAIN = "replaykit export WORKFLOW_ID   (or: temporal workflow show -w WORKFLOW_ID --output json)"

IDENTITY_KEY = "replaykit"
# A key of the note: payloads are as workflows read them, or kept as the server holds them. Absent: as the server does.
PAYLOADS_NOTE = "payloads"
DECODED = "decoded"
ENCODED = "encoded"
Document: TypeAlias = dict[str, Any]


def read_document(path: Path, *, shown: str | None = None) -> Document:
    """Read a history file's JSON and check its shape.

    Args:
        path: The file.
        shown: How errors name it; its path where nothing is given.

    Returns:
        The document with a non-empty, consecutive list under `events`; a bare list of events is accepted too.

    Raises:
        HistoryError: In one of its forms, naming the file.
    """
    name = shown or str(path)
    return document_from(_read(path, name), name)


def document_from(raw: bytes, name: str) -> Document:
    """Do the same with the content of a history file that is in memory.

    Args:
        raw: The content, JSON.
        name: How errors name it.

    Raises:
        HistoryError: In one of its forms.
    """
    return checked(parsed(raw, name), name)


def checked(found: object, name: str) -> Document:
    """Do the same with JSON that is parsed.

    Raises:
        HistoryError: In one of its forms.
    """
    document = _checked_shape(found, name)
    _check_order(document["events"], name)
    _check_encoded(document["events"], name)
    return document


def identity_note(document: Document) -> dict[str, str]:
    """Return what replaykit export noted beside the events: workflow id, actual run id, namespace."""
    note = document.get(IDENTITY_KEY)
    if not isinstance(note, dict):
        return {}
    return {key: value for key, value in note.items() if isinstance(value, str)}


def is_decoded(document: Document) -> bool:
    """Say whether a codec or an external storage was taken off the payloads when the file was written."""
    return identity_note(document).get(PAYLOADS_NOTE) == DECODED


def title_of(path: Path, *, largest: int) -> tuple[str, str]:
    """Read a history's workflow type and workflow id, for its name; the file's name where it tells neither.

    Files above `largest` bytes are not opened, and what is no history has no type: replaying it says why.
    """
    stem = path.name.removesuffix(".json")
    try:
        return _title_in(content_of(path), stem) if path.stat().st_size <= largest else ("", stem)
    except OSError:
        return "", stem


def _title_in(raw: bytes, stem: str) -> tuple[str, str]:
    try:
        document = _checked_shape(parsed(raw, stem), stem)
    except HistoryError:
        return "", stem
    started = document["events"][0]["workflowExecutionStartedEventAttributes"]
    kind = started.get("workflowType")
    name = kind.get("name") if isinstance(kind, dict) else None
    workflow_id = identity_note(document).get("workflowId") or started.get("workflowId") or stem
    return str(name or ""), str(workflow_id)


def _read(path: Path, name: str) -> bytes:
    try:
        size = path.stat().st_size
        if size > LARGEST:
            raise HistoryTooLarge(
                f"{name} is {size / 2**20:.0f} MiB large.",
                cause=f"Temporal ends a run at 50 MiB of history; nothing above {LARGEST // 2**20} MiB is read.",
                fix="check what the file is; a history never grows to this size",
            )
        return content_of(path)
    except OSError as error:
        raise HistoryUnreadable(
            f"{name} cannot be read.",
            cause=error.strerror or type(error).__name__,
            fix="check that the file is there and may be read; a link may lead nowhere",
        ) from None


def parsed(raw: bytes, name: str) -> object:
    """Parse JSON, whatever it holds.

    Raises:
        HistoryError: It is empty, cut short, or no JSON.
    """
    if not raw.strip():
        raise HistoryEmpty(f"{name} is empty.", cause="the file has no content", fix=f"save it again: {SAVE_AGAIN}")
    try:
        text = raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise NotAHistory(
            f"{name} is no JSON.",
            cause=f"byte {error.start} is not UTF-8 text: this is a binary file",
            fix="histories are read as JSON; remove the file from the corpus or save the run again",
        ) from None
    try:
        found = json.loads(text)
    except RecursionError:
        raise NotAHistory(
            f"{name} is nested too deeply to be a history.",
            cause="the JSON is nested deeper than Python reads",
            fix=f"save the history again: {SAVE_AGAIN}",
        ) from None
    except json.JSONDecodeError as error:
        cut = text.lstrip().startswith(("{", "[")) and error.pos >= len(text.rstrip()) - 1
        unterminated = error.msg.startswith("Unterminated string")
        if cut or unterminated:
            raise HistoryTruncated(
                f"{name} is cut short.",
                cause=f"the JSON stops in the middle, at line {error.lineno}",
                fix=f"save the history again: {SAVE_AGAIN}",
            ) from None
        raise NotAHistory(
            f"{name} is no JSON.",
            cause=f"{error.msg} at line {error.lineno}, column {error.colno}",
            fix="remove the file from the corpus, or save the history again",
        ) from None
    if _SURROGATE.search(raw):
        _check_characters(found, name)
    return found


def _check_characters(found: object, name: str) -> None:
    try:
        json.dumps(found, ensure_ascii=False).encode("utf-8")
    except UnicodeEncodeError:
        raise NotAHistory(
            f"{name} holds half a character, so it is no history.",
            cause="a \\ud800 to \\udfff without its other half stands in it, which Temporal's protocol cannot hold",
            fix=f"save the history again: {SAVE_AGAIN}",
        ) from None


def _checked_shape(document: object, name: str) -> Document:
    if isinstance(document, list) and document and isinstance(document[0], dict):
        document = {"events": document}
    if not isinstance(document, dict) or not isinstance(document.get("events"), list):
        raise NotAHistory(
            f"{name} is JSON, but no workflow history.",
            cause='there is no list of events under "events"',
            fix="remove the file from the corpus, or save the history again",
        )
    if not document["events"]:
        raise HistoryEmpty(
            f"{name} is a history without events.",
            cause="its list of events is empty; every run begins with WorkflowExecutionStarted",
            fix=f"save it again: {SAVE_AGAIN}",
        )
    first = document["events"][0]
    if not all(isinstance(e, dict) and "eventId" in e for e in document["events"]):
        raise NotAHistory(
            f"{name} is JSON, but no workflow history.",
            cause='an entry of "events" is no event: it has no eventId',
            fix="remove the file from the corpus, or save the history again",
        )
    if not isinstance(first.get("workflowExecutionStartedEventAttributes"), dict):
        raise HistoryOutOfOrder(
            f"{name} does not begin with WorkflowExecutionStarted.",
            cause=f"its first event is {_event_name(first)}",
            fix=f"save the whole history again: {SAVE_AGAIN}",
        )
    return document


def _check_order(events: list[Document], name: str) -> None:
    for expected, event in enumerate(events, start=1):
        if str(event["eventId"]) != str(expected):
            raise HistoryOutOfOrder(
                f"{name} has events missing or out of order.",
                cause=f"event {expected} should stand where event {str(event['eventId'])[:20]} does",
                fix=f"save the whole history again: {SAVE_AGAIN}",
            )


def _check_encoded(events: list[Document], name: str) -> None:
    for event in events:
        if _has_decoded_payload(event):
            raise HistoryDecoded(
                f"{name} holds decoded payloads, so it cannot be replayed.",
                cause=f"event {event['eventId']} ({_event_name(event)}) shows its payload as plain values; "
                "the Web UI's download does that with “Decode Event History” switched on",
                fix="download it again with decoding switched off, or: " + SAVE_AGAIN,
            )


def _has_decoded_payload(node: Document) -> bool:
    payloads = node.get("payloads")
    if isinstance(payloads, list) and not all(_is_payload(payload) for payload in payloads):
        return True
    if isinstance(node.get("input"), list) or isinstance(node.get("result"), list):
        return True
    # This walks all of every history: with a generator on each level it takes half as long again.
    for child in node.values():  # noqa: SIM110 - see above
        if isinstance(child, dict) and _has_decoded_payload(child):
            return True
    return False


def _is_payload(candidate: object) -> bool:
    if not isinstance(candidate, dict):
        return False
    metadata = candidate.get("metadata")
    # A payload of no bytes (binary/null) has metadata alone, one of an unset encoding may have data alone.
    return set(candidate) <= {"metadata", "data", "externalPayloads"} and (
        isinstance(metadata, dict) or isinstance(candidate.get("data"), str) or not candidate
    )


def _event_name(event: Document) -> str:
    return str(event.get("eventType", "unknown")).removeprefix("EVENT_TYPE_")[:60]
