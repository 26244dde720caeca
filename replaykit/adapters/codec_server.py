"""A codec server, asked by the protocol that Temporal's Web UI and CLI speak with it, stands in for a codec.

Protocol: Payloads as protobuf JSON, POSTed to <endpoint>/decode or /encode with an X-Namespace header; 200 with as many
Payloads, 400 where the codec cannot read one (https://docs.temporal.io/codec-server).
"""

import asyncio
import importlib
import random
from collections.abc import Awaitable, Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from http import HTTPStatus
from typing import TYPE_CHECKING, TypeAlias
from urllib.parse import quote, urlsplit

from google.protobuf import json_format
from temporalio.api.common.v1 import Payload, Payloads
from temporalio.converter import PayloadCodec

from replaykit.config import CodecAccess
from replaykit.errors import CodecServerFailed

if TYPE_CHECKING:
    from replaykit.adapters import codec_requests

# A history needs one request, unless it is large: proxies in front of servers commonly take 1 MiB of body, and base64
# makes four bytes of three.
MOST_PAYLOADS = 200
MOST_BYTES = 512 * 1024
# Requests at a time, whatever number of histories is being decoded.
CONCURRENT = 4
# Together below the default deadline of a replayed history.
WAITS = (0.2, 0.5, 1.5)
LONGEST_WAIT = 5.0
REFUSALS = frozenset({HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN})
PASSING = frozenset({429, 500, 502, 503, 504})
DEFAULT_NAMESPACE = "default"

Pause: TypeAlias = Callable[[float], Awaitable[None]]


class BatchRefused(Exception):
    """The server is there and cannot read one of the payloads; a smaller batch may tell which."""


class RemoteCodec(PayloadCodec):
    """A codec that has its work done by a codec server."""

    def __init__(
        self,
        endpoint: str,
        *,
        namespace: str,
        access: CodecAccess = CodecAccess(),  # noqa: B008 - frozen
        pause: Pause = asyncio.sleep,
    ) -> None:
        """Take the server's URL; nothing is connected yet.

        Args:
            endpoint: URL that /decode and /encode are appended to; `{namespace}` in it is replaced.
            namespace: The namespace whose payloads these are; empty where that is not known.
            access: Credentials.
            pause: Waits for so many seconds before another attempt.
        """
        name = namespace or DEFAULT_NAMESPACE
        self._url = endpoint.replace("{namespace}", quote(name, safe="")).rstrip("/")
        headers = {**dict(access.headers), "Content-Type": "application/json", "X-Namespace": name}
        if access.authorization:
            headers["Authorization"] = access.authorization
        self._pause = pause
        self._threads = ThreadPoolExecutor(CONCURRENT, thread_name_prefix="codec-server")
        # A client for HTTP takes a tenth of a second to load, which no replay without a codec server should pay.
        requests = importlib.import_module("replaykit.adapters.codec_requests")
        self._requests: codec_requests.Requests = requests.Requests(self._url, CONCURRENT, headers=headers)
        self._unanswered: type[codec_requests.Unanswered] = requests.Unanswered

    async def decode(self, payloads: Sequence[Payload]) -> list[Payload]:
        """Have payloads decoded; each becomes one.

        Raises:
            CodecServerFailed: The server did not do it.
            BatchRefused: The server cannot read one of them.
        """
        return await self._ask("decode", payloads)

    async def encode(self, payloads: Sequence[Payload]) -> list[Payload]:
        """Have payloads encoded; each becomes one.

        Raises:
            CodecServerFailed: The server did not do it.
            BatchRefused: The server cannot encode one of them.
        """
        return await self._ask("encode", payloads)

    async def _ask(self, what: str, payloads: Sequence[Payload]) -> list[Payload]:
        answers = await asyncio.gather(*(self._post(what, batch) for batch in _batches(payloads)))
        return [payload for answer in answers for payload in answer]

    async def _post(self, what: str, batch: list[Payload]) -> list[Payload]:
        body = json_format.MessageToJson(Payloads(payloads=batch), indent=None).encode()
        loop = asyncio.get_running_loop()
        for wait in (*WAITS, None):
            try:
                answer = await loop.run_in_executor(self._threads, self._requests.post, f"{self._url}/{what}", body)
            except self._unanswered as error:
                failed, asked = self._unreachable(str(error), error.fix), ""
            else:
                if answer.status not in PASSING:
                    return self._read(what, answer, len(batch))
                failed = self._failed(f"it answers with status {answer.status}", "look into the codec server's log")
                asked = answer.retry_after
            if wait is None:
                raise failed
            seconds = min(float(asked), LONGEST_WAIT) if asked.isdecimal() else wait
            # Processes that failed together do not all come back together.
            await self._pause(seconds * random.uniform(1, 1.5))  # noqa: S311 - no secret hangs on it
        raise AssertionError("the last attempt returns or raises")

    def _read(self, what: str, answered: "codec_requests.Answer", expected: int) -> list[Payload]:
        status = answered.status
        if status == HTTPStatus.BAD_REQUEST:
            raise BatchRefused
        if status in REFUSALS:
            raise self._failed(
                f"it refuses access with status {status}: the token is missing, wrong or expired",
                "set TEMPORAL_CODEC_AUTH to the Authorization header, such as 'Bearer TOKEN', or give --codec-auth",
            )
        if status != HTTPStatus.OK:
            raise self._failed(
                f"it answers with status {status}" + (": nothing is served there" if status == 404 else ""),  # noqa: PLR2004
                f"check the URL: payloads are POSTed to it with /{what} appended",
            )
        answer = Payloads()
        try:
            json_format.Parse(answered.body, answer, ignore_unknown_fields=True)
        except (json_format.ParseError, UnicodeDecodeError):
            # The parser's text quotes what it read.
            raise self._failed(
                "its answer is no JSON of Temporal's Payloads", "check that the URL leads to a codec server"
            ) from None
        if len(answer.payloads) != expected:
            raise self._failed(
                f"it answers {expected} payloads with {len(answer.payloads)}",
                "mend the codec server: it must answer each payload with one, in the same order",
            )
        return list(answer.payloads)

    def _unreachable(self, reason: str, fix: str) -> CodecServerFailed:
        url = "start it, or correct the URL: --codec-endpoint, TEMPORAL_CODEC_ENDPOINT or codec-endpoint"
        return self._failed(reason, fix or url)

    def _failed(self, cause: str, fix: str) -> CodecServerFailed:
        return CodecServerFailed(f"The codec server at {shown(self._url)} gave no payloads.", cause=cause, fix=fix)


def shown(endpoint: str) -> str:
    """Write a server's URL without what may be secret in it."""
    url = urlsplit(endpoint)
    return f"{url.scheme}://{url.netloc.rpartition('@')[2]}{url.path}"


def _batches(payloads: Sequence[Payload]) -> Iterator[list[Payload]]:
    batch: list[Payload] = []
    size = 0
    for payload in payloads:
        own = payload.ByteSize()
        if batch and (len(batch) == MOST_PAYLOADS or size + own > MOST_BYTES):
            yield batch
            batch, size = [], 0
        batch.append(payload)
        size += own
    if batch:
        yield batch
