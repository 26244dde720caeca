"""Payloads are opened, redacted and closed again: JSON as JSON, other bytes by patterns, in their length."""

import base64
import binascii
import re
from contextlib import suppress
from typing import Any

from replaykit.rules.redaction.places import TEAM, Ledger, Link
from replaykit.rules.redaction.texts import Texts
from replaykit.rules.redaction.values import Values, parsed, written

_FIELDS = frozenset({"metadata", "data", "externalPayloads"})
# Random bytes hold an at sign now and then: what is no text is searched where it reads like text for a while.
_READABLE = re.compile(
    rb"(?:[\x20-\x7e\t\r\n]|[\xc2-\xdf][\x80-\xbf]|[\xe1-\xec][\x80-\xbf]{2}|[\xf1-\xf3][\x80-\xbf]{3}){6,}"
)
# The tag of a string field, and a length that reads like a letter or digit; one may begin within another.
_FIELD = re.compile(rb"(?=[%b][0-9A-Za-z])" % re.escape(bytes(range(2, 256, 8))), re.DOTALL)
_URLSAFE = str.maketrans("-_", "+/")
_PLAIN = b"binary/plain"
_TEXT = base64.b64encode(_PLAIN).decode()
_MOST_KEPT, _LONGEST_KEPT = 20_000, 1024


def is_payload(node: dict[str, Any]) -> bool:
    """Say whether a part of Temporal's JSON is a payload."""
    if not node or not node.keys() <= _FIELDS:
        return False
    metadata = node.get("metadata")
    if metadata is not None and not (isinstance(metadata, dict) and all(type(v) is str for v in metadata.values())):
        return False
    data = node.get("data")
    return isinstance(data, str) or (data is None and metadata is not None)


class Payloads:
    """Redacts payloads under rules and a key."""

    def __init__(self, values: Values, texts: Texts) -> None:
        self._values = values
        self._texts = texts
        # Payloads that were looked at and hold nothing, whatever the place.
        self._clean: set[tuple[str, str]] = set()

    def redact(self, node: dict[str, Any], ledger: Ledger, link: Link, *, treated: str = "") -> dict[str, Any]:
        """Return the payload without its secrets: itself, where it holds none."""
        metadata: dict[str, str] = node.get("metadata") or {}
        new_metadata = self._metadata(metadata, ledger, link)
        data = node.get("data")
        new_data = data
        if data:
            encoding = metadata.get("encoding", "")
            new_data = self._data(data, encoding, ledger, link, treated)
        if new_metadata is metadata and new_data is data:
            return node
        changed = dict(node)
        if new_metadata is not metadata:
            changed["metadata"] = new_metadata
        if new_data is not data:
            changed["data"] = new_data
        return changed

    def _metadata(self, metadata: dict[str, str], ledger: Ledger, link: Link) -> dict[str, str]:
        if len(metadata) == 1 and "encoding" in metadata:
            return metadata
        result: dict[str, str] = {}
        for key, value in metadata.items():
            name = self._values.key(key, ledger, link)
            treated = self._values.treatment(key)
            result[name] = (
                value if key == "encoding" else self._data(value, _TEXT, ledger, ((link, "metadata"), name), treated)
            )
        return metadata if result == metadata else result

    def _data(self, data: str, encoding: str, ledger: Ledger, link: Link, treated: str) -> str:
        known = (encoding, data)
        if not treated and not self._values.walks_all and not ledger.told and known in self._clean:
            return data
        raw = _decoded(data)
        if raw is None:
            return self._values.text(data, ledger, link, treated=treated)
        name = _decoded(encoding) or b""
        new = self._json(raw, ledger, link, treated) if name.startswith(b"json/") else None
        if new is None:
            new = self._bytes(raw, ledger, link, treated, may_be_text=name == _PLAIN or name.startswith(b"json/"))
        if new == raw:
            if not treated and len(data) <= _LONGEST_KEPT and ledger.is_first:
                if len(self._clean) >= _MOST_KEPT:
                    self._clean.clear()
                self._clean.add(known)
            return data
        return base64.b64encode(new).decode()

    def _json(self, raw: bytes, ledger: Ledger, link: Link, treated: str) -> bytes | None:
        try:
            text = raw.decode()
        except UnicodeDecodeError:
            return None
        if not treated and not ledger.told and not self._values.may_hold_secrets(text):
            return raw
        loaded = parsed(text)
        if loaded is None:
            return None
        value, exact = loaded
        new = self._values.redact(value, ledger, link, treated=treated)
        return raw if new is value and exact else written(new, like=text).encode()

    def _bytes(self, raw: bytes, ledger: Ledger, link: Link, treated: str, *, may_be_text: bool) -> bytes:
        if treated != "kept" and self._values.is_named_by_path(link):
            treated = TEAM
        text = _text_in(raw) if may_be_text else None
        if text is None:
            return self._counted(raw, ledger, link, treated)
        return self._values.text(text, ledger, link, treated=treated).encode()

    def _counted(self, raw: bytes, ledger: Ledger, link: Link, treated: str) -> bytes:
        """Redact bytes that may count the lengths of their parts, as protocol buffers do: none of them changes."""
        if treated == "kept":
            return raw
        if treated:
            # Latin-1 gives each byte one character, and back.
            text = self._values.text(raw.decode("latin-1"), ledger, link, treated=treated, same_length=True)
            return text.encode("latin-1")[: len(raw)]

        def readable(match: re.Match[bytes]) -> bytes:
            try:
                text = match[0].decode()
            except UnicodeDecodeError:
                return match[0]
            return self._values.text(text, ledger, link, treated="", same_length=True).encode()

        return _READABLE.sub(readable, self._fields(raw, ledger, link))

    def _fields(self, raw: bytes, ledger: Ledger, link: Link) -> bytes:
        # The byte before a string is its length, and often reads like a letter of it.
        changed = bytearray(raw)
        for match in _FIELD.finditer(raw):
            start = match.start() + 2
            end = start + raw[start - 1]
            if end > len(raw):
                continue
            with suppress(UnicodeDecodeError):
                text = changed[start:end].decode()
                changed[start:end] = self._values.text(text, ledger, link, treated="", same_length=True).encode()
        return bytes(changed)


def _text_in(raw: bytes) -> str | None:
    try:
        text = raw.decode()
    except UnicodeDecodeError:
        return None
    return text if all(c.isprintable() or c in "\t\r\n" for c in text) else None


def _decoded(data: str) -> bytes | None:
    try:
        return binascii.a2b_base64(data.translate(_URLSAFE) if "-" in data or "_" in data else data, strict_mode=True)
    except (binascii.Error, ValueError):
        return None
