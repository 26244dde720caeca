"""HTTP clients are patched by vcrpy, with our cassette in the place of its own.

httpx and its fork httpx2 get patches of ours through vcrpy's `custom_patches`: vcrpy's read an answer to its end before
the caller sees any of it. The other clients' patches are vcrpy's, with what a client raises heard as well.
"""

import functools
import importlib
import importlib.util
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from http import HTTPStatus
from types import ModuleType
from typing import Any, TypeAlias, cast
from unittest import mock

import vcr.patch
import vcr.stubs
from vcr.cassette import Cassette
from vcr.persisters.filesystem import CassetteNotFoundError

from replaykit.adapters.http_bodies import body_of, response_of
from replaykit.adapters.http_faults import error_of, fault_of
from replaykit.adapters.http_streams import asynchronous, synchronous
from replaykit.adapters.http_tape import HttpTape
from replaykit.adapters.player import Played, Ticket
from replaykit.model.cassette import Fault, Response

Current: TypeAlias = Callable[[], HttpTape | None]
_Patch: TypeAlias = tuple[Any, str, Any]
# vcrpy's requests, responses and replaced methods carry no types.
_Vcr: TypeAlias = Any

# Clients with patches of ours: nothing of vcrpy's own needs them real.
_STREAMED = frozenset({"httpx", "httpx2"})
# Where a request of vcrpy's keeps what it was answered: its patches ask several times.
_ANSWER = "replaykit_answer"
# The request that aiohttp's session is sending in this context.
_SENDING: ContextVar[list[_Vcr] | None] = ContextVar("replaykit_sending", default=None)


@contextmanager
def patched(current: Current) -> Iterator[None]:
    """Patch the HTTP clients of this process while the block runs."""
    with (
        mock.patch.object(vcr.patch, "reset_patchers", _not_httpx(vcr.patch.reset_patchers)),
        Routed.use(current=current, path="replaykit", persister=_Nowhere),
    ):
        yield


def _not_httpx(resets: Callable[[], Iterator[_Vcr]]) -> Callable[[], Iterator[_Vcr]]:
    """Leave httpx patched while http.client sends: vcrpy takes every patch off then, and other threads send as well."""

    def reset_patchers() -> Iterator[_Vcr]:
        return (each for each in resets() if _package(each.getter()) not in _STREAMED)

    return reset_patchers


def _package(target: _Vcr) -> str:
    """Name the package of a class or module."""
    return str(getattr(target, "__module__", None) or target.__name__).partition(".")[0]


class _Nowhere:
    """Where vcrpy's cassette lies: what is recorded goes to a journal of ours."""

    @staticmethod
    def load_cassette(*_asked: object, **_options: object) -> None:
        """Find nothing."""
        raise CassetteNotFoundError

    @staticmethod
    def save_cassette(*_asked: object, **_options: object) -> None:
        """Write nothing."""


class Routed(Cassette):  # type: ignore[misc] # vcrpy has no types
    """The cassette of vcrpy's patches: hands each request to the tape it belongs to."""

    def __init__(self, *, current: Current, **options: object) -> None:
        super().__init__(
            **options,
            custom_patches=tuple(self._patches(current)),
            skip_patchers=("httpx", "httpx2", "aiohttp"),
        )
        self._current = current

    def _patches(self, current: Current) -> Iterator[_Patch]:
        for name in ("httpx", "httpx2"):
            if (module := _installed(name)) is not None:
                real = module.HTTPTransport.handle_request
                yield module.HTTPTransport, "handle_request", synchronous(current, real, module)
                real = module.AsyncHTTPTransport.handle_async_request
                yield module.AsyncHTTPTransport, "handle_async_request", asynchronous(current, real, module)
        if (aiohttp := _installed("aiohttp")) is not None:
            stubs = importlib.import_module("vcr.stubs.aiohttp_stubs")
            real = aiohttp.ClientSession._request  # noqa: SLF001 - the method that vcrpy patches
            yield aiohttp.ClientSession, "_request", self._heard(stubs.vcr_request(self, real))
        yield vcr.stubs.VCRConnection, "getresponse", _getresponse(vcr.stubs.VCRConnection.getresponse)

    @property
    def write_protected(self) -> bool:
        """Whether nothing is recorded; what may not be sent is a miss before vcrpy looks at this."""
        return False

    def filter_request(self, request: _Vcr) -> _Vcr:
        """Return the request where it is to be recorded."""
        return request if self._tape(request) is not None else None

    def can_play_response_for(self, request: _Vcr) -> bool:
        """Say whether the tape answers.

        Raises:
            CassetteMiss: It neither answers nor records.
        """
        sending = _SENDING.get()
        if sending is not None:
            sending.append(request)
        _, asked = self._asked(request)
        return isinstance(asked, Played)

    def play_response(self, request: _Vcr) -> dict[str, Any]:
        """Return the recorded answer in vcrpy's form, or raise what was raised."""
        _, asked = self._asked(request)
        # Only after a redirect was a request not asked about before, and then it has an answer.
        answer = asked.answer if isinstance(asked, Played) else None
        if isinstance(answer, Fault):
            raise error_of(answer)
        if not isinstance(answer, Response):
            message = f"the redirect to {request.uri} was not recorded"
            raise TypeError(message)
        if answer.fault is not None:
            raise error_of(answer.fault)
        headers: dict[str, list[str]] = {}
        for name, value in answer.headers:
            headers.setdefault(name, []).append(value)
        return {
            "status": {"code": answer.status, "message": _reason(answer.status)},
            "headers": headers,
            "body": {"string": body_of(answer)},
        }

    def append(self, request: _Vcr, response: dict[str, Any]) -> None:
        """Record an answer."""
        tape, asked = self._asked(request)
        if tape is None or not isinstance(asked, Ticket):
            return
        headers = [(str(name), str(value)) for name, values in response["headers"].items() for value in values]
        raw = response["body"].get("string") or b""
        answer = response_of(response["status"]["code"], headers, [(0.0, raw)] if raw else [])
        tape.heard(asked, answer)

    def failed(self, request: _Vcr, error: Exception) -> None:
        """Record what a client raised instead of an answer."""
        tape, asked = self._asked(request)
        fault = fault_of(error)
        if tape is not None and isinstance(asked, Ticket) and fault is not None:
            tape.heard(asked, fault)

    def find_requests_with_most_matches(self, _request: _Vcr) -> list[_Vcr]:
        """Find no likeness: a question is found by its key, or not at all."""
        return []

    def _tape(self, request: _Vcr) -> HttpTape | None:
        tape = self._current()
        return None if tape is None or tape.lets_pass(request.uri) else tape

    def _asked(self, request: _Vcr) -> tuple[HttpTape | None, Played | Ticket | None]:
        known = vars(request).get(_ANSWER)
        if known is None:
            tape = self._tape(request)
            headers = [(str(name), str(value)) for name, value in request.headers.items()]
            asked = tape.ask(request.method, request.uri, headers, request.body_bytes) if tape is not None else None
            known = tape, asked
            setattr(request, _ANSWER, known)
        return cast("tuple[HttpTape | None, Played | Ticket | None]", known)

    def _heard(self, stub: Callable[..., Any]) -> Callable[..., Any]:
        """Hear what aiohttp raises."""

        @functools.wraps(stub)
        async def request(session: object, method: str, url: object, **options: object) -> object:
            sending: list[_Vcr] = []
            token = _SENDING.set(sending)
            try:
                return await stub(session, method, url, **options)
            except Exception as error:
                if sending:
                    self.failed(sending[-1], error)
                raise
            finally:
                _SENDING.reset(token)

        return request


def _getresponse(real: Callable[..., Any]) -> Callable[..., Any]:
    """Hear what http.client raises, and with it urllib3, requests and boto."""

    @functools.wraps(real)
    def getresponse(connection: _Vcr, *args: object, **options: object) -> object:
        try:
            return real(connection, *args, **options)
        except Exception as error:
            connection.cassette.failed(connection._vcr_request, error)  # noqa: SLF001 - vcrpy's own
            raise

    return getresponse


def _installed(name: str) -> ModuleType | None:
    return importlib.import_module(name) if importlib.util.find_spec(name) else None


def _reason(status: int) -> str:
    try:
        return HTTPStatus(status).phrase
    except ValueError:
        return ""
