"""The streams that clients of httpx get: one that records what it hands on, and one that plays what was recorded."""

import asyncio
import time
from collections.abc import AsyncIterator, Callable, Iterator
from types import ModuleType
from typing import Any, TypeAlias

from replaykit.adapters.http_bodies import body_of, response_of
from replaykit.adapters.http_faults import error_of, fault_of
from replaykit.adapters.http_tape import HttpTape
from replaykit.adapters.player import Ticket
from replaykit.errors import CassetteMiss
from replaykit.model.cassette import Fault, Response
from replaykit.rules.sse import chunks_of

# Responses and streams of httpx or of its fork, which share no types.
_Httpx: TypeAlias = Any

_DONE = b"data: [DONE]\n\n"


class Recording:
    """An answer that is being heard."""

    def __init__(self, tape: HttpTape, ticket: Ticket, response: _Httpx) -> None:
        self._tape = tape
        self._ticket = ticket
        self._status: int = response.status_code
        self._headers: list[tuple[str, str]] = response.headers.multi_items()
        self._chunks: list[tuple[float, bytes]] = []
        self._began = time.monotonic()
        self._ended = False
        tape.recording(self, self.left)

    def heard(self, chunk: bytes) -> bytes:
        """Note a chunk, and hand it on."""
        self._chunks.append((time.monotonic() - self._began, chunk))
        return chunk

    def ended(self, *, fault: Fault | None = None, left: bool = False) -> None:
        """Record the answer, once."""
        if not self._ended:
            self.dropped()
            self._tape.heard(
                self._ticket, response_of(self._status, self._headers, self._chunks, fault=fault, left=left)
            )

    def left(self) -> None:
        """Record that the caller read no further; openai's streams end with a mark, behind which nobody reads."""
        self.ended(left=not b"".join(data for _, data in self._chunks[-2:]).endswith(_DONE))

    def dropped(self) -> None:
        """Record nothing."""
        self._ended = True
        self._tape.recorded(self)


class Playing:
    """An answer that is being played."""

    def __init__(self, answer: Response, tape: HttpTape, module: ModuleType) -> None:
        self._answer = answer
        self._tape = tape
        self._module = module
        self._began = time.monotonic()

    def chunks(self) -> Iterator[tuple[float, bytes]]:
        """Yield chunks, and how long to wait before each; then raise what was raised."""
        if self._answer.stream is None:
            yield 0.0, body_of(self._answer)
        else:
            for at, chunk in chunks_of(self._answer.stream):
                due = self._began + at * self._tape.stream_timing
                yield max(0.0, due - time.monotonic()), chunk
        if self._answer.fault is not None:
            raise error_of(self._answer.fault, like=self._module.__name__)
        if self._answer.left:
            problem = CassetteMiss(
                "The recording of a stream ends before its end.",
                cause="whoever read it while it was recorded stopped there, and the code now reads further",
                fix="record it again: pytest --cassette-mode=all",
            )
            self._tape.note(problem)
            raise problem


def recorded_by(module: ModuleType) -> Callable[[Recording, _Httpx], _Httpx]:
    """Make the streams that record, of httpx or its fork: a client takes none but its own."""
    sync_stream: Any = module.SyncByteStream
    async_stream: Any = module.AsyncByteStream

    class Recorded(sync_stream, async_stream):  # type: ignore[misc] # one of two modules
        """Hands a stream on and records it."""

        def __init__(self, recording: Recording, stream: _Httpx) -> None:
            self._recording = recording
            self._stream = stream

        def __iter__(self) -> Iterator[bytes]:
            try:
                for chunk in self._stream:
                    yield self._recording.heard(chunk)
            except Exception as error:
                self._recording.ended(fault=fault_of(error))
                raise
            self._recording.ended()

        async def __aiter__(self) -> AsyncIterator[bytes]:
            try:
                async for chunk in self._stream:
                    yield self._recording.heard(chunk)
            except asyncio.CancelledError:
                # A request of the caller's, and no answer of the server.
                self._recording.dropped()
                raise
            except Exception as error:
                self._recording.ended(fault=fault_of(error))
                raise
            self._recording.ended()

        def close(self) -> None:
            self._stream.close()
            self._recording.left()

        async def aclose(self) -> None:
            await self._stream.aclose()
            self._recording.left()

    return Recorded


def played_by(module: ModuleType) -> Callable[[Playing], _Httpx]:
    """Make the streams that play, of httpx or its fork."""
    sync_stream: Any = module.SyncByteStream
    async_stream: Any = module.AsyncByteStream

    class Played(sync_stream, async_stream):  # type: ignore[misc] # one of two modules
        """Plays a recorded stream."""

        def __init__(self, playing: Playing) -> None:
            self._playing = playing

        def __iter__(self) -> Iterator[bytes]:
            for wait, chunk in self._playing.chunks():
                if wait:
                    time.sleep(wait)
                yield chunk

        async def __aiter__(self) -> AsyncIterator[bytes]:
            for wait, chunk in self._playing.chunks():
                if wait:
                    await asyncio.sleep(wait)
                yield chunk

        def close(self) -> None:
            """Hold nothing."""

        async def aclose(self) -> None:
            """Hold nothing."""

    return Played
