"""One request: find its route, answer it whole, as a stream, or with an error."""

import json
from collections.abc import Iterable, Iterator
from contextlib import suppress
from http.server import BaseHTTPRequestHandler
from typing import TYPE_CHECKING, Any, cast

from . import chat, dialogue, embeddings, requests, responses
from .errors import RefusalError
from .upstream import forward

if TYPE_CHECKING:
    from .server import LoopbackServer

GENERATED = ("/v1/chat/completions", "/v1/responses")


class Routes(BaseHTTPRequestHandler):
    """The handler of every request; each connection carries one."""

    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        """Answer the list of models, or one of them."""
        try:
            self._send_json(200, _models(self.path))
        except RefusalError as refusal:
            self._send_json(refusal.status, refusal.to_json())

    def do_POST(self) -> None:
        """Answer chats, responses and embeddings."""
        raw = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        server = cast("LoopbackServer", self.server)
        try:
            server.meet_trouble(f"{self.headers.get('Idempotency-Key', '')}\n{raw.decode(errors='replace')}")
            body = _parse(raw)
            upstream = server.upstream if self.path in GENERATED else None
            if upstream is not None and not dialogue.uses_tools(body):
                with forward(upstream + self.path.removeprefix("/v1"), raw) as (status, kind, parts):
                    self._send(status, kind, parts)
            else:
                self._answer(body, upstream)
        except RefusalError as refusal:
            self._send_json(refusal.status, refusal.to_json())

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 -- the base class names it so
        """Say nothing: the examples' own output is what people read."""

    def _answer(self, body: dict[str, Any], upstream: str | None) -> None:
        match self.path, bool(body.get("stream")):
            case "/v1/chat/completions", False:
                self._send_json(200, chat.complete(body, upstream))
            case "/v1/chat/completions", True:
                self._send(200, "text/event-stream", _chunks(chat.stream(body, upstream)))
            case "/v1/responses", False:
                self._send_json(200, responses.respond(body, upstream))
            case "/v1/responses", True:
                self._send(200, "text/event-stream", _events(responses.stream(body, upstream)))
            case "/v1/embeddings", _:
                self._send_json(200, embeddings.embed(body))
            case _:
                raise _unknown_route("POST", self.path)

    def _send_json(self, status: int, body: dict[str, Any]) -> None:
        self._send(status, "application/json", [json.dumps(body).encode()])

    def _send(self, status: int, kind: str, parts: Iterable[bytes]) -> None:
        parts = iter(parts)
        first = next(parts, b"")  # a refusal must come before the status line
        with suppress(ConnectionError):  # a client that hung up, such as a timed-out attempt, needs no answer
            self._write(status, kind, first, parts)

    def _write(self, status: int, kind: str, first: bytes, rest: Iterator[bytes]) -> None:
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Connection", "close")  # the end of the connection is the end of the answer
        self.end_headers()
        self.wfile.write(first)
        for part in rest:
            self.wfile.write(part)


def _models(path: str) -> dict[str, Any]:
    def described(name: str) -> dict[str, Any]:
        return {"id": name, "object": "model", "created": chat.CREATED, "owned_by": "loopback"}

    if path == "/v1/models":
        return {"object": "list", "data": [described(name) for name in requests.MODELS]}
    if path.startswith("/v1/models/"):
        return described(requests.known_model(path.removeprefix("/v1/models/")))
    raise _unknown_route("GET", path)


def _parse(raw: bytes) -> dict[str, Any]:
    try:
        body = json.loads(raw)
    except ValueError as error:
        raise RefusalError(400, "We could not parse the JSON body of your request.") from error
    if not isinstance(body, dict):
        raise RefusalError(400, "The JSON body of your request must be an object.")
    return body


def _chunks(chunks: Iterator[dict[str, Any]]) -> Iterator[bytes]:
    for chunk in chunks:
        yield f"data: {json.dumps(chunk)}\n\n".encode()
    yield b"data: [DONE]\n\n"


def _events(events: Iterator[dict[str, Any]]) -> Iterator[bytes]:
    for event in events:
        yield f"event: {event['type']}\ndata: {json.dumps(event)}\n\n".encode()


def _unknown_route(method: str, path: str) -> RefusalError:
    return RefusalError(404, f"Invalid URL ({method} {path})")
