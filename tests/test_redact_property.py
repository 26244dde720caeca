"""Whatever secret stands wherever in a history: no byte that is written holds it."""

import base64
import json
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeAlias
from urllib.parse import unquote

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from replaykit.adapters.corpus import file_for, text_of
from replaykit.adapters.history import parse
from replaykit.adapters.history_file import document_from, identity_note
from replaykit.adapters.vendor_tokens import detectors
from replaykit.model.history import Identity
from replaykit.rules.pseudonyms import Pseudonyms
from replaykit.rules.redact import Redactor
from replaykit.rules.redaction.rules import RedactionRules
from tests import secrets
from tests.secrets import Place, Secret

Document: TypeAlias = dict[str, Any]

FIXTURES = sorted((Path(__file__).parents[1] / "fixtures").rglob("*.json"))
LARGEST = 50_000
REDACTOR = Redactor(RedactionRules(), Pseudonyms(b"a key of these tests"), detectors=detectors())
NEXUS = {
    "eventType": "EVENT_TYPE_NEXUS_OPERATION_SCHEDULED",
    "nexusOperationScheduledEventAttributes": {"endpoint": "billing", "nexusHeader": {"content-type": "text/plain"}},
}


def _texts() -> list[str]:
    texts = []
    for path in FIXTURES:
        document = json.loads(path.read_text("utf-8"))
        first = document["events"][0]
        first["userMetadata"] = {}
        first["links"] = [{"workflowEvent": {"namespace": "n", "workflowId": "w", "runId": "r"}}]
        started = first["workflowExecutionStartedEventAttributes"]
        for name in ("memo", "searchAttributes", "header"):
            started.setdefault(name, {})
        last = document["events"][-1]
        number = str(int(last["eventId"]) + 1)
        document["events"].append({"eventId": number, "eventTime": last["eventTime"], "taskId": "1", **NEXUS})
        text = json.dumps(document)
        if len(text) <= LARGEST:
            texts.append(text)
    return texts


TEXTS = _texts()


@dataclass(frozen=True)
class Case:
    """A history, and the secrets planted in it: each with the place's kind and what was put there."""

    document: Document = field(repr=False)
    planted: list[tuple[str, Secret, object]]


@st.composite
def planted(draw: st.DrawFn) -> Case:
    """A history of the fixtures with up to three secrets in it."""
    document: Document = json.loads(draw(st.sampled_from(TEXTS)))
    found: list[tuple[str, Secret, object]] = []
    for _ in range(draw(st.integers(1, 3))):
        # A payload that was planted in has other places: they are listed anew.
        there = list(secrets.places(document))
        place = there[draw(st.integers(0, len(there) - 1))]
        secret, what = draw(plantable(place))
        place.put(what)
        found.append((place.how, secret, what))
    return Case(document, found)


@st.composite
def plantable(draw: st.DrawFn, place: Place) -> tuple[Secret, object]:
    """A secret of some kind, and what of it can be planted at the place."""
    if place.how == "identity" and draw(st.booleans()):
        host = draw(secrets.HOSTS)
        identity = draw(st.sampled_from(["17@{}", "temporal-cli:ada@{}", "17@{}@orders"])).format(host)
        return Secret("host", host, host), identity
    if "named" in place.how and draw(st.booleans()):
        name, text = draw(secrets.NAMES), draw(secrets.NAMED)
        value: Any = text if place.how == "named text" else draw(st.sampled_from([text, [text], {"a": text}]))
        return Secret("named", text, text), (name, secrets.payload_of(value) if "payload" in place.how else value)
    secret = draw(st.sampled_from(list(secrets.IN_TEXT)).flatmap(secrets.IN_TEXT.__getitem__))
    text = draw(secrets.surrounded(secret))
    match place.how:
        case "payload":
            return secret, draw(payload(secret, text))
        case "json":
            return secret, draw(value_with(secret, text))
        case "named text":
            return secret, ("x-note", text)
        case "named payload":
            return secret, ("x-note", draw(payload(secret, text)))
        case "json named":
            return secret, ("note", draw(value_with(secret, text)))
        case _:
            return secret, text


@st.composite
def value_with(draw: st.DrawFn, secret: Secret, text: str) -> Any:  # noqa: ANN401 - JSON
    """A JSON value that holds the text: as it is, as a key, as JSON in a string, as a number."""
    if secret.kind == "card" and draw(st.booleans()):
        return int("".join(c for c in secret.text if c.isdigit()))
    values = [
        text,
        [1, text],
        {"note": {text: True}},
        json.dumps({"note": text}),
        json.dumps([text], ensure_ascii=False),
        json.dumps({"inner": json.dumps({"note": text})}),
        json.dumps(text),
    ]
    return draw(st.sampled_from(values))


@st.composite
def payload(draw: st.DrawFn, secret: Secret, text: str) -> Document:
    """A payload that holds the text: as JSON, as bytes, among bytes that are no text."""
    if draw(st.booleans()):
        return secrets.payload_of(draw(value_with(secret, text)))
    encoding = draw(st.sampled_from(["binary/plain", "binary/protobuf", "binary/encrypted", ""]))
    data = text.encode()
    if draw(st.booleans()):
        # Text inside a message of protocol buffers, its length before it.
        data = secret.text.encode()
        length = bytes([len(data)] if len(data) < 128 else [128 | len(data) % 128, len(data) // 128])
        data = b"\x0a" + length + data + b"\x12\x00\xff"
    return secrets.bytes_payload(encoding, data)


def written(document: Document) -> tuple[Path, bytes]:
    """What an export writes of a document, and where."""
    note = identity_note(document)
    identity = Identity(
        workflow_id=note["workflowId"],
        run_id=note["runId"],
        workflow_type=note["workflowType"],
        task_queue=note["taskQueue"],
        namespace=note["namespace"],
    )
    return file_for(Path("corpus"), identity), text_of(document, identity).encode()


def traces_of(hidden: str) -> list[bytes]:
    """The secret as text, in JSON, in JSON in JSON, and in base64 however it falls there."""
    raw = hidden.encode()
    escaped = json.dumps(hidden)[1:-1]
    traces = [
        raw,
        escaped.encode(),
        json.dumps(escaped)[1:-1].encode(),
        json.dumps(hidden, ensure_ascii=False)[1:-1].encode(),
    ]
    # The first and last characters of base64 also depend on what stands beside.
    traces += [base64.b64encode(b"\0" * shift + raw)[skipped:-4] for shift, skipped in enumerate((0, 2, 3))]
    return [trace for trace in traces if trace]


def opened(node: Any) -> bytes:  # noqa: ANN401 - JSON
    """All that base64 hides in a document, and what escapes hide in JSON there."""
    return b"\0".join(_leaves(node))


def _leaves(node: Any) -> Iterator[bytes]:  # noqa: ANN401 - JSON
    match node:
        case dict():
            for key, value in node.items():
                yield from _leaves(key)
                yield from _leaves(value)
        case list():
            for value in node:
                yield from _leaves(value)
        case str():
            yield node.encode("utf-8", "surrogatepass")
            yield from _in_json(node)
            with suppress(ValueError):
                raw = base64.b64decode(node, validate=True)
                yield raw
                yield from _in_json(raw.decode("utf-8", "replace"))
        case _:
            yield str(node).encode()


def _in_json(text: str) -> Iterator[bytes]:
    if text[:1] in {"{", "[", '"'}:
        with suppress(ValueError):
            yield from _leaves(json.loads(text))


def shape_of(node: Any) -> Any:  # noqa: ANN401 - JSON
    """The structure of Temporal's JSON: keys and types, with numbers and enums as they are."""
    if isinstance(node, dict):
        return [shape_of(value) for value in node.values()]
    if isinstance(node, list):
        return [shape_of(value) for value in node]
    return type(node)


def check(case: Case) -> None:
    """Redact, write, and look for the secrets."""
    document = case.document
    before = json.dumps(document)
    redacted = REDACTOR.redact(document)
    assert json.dumps(document) == before, "the document given was changed"
    path, raw = written(redacted.document)
    read = document_from(raw, "a redacted history")
    inside = opened(read)
    names = unquote(str(path)).encode()
    for _, secret, _ in case.planted:
        for trace in traces_of(secret.hidden):
            assert trace not in raw, (secret.kind, "in the file")
            assert trace not in inside, (secret.kind, "inside a payload")
            assert trace not in names, (secret.kind, "in the file's name")
    assert len(parse(read, "id", path).events) == len(document["events"])
    assert shape_of(redacted.document["events"]) == shape_of(document["events"])
    for old, new in zip(document["events"], redacted.document["events"], strict=True):
        for key in ("eventId", "eventTime", "eventType", "taskId"):
            assert new[key] == old[key]
    again = REDACTOR.redact(redacted.document)
    assert again.document == redacted.document, [place.kind for place in again.places]
    assert not again.places


@settings(suppress_health_check=list(HealthCheck))
@given(planted())
def test_no_planted_secret_is_in_any_byte_written(case: Case) -> None:
    check(case)


@pytest.mark.deep
@settings(max_examples=10_000, suppress_health_check=list(HealthCheck))
@given(planted())
def test_no_planted_secret_is_in_any_byte_written_in_ten_thousand_histories(
    case: Case,
) -> None:
    check(case)
