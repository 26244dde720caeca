"""Interactions become JSON documents for tapes, and documents interactions: one form for journals and YAML.

A document holds what a reviewer wants to read. A payload in the SDK's own spelling of JSON is that JSON, a payload
without value is null; any other is an object with the one key `$content` that says what the bytes are.

    {"activity": "plan", "recorded": "2026-01-05T…Z", "input": [{"goal": "…"}], "result": {"tool": "search"}}
    {"activity": "plan", …, "failure": {"message": "…", "applicationFailureInfo": {…}}, "retried": true}
    {"local activity": "count_words", "recorded": "…", "result": 3}
"""

import base64
import binascii
import json
from collections.abc import Callable, Mapping
from typing import TypeAlias, cast

from replaykit.model.cassette import NULL_ENCODING, Answer, Content, Failed, Interaction, Layer, Spelling
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


def to_document(interaction: Interaction, *, stow: Stow | None = None) -> Document:
    """Write an interaction; without `stow` large bytes stay in the document."""
    document: Document = {interaction.layer.value: interaction.name, "recorded": interaction.recorded}
    if interaction.attempt > 1:
        document["attempt"] = interaction.attempt
    if interaction.input is not None:
        document["input"] = [to_node(content, stow=stow) for content in interaction.input]
    match interaction.answer:
        case Content() as result:
            document["result"] = to_node(result, stow=stow)
        case Failed(failure, retried):
            document["failure"] = dict(failure)
            if retried:
                document["retried"] = True
    return document


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
        said.update(_of_bytes(content.raw, stow))
    if content.metadata:
        said["metadata"] = {key: _of_bytes(value, None) for key, value in content.metadata}
    return {CONTENT: said}


def _of_bytes(raw: bytes, stow: Stow | None) -> Document:
    try:
        return {"text": raw.decode("utf-8")}
    except UnicodeDecodeError:
        if stow is not None and len(raw) > LARGE:
            return {"file": stow(raw)}
        return {"base64": base64.b64encode(raw).decode("ascii")}


def from_document(document: object, *, fetch: Fetch | None = None) -> Interaction:
    """Read an interaction.

    Raises:
        Malformed: The document has another form.
    """
    if not isinstance(document, dict):
        raise Malformed("an interaction is no mapping")
    layers = [layer for layer in Layer if layer.value in document]
    if len(layers) != 1:
        raise Malformed("an interaction begins with one of: " + ", ".join(f"{layer.value}: NAME" for layer in Layer))
    layer = layers[0]
    unknown = set(document) - {layer.value, "recorded", "attempt", "input", "result", "failure", "retried"}
    if unknown:
        raise Malformed(f"an interaction has the unknown field {min(map(str, unknown))!r:.60}")
    name, recorded, given = document[layer.value], document.get("recorded"), document.get("input")
    if not isinstance(name, str) or not isinstance(recorded, str):
        raise Malformed("an interaction's name and its time `recorded` are texts")
    if "input" in document and not isinstance(given, list):
        raise Malformed("an interaction's input is a list of arguments")
    if layer is not Layer.LOCAL_ACTIVITY and given is None:
        raise Malformed("an activity has no input; only that of a local activity may be unknown")
    attempt = document.get("attempt", 1)
    if isinstance(attempt, bool) or not isinstance(attempt, int) or attempt < 1:
        raise Malformed("an interaction's attempt is a number from 1")
    contents = None if given is None else tuple(from_node(node, fetch=fetch) for node in given)
    return Interaction(layer, name, contents, _answer(document, fetch), recorded, attempt)


def _answer(document: Mapping[str, object], fetch: Fetch | None) -> Answer:
    if ("result" in document) == ("failure" in document):
        raise Malformed("an interaction has either a result or a failure")
    if "result" in document:
        if "retried" in document:
            raise Malformed("only a failure is retried")
        return from_node(document["result"], fetch=fetch)
    failure, retried = document["failure"], document.get("retried", False)
    if not isinstance(failure, dict) or not isinstance(retried, bool):
        raise Malformed("a failure is a mapping, and retried is true or false")
    return Failed(failure, retried)


def from_node(node: object, *, fetch: Fetch | None = None) -> Content:
    """Read a payload.

    Raises:
        Malformed: The node has another form.
    """
    if node is None:
        return Content(NULL_ENCODING)
    if not isinstance(node, dict) or CONTENT not in node:
        return Content("json/plain", json=_json(node), spelling=Spelling.COMPACT)
    said = node[CONTENT]
    if len(node) != 1 or not isinstance(said, dict):
        raise Malformed(f"{CONTENT} stands alone in a payload, and holds a mapping")
    if set(said) - {"encoding", "json", "spelling", "text", "base64", "file", "metadata"}:
        raise Malformed(f"{CONTENT} has an unknown field")
    encoding, metadata = said.get("encoding"), said.get("metadata", {})
    if not isinstance(encoding, str) or not isinstance(metadata, dict):
        raise Malformed(f"{CONTENT} names its encoding as a text and its metadata as a mapping")
    others = tuple(sorted((str(key), _bytes(value, None)) for key, value in metadata.items()))
    if "json" in said:
        try:
            spelling = Spelling(said.get("spelling", Spelling.COMPACT.value))
        except ValueError:
            raise Malformed("the spelling of a JSON payload is one of: " + ", ".join(Spelling)) from None
        return Content(encoding, json=_json(said["json"]), spelling=spelling, metadata=others)
    return Content(encoding, raw=_bytes(said, fetch), metadata=others)


def _json(node: object) -> JsonData:
    """Make sure that a structure is JSON: YAML can hold more, such as dates, sets and structures that hold themselves.

    Raises:
        Malformed: It is not.
    """
    try:
        json.dumps(node)
    except (TypeError, ValueError, RecursionError):
        raise Malformed("a payload is no JSON") from None
    return cast("JsonData", node)


def _bytes(said: object, fetch: Fetch | None) -> bytes:
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
