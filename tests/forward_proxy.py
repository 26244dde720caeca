"""A forward proxy on loopback: requests by absolute URL, and tunnels by CONNECT, all to one server behind it."""

import base64
import http.client
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from tests.serving import running

CHUNK = 65536


class ForwardProxy(ThreadingHTTPServer):
    """Leads every host name to `behind`, as the name server of another network would, and notes what it is asked."""

    daemon_threads = True

    def __init__(self, behind: tuple[str, int], *, credentials: str = "") -> None:
        """Bind to a free port; with `credentials`, `user:password`, nobody else is let through."""
        self.behind = behind
        self.expected = f"Basic {base64.b64encode(credentials.encode()).decode()}" if credentials else ""
        self.asked: list[str] = []
        self.heard: list[bytes] = []
        super().__init__(("127.0.0.1", 0), _Handler)

    @property
    def at(self) -> str:
        """Host and port."""
        return f"127.0.0.1:{self.server_address[1]}"


class _Handler(BaseHTTPRequestHandler):
    server: ForwardProxy
    protocol_version = "HTTP/1.1"

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        if not self._may_pass():
            return
        path = self.path.partition("://")[2].partition("/")[2]
        connection = http.client.HTTPConnection(*self.server.behind)
        headers = {name: value for name, value in self.headers.items() if not name.lower().startswith("proxy-")}
        connection.request("POST", f"/{path}", body, headers)
        answer = connection.getresponse()
        content = answer.read()
        connection.close()
        self.send_response(answer.status)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def do_CONNECT(self) -> None:
        self.close_connection = True
        if not self._may_pass():
            return
        with socket.create_connection(self.server.behind) as there:
            self.send_response(HTTPStatus.OK)
            self.end_headers()
            back = threading.Thread(target=self._carry, args=(there, self.connection))
            back.start()
            self._carry(self.connection, there, self.server.heard)
            back.join()

    def _may_pass(self) -> bool:
        self.server.asked.append(f"{self.command} {self.path}")
        if not self.server.expected or self.headers.get("Proxy-Authorization") == self.server.expected:
            return True
        self.send_response(HTTPStatus.PROXY_AUTHENTICATION_REQUIRED)
        self.send_header("Content-Length", "0")
        self.end_headers()
        return False

    @staticmethod
    def _carry(source: socket.socket, sink: socket.socket, heard: list[bytes] | None = None) -> None:
        try:
            while data := source.recv(CHUNK):
                if heard is not None:
                    heard.append(data)
                sink.sendall(data)
            sink.shutdown(socket.SHUT_WR)
        except OSError:
            pass

    def log_message(self, *_: object) -> None:
        """Say nothing: pytest shows what matters."""


@contextmanager
def forward_proxy(behind: tuple[str, int], *, credentials: str = "") -> Iterator[ForwardProxy]:
    """Run a proxy while the block runs."""
    with ForwardProxy(behind, credentials=credentials) as server, running(server):
        yield server
