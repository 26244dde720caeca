"""A web server of many moods on loopback: what tests of HTTP cassettes ask."""

import gzip
import json
import socket
import struct
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

PAUSE = 0.15
TEXT = "ünïcode 🎉\nsecond line"


class _Web(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    timeout = 5

    def do_GET(self) -> None:
        self._answer(b"")

    def do_POST(self) -> None:
        self._answer(self.rfile.read(int(self.headers.get("Content-Length", 0))))

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the base class names it so
        pass

    def _answer(self, body: bytes) -> None:  # noqa: PLR0912 - a mood a branch
        self.server.asked.append(f"{self.command} {self.path}")  # type: ignore[attr-defined]
        match self.path.partition("?")[0]:
            case "/gzip":
                self._send(gzip.compress(json.dumps({"text": TEXT}).encode()), encoding="gzip")
            case "/echo":
                self._send(json.dumps({"heard": body.decode("utf-8", "replace")}).encode())
            case "/binary":
                self._send(bytes(range(256)) * 64, kind="image/png")
            case "/text":
                self._send(TEXT.encode(), kind="text/plain; charset=utf-8")
            case "/numbered":
                number = int(self.headers["X-Number"])
                time.sleep((10 - number) * 0.03)
                self._send(json.dumps({"number": number}).encode())
            case "/secret":
                self._send(b'{"mail": "ada.lovelace@shop.test"}', cookie="session=s3cr3t")
            case "/secret-gzip":
                self._send(gzip.compress(b'{"mail": "ada.lovelace@shop.test"}'), encoding="gzip")
            case "/later":
                self._send(b"{}", status=503, wait="3")
            case "/moved":
                self._send(b"", status=302, location="/text")
            case "/stall":
                time.sleep(1)
                self.close_connection = True
            case "/reset":
                self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
                self.connection.close()
                self.close_connection = True
            case "/events":
                self._stream(3, cut=False)
            case "/cut":
                self._stream(2, cut=True)
            case _:
                self._send(b'{"error": "no such page"}', status=404)

    def _send(
        self,
        body: bytes,
        *,
        status: int = 200,
        kind: str = "application/json",
        encoding: str = "",
        cookie: str = "",
        wait: str = "",
        location: str = "",
    ) -> None:
        self.send_response(status)
        given = {
            "Content-Type": kind,
            "Content-Length": str(len(body)),
            "Content-Encoding": encoding,
            "Set-Cookie": cookie,
            "Retry-After": wait,
            "Location": location,
            "openai-organization": "org-of-ours",
            "x-page": "7",
        }
        for name, value in given.items():
            if value:
                self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)

    def _stream(self, events: int, *, cut: bool) -> None:
        self.send_response(200)
        self.send_header("Content-Type", "text/event-stream")
        self.send_header("Transfer-Encoding", "chunked")
        self.end_headers()
        for number in range(events):
            # Each event in two pieces: networks cut where they like.
            event = f'id: {number}\ndata: {{"number":{number},"text":"ü"}}\n\n'.encode()
            for piece in (event[:20], event[20:]):
                self.wfile.write(b"%x\r\n%s\r\n" % (len(piece), piece))
                self.wfile.flush()
                time.sleep(PAUSE / 2)
        if cut:
            self.connection.shutdown(socket.SHUT_RDWR)
            self.close_connection = True
        else:
            self.wfile.write(b"0\r\n\r\n")


class Web(ThreadingHTTPServer):
    """The server; `asked` lists its requests, `url` is where it answers."""

    daemon_threads = True
    request_queue_size = 64

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Web)
        self.asked: list[str] = []

    def handle_error(self, request: object, client_address: object) -> None:
        """Say nothing: clients hang up on purpose."""

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_address[1]}"


@contextmanager
def web() -> Iterator[Web]:
    """Serve while the block runs."""
    with Web() as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.05,))
        thread.start()
        try:
            yield server
        finally:
            server.shutdown()
            thread.join()
