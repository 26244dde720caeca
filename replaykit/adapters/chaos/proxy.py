"""A gRPC proxy in front of a server, in this event loop: each call goes through one who may keep or change it."""

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any, TypeAlias

import grpc

_LARGEST = 128 * 2**20
_OPTIONS = [
    ("grpc.max_receive_message_length", _LARGEST),
    ("grpc.max_send_message_length", _LARGEST),
    # Without it a port that is taken would be shared, and another's requests answered.
    ("grpc.so_reuseport", 0),
]


class Status(Exception):
    """A call ends with a status other than OK: the server's own, or one that a strike puts in its place."""

    def __init__(self, code: str, details: str, trailing: tuple[tuple[str, Any], ...] = ()) -> None:
        super().__init__(f"{code}: {details}")
        self.code = code
        self.details = details
        self.trailing = trailing


@dataclass(frozen=True, slots=True)
class Call:
    """A call that came: the method's short name, the request's bytes, and the way on to the server.

    `forward` raises Status where the server does not answer with OK.
    """

    method: str
    message: bytes
    forward: Callable[[bytes], Awaitable[bytes]]


Answer: TypeAlias = Callable[[Call], Awaitable[bytes]]


@asynccontextmanager
async def relaying(target: str, answer: Answer) -> AsyncIterator[str]:
    """Listen on a free loopback port in front of `target` while the block runs; yields the address.

    Args:
        target: The server's address.
        answer: Answers each call, or raises Status.
    """
    async with grpc.aio.insecure_channel(target, options=_OPTIONS) as channel:
        server = grpc.aio.server(options=_OPTIONS)
        server.add_generic_rpc_handlers((_Relaying(channel, answer),))
        port = server.add_insecure_port("127.0.0.1:0")
        await server.start()
        try:
            yield f"127.0.0.1:{port}"
        finally:
            await server.stop(None)


class _Relaying(grpc.GenericRpcHandler):  # type: ignore[misc]  # grpcio ships no types
    """Takes every method there is, as bytes."""

    def __init__(self, channel: Any, answer: Answer) -> None:  # noqa: ANN401 - grpcio ships no types
        self._channel = channel
        self._answer = answer

    def service(self, details: Any) -> Any:  # noqa: ANN401 - as above
        method: str = details.method

        async def answered(message: bytes, context: Any) -> bytes:  # noqa: ANN401 - as above
            async def forward(sent: bytes) -> bytes:
                return await self._forwarded(method, sent, context)

            try:
                return await self._answer(Call(method.rpartition("/")[2], message, forward))
            except Status as status:
                return await context.abort(  # type: ignore[no-any-return]  # it raises
                    getattr(grpc.StatusCode, status.code), status.details, status.trailing
                )

        return grpc.unary_unary_rpc_method_handler(answered)

    async def _forwarded(self, method: str, message: bytes, context: Any) -> bytes:  # noqa: ANN401 - as above
        metadata = [(key, value) for key, value in context.invocation_metadata() or () if key != "user-agent"]
        call = self._channel.unary_unary(method)
        try:
            answer: bytes = await call(message, metadata=metadata, timeout=context.time_remaining())
        except grpc.aio.AioRpcError as error:
            # The details of the status travel in the trailing metadata.
            trailing = tuple(error.trailing_metadata() or ())
            raise Status(error.code().name, error.details() or "", trailing) from None
        return answer
