"""The HTTP server on 127.0.0.1: routes, streams, and troubles on demand."""

import threading
from dataclasses import dataclass
from http.server import ThreadingHTTPServer
from types import TracebackType
from typing import Self

from .errors import RefusalError, outage
from .routes import Routes


@dataclass(slots=True)
class _Trouble:
    """A fault that waits for its requests."""

    containing: str
    status: int | None
    left: int


class LoopbackServer(ThreadingHTTPServer):
    """OpenAI's protocol on a free port of 127.0.0.1, from `with` to the end of its block.

    Args:
        port: The port to bind; 0 takes a free one.
        upstream: Base URL of a real model that answers chats and responses in this server's place.
    """

    daemon_threads = False  # closing waits for the last answer, so that no socket outlives the block
    request_queue_size = 128

    def __init__(self, *, port: int = 0, upstream: str | None = None) -> None:
        super().__init__(("127.0.0.1", port), Routes)
        self.upstream = upstream
        self._lock = threading.Lock()
        self._troubles: list[_Trouble] = []
        self._closing = threading.Event()
        self._thread = threading.Thread(target=self.serve_forever, args=(0.05,), name="llm-server")

    @property
    def base_url(self) -> str:
        """What OPENAI_BASE_URL should say."""
        return f"http://127.0.0.1:{self.server_address[1]}/v1"

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._closing.set()
        self.shutdown()
        self.server_close()
        self._thread.join()

    def fail(self, containing: str, *, status: int, times: int = 1) -> None:
        """Answer the next requests whose idempotency key or body contains a text with an error status."""
        with self._lock:
            self._troubles.append(_Trouble(containing, status, times))

    def stall(self, containing: str) -> None:
        """Leave every request whose idempotency key or body contains a text unanswered until the server closes."""
        with self._lock:
            self._troubles.append(_Trouble(containing, None, 1))

    def meet_trouble(self, request: str) -> None:
        """Strike the request if a trouble waits for it.

        Raises:
            RefusalError: The trouble is an error status, or the server closed while the request was stalled.
        """
        with self._lock:
            trouble = next((t for t in self._troubles if t.left and t.containing in request), None)
            if trouble is None:
                return
            if trouble.status is not None:
                trouble.left -= 1
                raise outage(trouble.status)
        self._closing.wait()
        raise RefusalError(503, "The server is going away.", "server_error")
