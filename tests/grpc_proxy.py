"""A gRPC proxy in front of a real server: it counts, refuses, delays and cuts, and passes on all else as it is."""

import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import grpc

# Two at a time are what an export's tests need; more, so that a delayed request holds up no other.
THREADS = 16
LARGEST = 128 * 2**20
_OPTIONS = [
    ("grpc.max_receive_message_length", LARGEST),
    ("grpc.max_send_message_length", LARGEST),
    # Without it a port that is taken would be shared, and another's requests answered.
    ("grpc.so_reuseport", 0),
]


@dataclass(frozen=True, slots=True)
class Request:
    """A request as it came: the method's short name, its bytes, and when (time.monotonic)."""

    method: str
    message: bytes
    at: float


@dataclass(slots=True)
class _Refusal:
    status: Any  # grpcio ships no types
    method: str
    left: int


@dataclass(slots=True)
class Proxy:
    """A running proxy. `latency` (seconds before a request is relayed), `before` and `after` may be set at any time."""

    _channel: Any  # grpcio ships no types
    address: str = ""
    latency: float = 0.0
    before: Callable[[Request], object] | None = None
    after: Callable[[Request, bytes], bytes] | None = None
    requests: list[Request] = field(default_factory=list)
    _refusals: list[_Refusal] = field(default_factory=list)
    _lock: threading.Lock = field(default_factory=threading.Lock)
    _server: Any = None  # grpcio ships no types

    @property
    def counts(self) -> Counter[str]:
        """How many requests of each method came, refused ones too."""
        with self._lock:
            return Counter(request.method for request in self.requests)

    def refuse(self, status: str, times: int, *, method: str = "") -> None:
        """Answer the next `times` requests, of one method or all, with a status such as RESOURCE_EXHAUSTED."""
        with self._lock:
            self._refusals.append(_Refusal(getattr(grpc.StatusCode, status), method, times))

    def cut(self) -> None:
        """Break every connection and request under way, and listen no more."""
        if self._server is not None:
            self._server.stop(None).wait()
            self._server = None

    def listen(self) -> None:
        """Listen, at the same address as before after a cut."""
        self._server = grpc.server(ThreadPoolExecutor(THREADS), options=_OPTIONS)
        self._server.add_generic_rpc_handlers((_Relaying(self),))
        port = self._server.add_insecure_port(self.address or "127.0.0.1:0")
        self.address = f"127.0.0.1:{port}"
        self._server.start()

    def relay(self, method: str, message: bytes, context: Any) -> bytes:  # noqa: ANN401 - grpcio ships no types
        """Answer one request."""
        request = Request(method.rpartition("/")[2], message, time.monotonic())
        with self._lock:
            self.requests.append(request)
            refusal = next((r for r in self._refusals if r.left and r.method in {"", request.method}), None)
            if refusal:
                refusal.left -= 1
        if refusal:
            context.abort(refusal.status, "refused by the proxy")
        if self.before:
            self.before(request)
        if self.latency:
            time.sleep(self.latency)
        call = self._channel.unary_unary(method)
        metadata = [(key, value) for key, value in context.invocation_metadata() if key != "user-agent"]
        try:
            answer: bytes = call(message, metadata=metadata, timeout=context.time_remaining())
        except grpc.RpcError as error:
            # The details of the status travel in the trailing metadata.
            context.set_trailing_metadata(error.trailing_metadata() or ())
            context.abort(error.code(), error.details())
        return self.after(request, answer) if self.after else answer


class _Relaying(grpc.GenericRpcHandler):  # type: ignore[misc]  # grpcio ships no types
    def __init__(self, proxy: Proxy) -> None:
        self._proxy = proxy

    def service(self, details: Any) -> Any:  # noqa: ANN401 - grpcio ships no types
        def answer(message: bytes, context: Any) -> bytes:  # noqa: ANN401 - grpcio ships no types
            return self._proxy.relay(details.method, message, context)

        return grpc.unary_unary_rpc_method_handler(answer)


@contextmanager
def proxy(target: str) -> Iterator[Proxy]:
    """Run a proxy on a free loopback port in front of `target`, and end it."""
    with grpc.insecure_channel(target, options=_OPTIONS) as channel:
        running = Proxy(channel)
        running.listen()
        try:
            yield running
        finally:
            running.cut()
