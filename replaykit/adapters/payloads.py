"""Payloads become values, through the team's own data converter where the encoding is not Temporal's."""

import json
from collections.abc import Iterable, Mapping
from typing import TypeAlias

from temporalio.api.common.v1 import Payload
from temporalio.converter import DataConverter, PayloadConverter

from replaykit.model.value import Binary, Json, JsonData, Undecoded, Value

# The encodings of the SDK's default converter (temporalio.converter, DefaultPayloadConverter).
JSON_ENCODINGS = frozenset({"json/plain", "json/protobuf"})

# And all that it writes.
PLAIN = (b"json/plain", b"binary/null", b"json/protobuf", b"binary/plain", b"binary/protobuf")

FailureText: TypeAlias = str


def encoding_of(payload: Payload) -> str:
    """Return the payload's encoding, such as `json/plain`; empty where it names none."""
    return payload.metadata.get("encoding", b"").decode("utf-8", "replace")


def is_default_encoding(encoding: str) -> bool:
    """Say whether the SDK's default converter reads this encoding without any codec."""
    return encoding.encode() in PLAIN


def is_plain(payload: Payload) -> bool:
    """Say whether a payload is as the SDK's default converter writes it, and lies in no external storage."""
    return payload.metadata.get("encoding") in PLAIN and not payload.external_payloads


def is_read(payload: Payload, converter: DataConverter) -> bool:
    """Say whether the payload converter reads this payload, as far as that shows without the team's type hints."""
    encoding = encoding_of(payload)
    if not payload.metadata or is_default_encoding(encoding):
        return True
    # CompositePayloadConverter, which converters usually are, tells the encodings it knows.
    if encoding.encode() in getattr(converter.payload_converter_class(), "converters", {}):
        return True
    try:
        converter.payload_converter.from_payloads([payload])
    except Exception:  # noqa: BLE001 - a team's converter may raise anything
        return False
    return True


def value_of(payload: Payload, converter: PayloadConverter) -> Value:
    """Decode one payload as far as it can be decoded without the team's type hints."""
    encoding = encoding_of(payload)
    if encoding in JSON_ENCODINGS:
        try:
            return Json(json.loads(payload.data))
        except ValueError:
            return Undecoded(encoding, payload.data)
    if encoding == "binary/null":
        return Json(None)
    if encoding == "binary/plain":
        return Binary(payload.data)
    return _through_converter(payload, encoding, converter)


def values_of(payloads: Iterable[Payload], converter: PayloadConverter) -> tuple[Value, ...]:
    """Decode a list of payloads."""
    return tuple(value_of(payload, converter) for payload in payloads)


def mapping_of(fields: Mapping[str, Payload], converter: PayloadConverter) -> Json:
    """Decode a map of payloads, such as search attributes, into one JSON object."""
    decoded = {key: value_of(fields[key], converter) for key in sorted(fields)}
    return Json({key: value.data if isinstance(value, Json) else repr(value) for key, value in decoded.items()})


def _through_converter(payload: Payload, encoding: str, converter: PayloadConverter) -> Value:
    try:
        decoded = converter.from_payloads([payload])[0]
    except Exception:  # noqa: BLE001 - a team's converter may raise anything; the payload then counts as undecoded
        return Undecoded(encoding, payload.data)
    return Json(_plain(decoded))


def _plain(decoded: object) -> JsonData:
    # A converter may return any object: what JSON cannot hold is compared by its repr.
    data: JsonData = json.loads(json.dumps(decoded, default=repr, sort_keys=True))
    return data
