"""A history becomes the text of its file, redacted: here, or in a process of its own while others are fetched."""

import asyncio
import contextlib
import sys
from collections import deque
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from types import TracebackType
from typing import Self, TypeAlias

from temporalio.api.history.v1 import History
from temporalio.client import WorkflowHistory

from replaykit.adapters.corpus import noted, to_bytes
from replaykit.adapters.event_document import document_of
from replaykit.adapters.history_file import identity_note
from replaykit.adapters.vendor_tokens import detectors
from replaykit.adapters.wire import LENGTH, frame, unpack
from replaykit.model.history import Identity
from replaykit.rules.pseudonyms import Pseudonyms
from replaykit.rules.redact import Redactor
from replaykit.rules.redaction.places import Place
from replaykit.rules.redaction.rules import RedactionRules

# A process costs more to start than it saves on a few histories.
WORTH_A_PROCESS = 16


@dataclass(frozen=True, slots=True)
class Recipe:
    """What makes a redactor: the team's rules, and the pseudonyms of its key."""

    rules: RedactionRules
    pseudonyms: Pseudonyms

    def redactor(self) -> Redactor:
        """Make the redactor."""
        return Redactor(self.rules, self.pseudonyms, detectors=detectors())


@dataclass(frozen=True, slots=True)
class Draft:
    """A decoded history and what its file is to say of it."""

    identity: Identity
    history: WorkflowHistory
    said: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Text:
    """What a history's file is to hold, what it notes of itself, and where something was redacted.

    Of a secret that no workflow code can see, such as a worker's host in every other event, one place is enough.
    """

    content: bytes
    note: Mapping[str, str]
    places: tuple[Place, ...]


def text_of(draft: Draft, redactor: Redactor | None, *, keep: frozenset[str] = frozenset()) -> Text:
    """Write a history; `keep` are the fingerprints of secrets that stay this time."""
    document = noted(document_of(draft.history.events), draft.identity, **draft.said)
    places: tuple[Place, ...] = ()
    if redactor is not None:
        redacted = redactor.redact(document, keep=keep)
        document, places = redacted.document, tuple(_telling(redacted.places))
    return Text(to_bytes(document), identity_note(document), places)


def _telling(places: Iterable[Place]) -> Iterator[Place]:
    unseen: set[str] = set()
    for place in places:
        if place.visible:
            yield place
        elif place.secret not in unseen:
            unseen.add(place.secret)
            yield place


class Redacting:
    """Writes the texts of an export's histories, from some number on in a process beside this one.

    Both do the same with the same key and rules; the process only keeps this one free for the server. It ends with its
    pipe, and what it cannot answer is done here.
    """

    def __init__(self, recipe: Recipe, redactor: Redactor) -> None:
        """Take the redactor and what it is made from; a process starts when there is enough to do."""
        self._recipe = recipe
        self._redactor = redactor
        self._seen = 0
        self._starting: asyncio.Task[None] | None = None
        self._process: asyncio.subprocess.Process | None = None
        self._waiting: deque[asyncio.Future[Text]] = deque()
        self._reading: asyncio.Task[None] | None = None

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self,
        _type: type[BaseException] | None,
        _error: BaseException | None,
        _traceback: TracebackType | None,
    ) -> None:
        for task in filter(None, (self._starting, self._reading)):
            task.cancel()
            with contextlib.suppress(asyncio.CancelledError, OSError, EOFError):
                await task
        if self._process is not None:
            with contextlib.suppress(ProcessLookupError):
                self._process.kill()
            await self._process.wait()

    @property
    def pid(self) -> int | None:
        """The id of the process beside this one, once it is at work."""
        return self._process.pid if self._process and self._reading else None

    async def started(self) -> None:
        """Wait until the process that was begun is at work."""
        if self._starting is not None:
            await self._starting

    async def text(self, draft: Draft) -> Text:
        """Write one history."""
        self._seen += 1
        if self._seen == WORTH_A_PROCESS:
            self._starting = asyncio.ensure_future(self._start())
        if self._reading is None or self._reading.done():
            return text_of(draft, self._redactor)
        answer: asyncio.Future[Text] = asyncio.get_running_loop().create_future()
        self._waiting.append(answer)
        try:
            await self._send((draft.identity, _packed(draft.history), dict(draft.said)))
            return await answer
        except (BrokenPipeError, ConnectionResetError, EOFError):
            return text_of(draft, self._redactor)

    async def _start(self) -> None:
        self._process = await asyncio.create_subprocess_exec(
            sys.executable,
            *("-m", "replaykit.adapters.redact_process"),
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
        )
        # The key goes through the pipe: no list of processes and no environment shows it.
        await self._send(self._recipe)
        if self._process.stdout is not None:
            await self._process.stdout.readexactly(LENGTH.size)
            self._reading = asyncio.ensure_future(self._read(self._process.stdout))

    async def _send(self, message: object) -> None:
        if self._process is None or self._process.stdin is None:
            raise BrokenPipeError
        self._process.stdin.write(frame(message))
        await self._process.stdin.drain()

    async def _read(self, stream: asyncio.StreamReader) -> None:
        try:
            while True:
                (length,) = LENGTH.unpack(await stream.readexactly(LENGTH.size))
                answer = self._waiting.popleft()
                text = unpacked(unpack(await stream.readexactly(length)))
                if not answer.cancelled():
                    answer.set_result(text)
        except (asyncio.IncompleteReadError, ConnectionResetError):
            while self._waiting:
                answer = self._waiting.popleft()
                if not answer.done():
                    answer.set_exception(EOFError())


_Packed: TypeAlias = tuple[bytes, Mapping[str, str], list[tuple[int, str, str, str, str, bool]]]


def packed(text: Text) -> _Packed:
    """Take a text apart: pickling its places as they are takes longer than all the rest of its way."""
    return (
        text.content,
        text.note,
        [(place.event_id, place.event, place.path, place.kind, place.secret, place.visible) for place in text.places],
    )


def unpacked(packed: _Packed) -> Text:
    """Put a text together again."""
    content, note, places = packed
    return Text(content, note, tuple(Place(*place) for place in places))


def _packed(history: WorkflowHistory) -> bytes:
    return History(events=history.events).SerializeToString()
