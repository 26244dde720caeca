"""A payload becomes a node of a tape's document, and a node a payload.

A payload in the SDK's own spelling of JSON is that JSON, a payload without value is null; any other is an object with
the one key `$content` that says what the bytes are.
"""

import base64
import binascii
import json
from collections.abc import Callable
from typing import TypeAlias, cast

from replaykit.model.cassette import NULL_ENCODING, Content, Spelling
from replaykit.model.value import JsonData

CONTENT = "$content"
# Bytes above this size go to a file beside the cassette; what is text stays readable in it.
LARGE = 8 * 1024

Document: TypeAlias = dict[str, JsonData]
# Stores bytes and returns the name under which `Fetch` finds them again.
Stow: TypeAlias = Callable[[bytes], str]
Fetch: TypeAlias = Callable[[str], bytes]


class Malformed(ValueError):
    """A document does not have the form of an interaction; the text says in what."""


def to_node(content: Content, *, stow: Stow | None = None) -> JsonData:
    """Write a payload."""
    plain_json = content.spelling is Spelling.COMPACT and content.encoding == "json/plain" and not content.metadata
    if plain_json and content.json is not None and not (isinstance(content.json, dict) and CONTENT in content.json):
        return content.json
    if content == Content(NULL_ENCODING):
        return None
    said: Document = {"encoding": content.encoding}
    if content.spelling is not None:
        said["json"] = content.json
        if content.spelling is not Spelling.COMPACT:
            said["spelling"] = content.spelling.value
    else:
        said.update(of_bytes(content.raw, stow))
    if content.metadata:
        said["metadata"] = {key: of_bytes(value, None) for key, value in content.metadata}
    return {CONTENT: said}


def of_bytes(raw: bytes, stow: Stow | None) -> Document:
    """Write bytes: as text where they are some, in a file where they are many."""
    try:
        return {"text": raw.decode("utf-8")}
    except UnicodeDecodeError:
        if stow is not None and len(raw) > LARGE:
            return {"file": stow(raw)}
        return {"base64": base64.b64encode(raw).decode("ascii")}


def from_node(node: object, *, fetch: Fetch | None = None) -> Content:
    """Read a payload out of a node that is JSON.

    Raises:
        Malformed: The node has another form.
    """
    if node is None:
        return Content(NULL_ENCODING)
    if not isinstance(node, dict) or CONTENT not in node:
        return Content("json/plain", json=cast("JsonData", node), spelling=Spelling.COMPACT)
    said = node[CONTENT]
    if len(node) != 1 or not isinstance(said, dict):
        raise Malformed(f"{CONTENT} stands alone in a payload, and holds a mapping")
    if set(said) - {"encoding", "json", "spelling", "text", "base64", "file", "metadata"}:
        raise Malformed(f"{CONTENT} has an unknown field")
    encoding, metadata = said.get("encoding"), said.get("metadata", {})
    if not isinstance(encoding, str) or not isinstance(metadata, dict):
        raise Malformed(f"{CONTENT} names its encoding as a text and its metadata as a mapping")
    others = tuple(sorted((str(key), to_bytes(value, None)) for key, value in metadata.items()))
    if "json" in said:
        try:
            spelling = Spelling(said.get("spelling", Spelling.COMPACT.value))
        except ValueError:
            raise Malformed("the spelling of a JSON payload is one of: " + ", ".join(Spelling)) from None
        return Content(encoding, json=cast("JsonData", said["json"]), spelling=spelling, metadata=others)
    return Content(encoding, raw=to_bytes(said, fetch), metadata=others)


def to_json(node: object) -> JsonData:
    """Make sure that a structure is JSON: YAML can hold more, such as dates, sets and structures that hold themselves.

    Raises:
        Malformed: It is not.
    """
    try:
        json.dumps(node)
    except (TypeError, ValueError, RecursionError):
        raise Malformed("a payload is no JSON") from None
    return cast("JsonData", node)


def to_bytes(said: object, fetch: Fetch | None) -> bytes:
    """Read bytes.

    Raises:
        Malformed: There are none.
    """
    if isinstance(said, dict):
        text, encoded, file = said.get("text"), said.get("base64"), said.get("file")
        if isinstance(text, str):
            return text.encode()
        if isinstance(encoded, str):
            try:
                return base64.b64decode(encoded, validate=True)
            except (binascii.Error, ValueError):
                raise Malformed("base64 of a payload cannot be read") from None
        if isinstance(file, str) and fetch is not None:
            return fetch(file)
    raise Malformed("a payload has none of json, text, base64 and file")
