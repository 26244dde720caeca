"""Questions are answered from a cassette, and answers recorded into its journal, as the mode says."""

import threading
from collections import defaultdict, deque
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TypeAlias

from replaykit.adapters import compact
from replaykit.adapters.journal import JournalWriter
from replaykit.errors import CassetteError, CassetteMiss, CassetteMissing
from replaykit.model.cassette import Answer, Cassette, Content, Failed, Interaction, Key, Layer, Mode
from replaykit.model.value import JsonData
from replaykit.rules import volatile
from replaykit.rules.match import index_of, key_of
from replaykit.rules.miss import miss_of
from replaykit.rules.tape_form import to_document
from replaykit.rules.usage import Usage, usage_of

Redact: TypeAlias = Callable[[JsonData], JsonData]


@dataclass(frozen=True, slots=True)
class Question:
    """What a layer intercepted.

    Attributes:
        layer: The layer.
        name: The activity type.
        input: The arguments.
        call: Names the call: all attempts of one activity are one call.
        attempt: The attempt, from 1.
        asked: When the attempt was scheduled, as `Interaction.recorded`.
    """

    layer: Layer
    name: str
    input: tuple[Content, ...]
    call: str
    attempt: int
    asked: str


@dataclass(frozen=True, slots=True)
class Played:
    """A recorded answer; `last` says that no other recording answers a later attempt of the call."""

    answer: Answer
    last: bool


@dataclass(slots=True)
class Ticket:
    """A question that is answered for real, and its place in the order of questions."""

    interaction: Interaction
    order: int


class Player:
    """One use of a cassette; safe to use from several threads and workers at once."""

    def __init__(
        self,
        path: Path,
        *,
        mode: Mode,
        shown: str,
        rules: tuple[str, ...] = (),
        redact: Redact | None = None,
        repeats_attempts: bool = False,
    ) -> None:
        """Read the cassette.

        Raises:
            CassetteMissing: There is none, and the mode records nothing.
            CassetteError: It cannot be used.
            ConfigInvalid: A declaration of what is volatile cannot be read.
        """
        self.path = path
        self.mode = mode
        self.repeats_attempts = repeats_attempts
        self.problems: list[CassetteError] = []
        self.recorded = 0
        self._shown = shown
        self._redact = redact
        # A cassette of mode once that was never finished goes on being recorded where it stopped.
        self._records = mode in {Mode.ALL, Mode.NEW_EPISODES} or (mode is Mode.ONCE and not path.exists())
        self.cassette = self._read()
        self._declared = tuple(dict.fromkeys((*self.cassette.volatile, *rules)))
        self._rules = volatile.parse(self._declared)
        self._index: Mapping[Key, tuple[int, ...]] = index_of(self.cassette.interactions, self._rules)
        self._waiting: dict[Key, deque[int]] = defaultdict(
            deque, {key: deque(found) for key, found in self._index.items()}
        )
        # Each call's latest attempt, and the place of the recording that answered it; calls that are recorded.
        self._calls: dict[str, tuple[int, int]] = {}
        self._live: set[str] = set()
        self._played: set[int] = set()
        self._order = 0
        self._lock = threading.Lock()
        self._writer: JournalWriter | None = None
        self._replaces = compact.digest_of(path) if mode is Mode.ALL else None

    def _read(self) -> Cassette:
        if self.mode is Mode.ALL:
            return Cassette()
        try:
            return compact.load(self.path, shown=self._shown)
        except CassetteMissing:
            if not self._records:
                raise
            return Cassette()

    @property
    def records(self) -> bool:
        """Whether questions without a recording are asked for real."""
        return self._records

    @property
    def played(self) -> int:
        """How many recordings were played."""
        return len(self._played)

    @property
    def unused(self) -> tuple[tuple[int, Interaction], ...]:
        """The recordings that nobody asked for, with their numbers from 1."""
        return tuple(
            (place + 1, interaction)
            for place, interaction in enumerate(self.cassette.interactions)
            if place not in self._played
        )

    @property
    def usage(self) -> Usage:
        """The tokens that the recordings played did not cost again."""
        return sum((usage_of(self.cassette.interactions[place]) for place in self._played), Usage())

    def ask(self, question: Question) -> Played | Ticket:
        """Answer a question, or say that it is to be answered for real and then `heard`.

        Raises:
            CassetteMiss: There is no recording, and the mode records nothing.
        """
        with self._lock:
            if question.call in self._live:
                return self._ticket(question)
            earlier = self._calls.get(question.call)
            place = self._first(question) if earlier is None else self._again(question, *earlier)
            if place is None:
                if self._records:
                    return self._ticket(question)
                raise self._miss(question)
            self._calls[question.call] = (question.attempt, place)
            return Played(self.cassette.interactions[place].answer, last=self._next(question, place) is None)

    def heard(self, ticket: Ticket, answer: Answer) -> None:
        """Record the answer to a question; it is on disk when this returns.

        Raises:
            CassetteUnwritable: The journal cannot be written.
        """
        with self._lock:
            if self._writer is None:
                self._writer = JournalWriter(self.path, rules=self._declared, replaces=self._replaces)
            interaction = replace(ticket.interaction, answer=self._redacted_answer(answer))
            self._writer.append(to_document(interaction), order=ticket.order)
            self.recorded += 1

    def note(self, problem: CassetteError) -> None:
        """Remember what a question ran into, for whoever holds the cassette: a workflow may make anything of it."""
        with self._lock:
            self.problems.append(problem)

    def close(self) -> None:
        """Let go of the journal."""
        if self._writer is not None:
            self._writer.close()

    def _first(self, question: Question) -> int | None:
        """Take the recording of a call: of its last attempt, unless attempts are repeated one by one."""
        waiting = [place for key in self._keys(question) for place in self._waiting[key]]
        chains = (self._chain(question, place) for place in waiting)
        chain = next((chain for chain in chains if not self._is_cut_off(chain)), [])
        if not chain:
            # Of recordings that a kill cut off between two attempts, a failure is all there is to play.
            if not waiting or self._records:
                return None
            chain = self._chain(question, waiting[0])
        taken = chain[:1] if self.repeats_attempts else chain
        for place in taken:
            self._take(question, place)
        return taken[-1]

    def _chain(self, question: Question, place: int) -> list[int]:
        """Follow a recorded attempt to the last of its call."""
        chain = [place]
        while (following := self._next(question, chain[-1])) is not None:
            chain.append(following)
        return chain

    def _is_cut_off(self, chain: Sequence[int]) -> bool:
        first, last = (self.cassette.interactions[place] for place in (chain[0], chain[-1]))
        return first.attempt > 1 or (isinstance(last.answer, Failed) and last.answer.retried)

    def _again(self, question: Question, attempt: int, place: int) -> int | None:
        """Find the answer to a later attempt; the same attempt, asked again, has the same answer."""
        following = self._next(question, place) if question.attempt > attempt else None
        if following is not None:
            self._take(question, following)
            return following
        return place

    def _next(self, question: Question, place: int) -> int | None:
        """Find the recording of the attempt that follows a recorded one."""
        recorded = self.cassette.interactions[place]
        if not isinstance(recorded.answer, Failed) or not recorded.answer.retried:
            return None
        waiting = (other for key in self._keys(question) for other in self._waiting[key])
        wanted = recorded.attempt + 1
        return next((other for other in waiting if self.cassette.interactions[other].attempt == wanted), None)

    def _take(self, question: Question, place: int) -> None:
        for key in self._keys(question):
            if place in self._waiting[key]:
                self._waiting[key].remove(place)
        self._played.add(place)

    def _keys(self, question: Question) -> tuple[Key, ...]:
        # What comes from a history that was exported as it was is recorded so; all else is recorded redacted.
        inputs = [question.input, self._asked(question).input] if self._redact else [question.input]
        keys = [key_of(question.layer, question.name, given, self._rules) for given in inputs]
        if question.layer is Layer.LOCAL_ACTIVITY:
            # The marker of a local activity holds no input: a recording from a history goes by type and order.
            keys.append(key_of(question.layer, question.name, None, self._rules))
        return tuple(dict.fromkeys(keys))

    def _ticket(self, question: Question) -> Ticket:
        self._live.add(question.call)
        self._order += 1
        return Ticket(self._asked(question), self._order)

    def _miss(self, question: Question) -> CassetteMiss:
        keys = self._keys(question)
        return miss_of(
            self._asked(question),
            self.cassette,
            self._rules,
            shown=self._shown,
            mode=self.mode,
            spent=[place for key in keys for place in self._index.get(key, ())],
        )

    def _asked(self, question: Question) -> Interaction:
        """Write a question as it would be recorded, its secrets redacted: so the key is that of the recording."""
        contents = tuple(self._redacted(content) for content in question.input)
        return Interaction(question.layer, question.name, contents, Content(""), question.asked, question.attempt)

    def _redacted(self, content: Content) -> Content:
        if self._redact is None:
            return content
        if content.spelling is not None:
            return replace(content, json=self._redact(content.json))
        try:
            text = self._redact(content.raw.decode("utf-8"))
        except UnicodeDecodeError:
            return content
        return replace(content, raw=str(text).encode())

    def _redacted_answer(self, answer: Answer) -> Answer:
        if isinstance(answer, Content):
            return self._redacted(answer)
        if self._redact is None:
            return answer
        return replace(answer, failure={key: self._redact(value) for key, value in answer.failure.items()})
