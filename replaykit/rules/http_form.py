"""An answer to an HTTP request becomes a document, and a document an answer.

    status: 200                     status: 200
    headers:                        headers:
      content-type: …                 content-type: text/event-stream
    body:                           stream:
      id: chatcmpl-1                - at: 0.012
      choices: […]                    data: {id: chatcmpl-1, …}
                                    - at: 0.034
                                      data: "[DONE]"

`spelling` says how JSON is written as bytes where it is not written compactly. A `fault` broke the answer off at its
end; `left: true` says that the caller stopped reading there.
"""

from collections.abc import Mapping
from dataclasses import replace
from typing import TYPE_CHECKING

from replaykit.model.cassette import Content, Fault, Part, Response, Spelling
from replaykit.rules.content_form import (
    Document,
    Fetch,
    Malformed,
    Stow,
    from_node,
    of_bytes,
    to_bytes,
    to_node,
)
from replaykit.rules.sse import DATA, JSON, VERBATIM, respelled, spelling_of

if TYPE_CHECKING:
    from replaykit.model.value import JsonData

_STATUSES = range(100, 1000)


def response_to(response: Response, *, stow: Stow | None) -> Document:
    """Write an answer."""
    document: Document = {"status": response.status}
    if response.headers:
        document["headers"] = _headers_to(response.headers)
    if response.body is not None:
        spelling = response.body.spelling or Spelling.COMPACT
        if spelling is not Spelling.COMPACT:
            document["spelling"] = spelling.value
        plain = replace(response.body, spelling=Spelling.COMPACT) if response.body.spelling else response.body
        document["body"] = to_node(plain, stow=stow)
    if response.stream is not None:
        spelling = spelling_of(response.stream)
        if spelling is not Spelling.COMPACT:
            document["spelling"] = spelling.value
        document["stream"] = [_part_to(part, spelling) for part in response.stream]
    if response.fault is not None:
        document["fault"] = fault_to(response.fault)
    if response.left:
        document["left"] = True
    return document


def _headers_to(headers: tuple[tuple[str, str], ...]) -> Document:
    written: Document = {}
    for name in dict.fromkeys(name for name, _ in headers):
        values: list[JsonData] = [value for other, value in headers if other == name]
        written[name] = values[0] if len(values) == 1 else values
    return written


def _part_to(part: Part, spelling: Spelling) -> Document:
    document: Document = {"at": part.at}
    if part.event is not None:
        document["event"] = part.event
    content = respelled(part.content, spelling)
    if content.spelling is not None:
        document["data"] = content.json
        if content.spelling is not spelling:
            document["spelling"] = content.spelling.value
    elif content.encoding == DATA:
        document["data"] = content.raw.decode()
    else:
        document.update(of_bytes(content.raw, None))
    if part.cuts:
        document["cut"] = [[length, at] for length, at in part.cuts]
    return document


def response_from(node: object, *, fetch: Fetch | None) -> Response:
    """Read an answer.

    Raises:
        Malformed: The node has another form.
    """
    if not isinstance(node, dict):
        raise Malformed("a response is a mapping")
    _known(node, {"status", "headers", "spelling", "body", "stream", "fault", "left"}, "a response")
    status, left = node.get("status"), node.get("left", False)
    if isinstance(status, bool) or not isinstance(status, int) or status not in _STATUSES:
        raise Malformed("a response's status is a number of three digits")
    if not isinstance(left, bool):
        raise Malformed("a response's left is true or false")
    if "body" in node and "stream" in node:
        raise Malformed("a response has a body or a stream")
    spelling = _spelling(node.get("spelling", Spelling.COMPACT.value))
    body = from_node(node["body"], fetch=fetch) if "body" in node else None
    if body is not None and body.spelling is not None and "spelling" in node:
        body = replace(body, spelling=spelling)
    stream = node.get("stream")
    if "stream" in node and not isinstance(stream, list):
        raise Malformed("a response's stream is a list")
    return Response(
        status,
        tuple(_headers_from(node.get("headers", {}))),
        body,
        tuple(_part_from(part, spelling) for part in stream) if isinstance(stream, list) else None,
        fault_from(node["fault"]) if "fault" in node else None,
        left,
    )


def _headers_from(headers: object) -> list[tuple[str, str]]:
    if not isinstance(headers, dict):
        raise Malformed("a response's headers are a mapping")
    pairs = [
        (name, value)
        for name, values in headers.items()
        for value in (values if isinstance(values, list) else [values])
    ]
    if not all(isinstance(name, str) and isinstance(value, str) for name, value in pairs):
        raise Malformed("a response's headers are texts, or lists of texts")
    return pairs


def _part_from(node: object, usual: Spelling) -> Part:
    if not isinstance(node, dict):
        raise Malformed("a part of a stream is a mapping")
    _known(node, {"at", "event", "data", "spelling", "text", "base64", "cut"}, "a part of a stream")
    at, event, data = _time(node.get("at")), node.get("event"), node.get("data")
    if event is not None and not isinstance(event, str):
        raise Malformed("an event's name is a text")
    if "data" not in node:
        content = Content(VERBATIM, raw=to_bytes(node, None))
    elif isinstance(data, str):
        content = Content(DATA, raw=data.encode())
    elif isinstance(data, (dict, list)):
        spelling = _spelling(node["spelling"]) if "spelling" in node else usual
        content = Content(JSON, json=data, spelling=spelling)
    else:
        raise Malformed("an event's data is a structure or a text")
    cuts = node.get("cut", [])
    if not isinstance(cuts, list) or not all(isinstance(cut, list) and len(cut) == 2 for cut in cuts):  # noqa: PLR2004 - a pair
        raise Malformed("cuts of an event are pairs of a length and a time")
    return Part(at, content, event, tuple((_length(length), _time(when)) for length, when in cuts))


def _length(length: object) -> int:
    if isinstance(length, bool) or not isinstance(length, int) or length < 1:
        raise Malformed("an event is cut after a number of bytes")
    return length


def _time(at: object) -> float:
    if isinstance(at, bool) or not isinstance(at, (int, float)) or at < 0:
        raise Malformed("a part of a stream says `at`: the seconds since the answer began")
    return float(at)


def _spelling(said: object) -> Spelling:
    try:
        return Spelling(str(said))
    except ValueError:
        raise Malformed("the spelling of JSON is one of: " + ", ".join(Spelling)) from None


def fault_to(fault: Fault) -> Document:
    """Write what was raised."""
    return {"raised": fault.raised, "message": fault.message}


def fault_from(node: object) -> Fault:
    """Read what is to be raised.

    Raises:
        Malformed: The node has another form.
    """
    if not isinstance(node, dict):
        raise Malformed("a fault is a mapping")
    _known(node, {"raised", "message"}, "a fault")
    raised, message = node.get("raised"), node.get("message", "")
    if not isinstance(raised, str) or not isinstance(message, str):
        raise Malformed("a fault's class and message are texts")
    return Fault(raised, message)


def _known(node: Mapping[object, object], fields: set[str], what: str) -> None:
    unknown = set(node) - fields
    if unknown:
        raise Malformed(f"{what} has the unknown field {min(map(str, unknown))!r:.60}")
