"""httpx and its fork httpx2 are answered and recorded chunk by chunk: a caller sees each as it comes, in both."""

import functools
from collections.abc import Callable, Sequence
from types import ModuleType
from typing import Any, TypeAlias

from replaykit.adapters.http_bodies import response_of
from replaykit.adapters.http_chunks import Playing, Recording, played_by, recorded_by
from replaykit.adapters.http_faults import error_of, fault_of, final_error
from replaykit.adapters.http_tape import HttpTape
from replaykit.adapters.player import Played, Ticket
from replaykit.model.cassette import Fault, Response

Current: TypeAlias = Callable[[], HttpTape | None]
# Requests, responses and transports of httpx or of its fork, which share no types.
_Httpx: TypeAlias = Any

# Nobody streams an error, and openai's SDK throws it away unread when it tries again: it is read whole.
_ERRORS = 400


def synchronous(current: Current, real: Callable[..., _Httpx], module: ModuleType) -> Callable[..., _Httpx]:
    """Make the `handle_request` of a transport."""
    recorded, played = recorded_by(module), played_by(module)

    @functools.wraps(real)
    def handle_request(transport: _Httpx, request: _Httpx) -> _Httpx:
        tape = current()
        if tape is None or tape.lets_pass(str(request.url)):
            return real(transport, request)
        asked = tape.ask(request.method, str(request.url), request.headers.multi_items(), request.read())
        if isinstance(asked, Played):
            return _played(asked, tape, request, module, played)
        try:
            response = real(transport, request)
        except Exception as error:
            _failed(tape, asked, error)
            raise
        if tape.replaces(asked):
            whole = list(response.stream)
            response.stream.close()
            return _played(_replaced(tape, asked, response, whole), tape, request, module, played)
        response.stream = recorded(Recording(tape, asked, response), response.stream)
        if response.status_code >= _ERRORS:
            chunks = list(response.stream)
            response.stream.close()
            response.stream = module.ByteStream(b"".join(chunks))
        return response

    return handle_request


def asynchronous(current: Current, real: Callable[..., _Httpx], module: ModuleType) -> Callable[..., _Httpx]:
    """Make the `handle_async_request` of a transport."""
    recorded, played = recorded_by(module), played_by(module)

    @functools.wraps(real)
    async def handle_async_request(transport: _Httpx, request: _Httpx) -> _Httpx:
        tape = current()
        if tape is None or tape.lets_pass(str(request.url)):
            return await real(transport, request)
        asked = tape.ask(request.method, str(request.url), request.headers.multi_items(), await request.aread())
        if isinstance(asked, Played):
            return _played(asked, tape, request, module, played)
        try:
            response = await real(transport, request)
        except Exception as error:
            _failed(tape, asked, error)
            raise
        if tape.replaces(asked):
            whole = [chunk async for chunk in response.stream]
            await response.stream.aclose()
            return _played(_replaced(tape, asked, response, whole), tape, request, module, played)
        response.stream = recorded(Recording(tape, asked, response), response.stream)
        if response.status_code >= _ERRORS:
            chunks = [chunk async for chunk in response.stream]
            await response.stream.aclose()
            response.stream = module.ByteStream(b"".join(chunks))
        return response

    return handle_async_request


def _failed(tape: HttpTape, ticket: Ticket, error: Exception) -> None:
    fault = fault_of(error)
    if fault is not None:
        tape.heard(ticket, fault)


def _replaced(tape: HttpTape, ticket: Ticket, response: _Httpx, chunks: Sequence[bytes]) -> Played:
    answer = response_of(response.status_code, response.headers.multi_items(), [(0.0, chunk) for chunk in chunks])
    return Played(tape.replaced(ticket, answer), last=False)


def _played(
    asked: Played, tape: HttpTape, request: _Httpx, module: ModuleType, stream: Callable[..., _Httpx]
) -> _Httpx:
    answer = asked.answer
    if isinstance(answer, Fault):
        final = final_error(answer, request, request.headers) if asked.last and not tape.repeats_attempts else None
        error = final or error_of(answer, like=module.__name__)
        # Clients look there for what they asked.
        if isinstance(error, module.RequestError):
            error.request = request
        raise error
    if not isinstance(answer, Response):
        message = "an answer to an activity was found for a request"
        raise TypeError(message)
    return module.Response(answer.status, headers=list(answer.headers), stream=stream(Playing(answer, tape, module)))
