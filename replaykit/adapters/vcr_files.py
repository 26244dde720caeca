"""vcrpy's own cassettes, YAML or JSON, are read whole or not at all, and become interactions of ours."""

import base64
import binascii
import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from pathlib import Path
from typing import Any, TypeAlias

import yaml

from replaykit.adapters.asked import moment
from replaykit.adapters.http_bodies import first, request_content, response_of
from replaykit.errors import CassetteCorrupt
from replaykit.model.cassette import Interaction, Layer
from replaykit.rules.endpoint import named
from replaykit.rules.redact_http import Redact, redacted, redacted_name, without_secrets

# What vcrpy's serializers write.
_Node: TypeAlias = Any
_Loader: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
_BEGINNING = datetime(1970, 1, 1, tzinfo=UTC)
_STEP = timedelta(microseconds=1)


def read(path: Path, *, redact: Redact | None) -> tuple[Interaction, ...]:
    """Read a cassette of vcrpy, its secrets redacted.

    Raises:
        OSError: It cannot be read.
        CassetteCorrupt: It is damaged, cut short, empty or something else.
    """
    raw = path.read_bytes()
    if not raw.strip():
        raise _corrupt(path, 1, "the file is empty")
    document = _parsed(raw, path)
    entries = document.get("interactions") if isinstance(document, dict) else None
    if not isinstance(entries, list):
        raise _corrupt(path, 1, "it holds no list of interactions")
    if "version" not in document:
        raise _corrupt(path, raw.count(b"\n") + 1, "the file is cut short: its last line, `version: 1`, is missing")
    interactions: list[Interaction] = []
    at = _BEGINNING
    for place, entry in enumerate(entries):
        try:
            interaction, at = _interaction(entry, at)
        except (KeyError, TypeError, ValueError, AttributeError, binascii.Error) as error:
            why = f"an interaction lacks {error}" if isinstance(error, KeyError) else "an interaction has another form"
            raise _corrupt(path, _line_of(raw, place), why) from None
        interactions.append(interaction if redact is None else _redacted(interaction, redact))
    return tuple(interactions)


def _parsed(raw: bytes, path: Path) -> _Node:
    try:
        text = raw.decode("utf-8")
        return json.loads(text) if text.lstrip().startswith("{") else yaml.load(text, Loader=_Loader)  # noqa: S506 - safe
    except UnicodeDecodeError as error:
        raise _corrupt(path, raw[: error.start].count(b"\n") + 1, "there is a byte that is no UTF-8 text") from None
    except json.JSONDecodeError as error:
        raise _corrupt(path, error.lineno, f"no JSON: {error.msg}") from None
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        raise _corrupt(path, mark.line + 1 if mark else 1, f"no YAML: {error.problem}") from None
    except (yaml.YAMLError, ValueError, RecursionError) as error:
        raise _corrupt(path, 1, f"neither YAML nor JSON: {type(error).__name__}") from None


def _interaction(entry: _Node, before: datetime) -> tuple[Interaction, datetime]:
    request, response = entry["request"], entry["response"]
    asked = list(_headers(request.get("headers") or {}))
    answered = list(_headers(response["headers"]))
    body = request.get("body")
    # vcrpy keeps no time. The answer's own is near it, and the order must stay.
    at = max(_date(first(answered, "date")), before + _STEP)
    # Older versions wrote httpx' answers in another form.
    status = response["status"]["code"] if "status" in response else response["status_code"]
    raw = _bytes(response["body"] if "body" in response else response["content"])
    interaction = Interaction(
        Layer.HTTP,
        named(request["method"], request["uri"]),
        request_content(_bytes(body) or None, asked),
        response_of(int(status), answered, [(0.0, raw)] if raw else []),
        moment(at),
    )
    return interaction, at


def _headers(headers: _Node) -> Iterator[tuple[str, str]]:
    for name, values in headers.items():
        for value in values if isinstance(values, list) else [values]:
            yield str(name), value.decode("latin-1") if isinstance(value, bytes) else str(value)


def _bytes(body: _Node) -> bytes:
    if isinstance(body, dict):
        if "base64_string" in body:
            return base64.b64decode(body["base64_string"])
        if "string" in body or not body:
            return _bytes(body.get("string"))
        return json.dumps(body).encode()
    if isinstance(body, list):
        return b"".join(_bytes(part) for part in body)
    if body is None:
        return b""
    return body if isinstance(body, bytes) else str(body).encode()


def _date(text: str) -> datetime:
    try:
        return parsedate_to_datetime(text).astimezone(UTC)
    except (TypeError, ValueError):
        return _BEGINNING


def _redacted(interaction: Interaction, redact: Redact) -> Interaction:
    return Interaction(
        interaction.layer,
        redacted_name(interaction.name, redact),
        tuple(redacted(content, redact) for content in interaction.input or ()),
        without_secrets(interaction.answer, redact),
        interaction.recorded,
    )


def _line_of(raw: bytes, place: int) -> int:
    root = yaml.compose(raw.decode("utf-8"), Loader=_Loader)
    for key, value in root.value if root else ():
        if key.value == "interactions" and place < len(value.value):
            return int(value.value[place].start_mark.line) + 1
    return 1


def _corrupt(path: Path, line: int, why: str) -> CassetteCorrupt:
    return CassetteCorrupt(
        f"{path} is damaged, or no cassette of vcrpy.",
        cause=f"line {line}: {why}",
        fix=f"git checkout -- {path}   or record again",
    )
