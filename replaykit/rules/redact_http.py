"""A request's name and an answer without their secrets, wherever in a URL, body, header or stream these stand.

A stream says a secret in several events, a few letters each: what its events add up to is searched as one text.
"""

from collections import defaultdict
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import TypeAlias
from urllib.parse import parse_qsl, quote, unquote, urlencode, urlsplit, urlunsplit

from replaykit.model.cassette import Answer, Content, Failed, Fault, Part, Response
from replaykit.model.value import JsonData

Redact: TypeAlias = Callable[[JsonData], JsonData]
_Path: TypeAlias = tuple[str | int, ...]

# The fields that grow from event to event, in the streams of OpenAI and of those who speak like it.
_GROWING = frozenset(
    {"arguments", "content", "delta", "partial_json", "reasoning", "reasoning_content", "refusal", "text", "thinking"}
)
# What an event's text is part of.
_OF = ("type", "item_id", "output_index", "content_index", "summary_index", "index")


def without_secrets(answer: Answer, redact: Redact) -> Answer:
    """Return an answer without its secrets."""
    match answer:
        case Content():
            return redacted(answer, redact)
        case Failed(failure):
            return replace(answer, failure={key: redact(value) for key, value in failure.items()})
        case Fault():
            return _fault(answer, redact)
        case Response():
            return replace(
                answer,
                headers=tuple((name, _header(name, value, redact)) for name, value in answer.headers),
                body=None if answer.body is None else redacted(answer.body, redact),
                stream=None if answer.stream is None else _stream(answer.stream, redact),
                fault=None if answer.fault is None else _fault(answer.fault, redact),
            )


def redacted(content: Content, redact: Redact) -> Content:
    """Return a payload without its secrets; bytes that are no text stay."""
    if content.spelling is not None:
        return replace(content, json=redact(content.json))
    try:
        text = content.raw.decode("utf-8")
    except UnicodeDecodeError:
        return content
    return replace(content, raw=str(redact(text)).encode())


def redacted_name(name: str, redact: Redact) -> str:
    """Return method and URL without secrets in path and query."""
    method, _, url = name.partition(" ")
    parts = urlsplit(url)
    path = unquote(parts.path)
    clean = str(redact(path)) if path.strip("/") else path
    pairs = parse_qsl(parts.query, keep_blank_values=True)
    told = redact(dict(pairs)) if pairs else {}
    query = [(key, str(told.get(key, value))) for key, value in pairs] if isinstance(told, dict) else pairs
    if clean != path:
        parts = parts._replace(path=quote(clean))
    if query != pairs:
        parts = parts._replace(query=urlencode(query))
    return f"{method} {urlunsplit(parts)}"


def _fault(fault: Fault, redact: Redact) -> Fault:
    return replace(fault, message=str(redact(fault.message)))


def _header(name: str, value: str, redact: Redact) -> str:
    told = redact({name: value})
    return str(told.get(name, "")) if isinstance(told, dict) else value


def _stream(parts: tuple[Part, ...], redact: Redact) -> tuple[Part, ...]:
    texts: dict[_Path, list[tuple[int, _Path, str]]] = defaultdict(list)
    for number, part in enumerate(parts):
        if part.content.spelling is not None:
            for path, of, text in _growing(part.content.json, (), ()):
                texts[of].append((number, path, text))
    changed: dict[int, JsonData] = {}
    for pieces in texts.values():
        whole = "".join(text for _, _, text in pieces)
        told = str(redact(whole))
        if len(pieces) == 1 or told == whole:
            continue
        for (number, path, _), piece in zip(pieces, _shared_out(told, [len(text) for *_, text in pieces]), strict=True):
            changed[number] = _put(changed.get(number, parts[number].content.json), path, piece)
    return tuple(_part(part, changed.get(number), redact) for number, part in enumerate(parts))


def _part(part: Part, changed: JsonData, redact: Redact) -> Part:
    content = part.content if changed is None else replace(part.content, json=changed)
    told = redacted(content, redact)
    # Where a text has another length, the network's cuts have no place any more.
    return part if told == part.content else replace(part, content=told, cuts=())


def _growing(value: JsonData, path: _Path, of: _Path) -> Iterator[tuple[_Path, _Path, str]]:
    """Yield texts that may be a piece of one, their places, and what they are a piece of."""
    if isinstance(value, dict):
        of = (*of, *(str(value.get(key, "")) for key in _OF))
        for key, item in value.items():
            if isinstance(item, str):
                if key in _GROWING and item:
                    yield (*path, key), (*of, key), item
            else:
                yield from _growing(item, (*path, key), (*of, key))
    elif isinstance(value, list):
        # Which item of a list it is the item itself says, by its index.
        for index, item in enumerate(value):
            yield from _growing(item, (*path, index), of)


def _shared_out(text: str, lengths: list[int]) -> Iterator[str]:
    """Cut a text into pieces of given lengths; the last gets what is left."""
    begin = 0
    for length in lengths[:-1]:
        yield text[begin : begin + length]
        begin += length
    yield text[begin:]


def _put(value: JsonData, path: _Path, text: str) -> JsonData:
    if not path:
        return text
    head, *rest = path
    if isinstance(value, dict):
        return {key: _put(item, tuple(rest), text) if key == head else item for key, item in value.items()}
    if isinstance(value, list):
        return [_put(item, tuple(rest), text) if index == head else item for index, item in enumerate(value)]
    return value
