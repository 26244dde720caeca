"""Questions are answered from a cassette, and answers recorded into its journal, as the mode says."""

import threading
from collections import defaultdict, deque
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from replaykit.adapters import compact
from replaykit.adapters.asked import Asked, Question
from replaykit.adapters.journal import JournalWriter
from replaykit.errors import CassetteError, CassetteMiss, CassetteMissing
from replaykit.model.cassette import Answer, Cassette, Failed, Fault, Interaction, Key, Layer, Mode
from replaykit.rules import volatile
from replaykit.rules.llm_faults.placing import Faults, with_faults
from replaykit.rules.match import index_of
from replaykit.rules.miss import miss_of
from replaykit.rules.redact_http import Redact, without_secrets
from replaykit.rules.tape_form import to_document
from replaykit.rules.usage import Usage, usage_of


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

    def __init__(  # noqa: PLR0913 - one parameter for each thing that a use decides
        self,
        path: Path,
        *,
        mode: Mode,
        shown: str,
        rules: tuple[str, ...] = (),
        redact: Redact | None = None,
        repeats_attempts: bool = False,
        plays_again: bool = False,
        faults: Faults | None = None,
        expires: str = "",
        cassette: Cassette | None = None,
    ) -> None:
        """Read the cassette, or take one that has been read; with `plays_again` the last of recordings never ends.

        Raises:
            CassetteMissing: There is none, and the mode records nothing.
            CassetteError: It cannot be used.
            ConfigInvalid: A declaration of what is volatile cannot be read.
            FaultImpossible: A fault cannot happen to the recording that it is to stand in front of.
        """
        self.path = path
        self.mode = mode
        self.repeats_attempts = repeats_attempts
        self.problems: list[CassetteError] = []
        # The names of what was asked more often than it was recorded.
        self.played_again: dict[str, None] = {}
        self._plays_again = plays_again
        self.recorded = 0
        self._shown = shown
        self._expires = expires
        self._redact = redact
        # A cassette of mode once that was never finished goes on being recorded where it stopped.
        self._records = mode in {Mode.ALL, Mode.NEW_EPISODES} or (mode is Mode.ONCE and not path.exists())
        self.cassette, self._faults = with_faults(cassette or self._read(), faults or {})
        self._declared = tuple(dict.fromkeys((*self.cassette.volatile, *rules)))
        self._rules = volatile.parse(self._declared)
        self._index: Mapping[Key, tuple[int, ...]] = index_of(self.cassette.interactions, self._rules)
        self._waiting: dict[Key, deque[int]] = defaultdict(
            deque, {key: deque(found) for key, found in self._index.items()}
        )
        self._key_of = {place: key for key, found in self._index.items() for place in found}
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
    def not_fired(self) -> tuple[str, ...]:
        """The faults that nobody ran into."""
        return tuple(self.cassette.interactions[place].declared for place in sorted(self._faults - self._played))

    @property
    def unused(self) -> tuple[tuple[int, Interaction], ...]:
        """The recordings that nobody asked for, with their numbers from 1."""
        return tuple(
            (place + 1, interaction)
            for place, interaction in enumerate(self.cassette.interactions)
            if place not in self._played
        )

    @property
    def used(self) -> tuple[Interaction, ...]:
        """The recordings that were played."""
        return tuple(self.cassette.interactions[place] for place in sorted(self._played))

    @property
    def usage(self) -> Usage:
        """The tokens that the recordings played did not cost again."""
        return sum(map(usage_of, self.used), Usage())

    def ask(self, question: Question) -> Played | Ticket:
        """Answer a question, or say that it is to be answered for real and then `heard`.

        Raises:
            CassetteMiss: There is no recording, and the mode records nothing.
        """
        with self._lock:
            asked = Asked(question, self._rules, self._redact)
            if question.call in self._live:
                return self._ticket(asked)
            earlier = self._calls.get(question.call)
            place = self._first(asked) if earlier is None else self._again(asked, *earlier)
            if place is None and self._plays_again:
                place = self._once_more(asked)
            if place is None:
                if self._records:
                    return self._ticket(asked)
                raise self._miss(asked)
            if question.call:
                self._calls[question.call] = (question.attempt, place)
            return Played(self.cassette.interactions[place].answer, last=self._next(asked, place) is None)

    def known(self, question: Question) -> Answer | None:
        """Return what a question would be answered, without playing it; nothing where there is no recording."""
        with self._lock:
            asked = Asked(question, self._rules, self._redact)
            place = next(self._places(asked), None)
            return None if place is None else self.cassette.interactions[self._chain(asked, place)[-1]].answer

    def heard(self, ticket: Ticket, answer: Answer) -> None:
        """Record the answer to a question; it is on disk when this returns.

        Raises:
            CassetteUnwritable: The journal cannot be written.
        """
        answer = answer if self._redact is None else without_secrets(answer, self._redact)
        with self._lock:
            if self._writer is None:
                self._writer = JournalWriter(
                    self.path, rules=self._declared, replaces=self._replaces, expires=self._expires
                )
            self._writer.append(to_document(replace(ticket.interaction, answer=answer)), order=ticket.order)
            self.recorded += 1

    def note(self, problem: CassetteError) -> None:
        """Remember what a question ran into, for whoever holds the cassette: a workflow may make anything of it."""
        with self._lock:
            if problem not in self.problems:
                self.problems.append(problem)

    def close(self) -> None:
        """Let go of the journal."""
        if self._writer is not None:
            self._writer.close()

    def _first(self, asked: Asked) -> int | None:
        """Take the recording of a call: of its last attempt, unless attempts are repeated one by one."""
        cut_off: list[int] = []
        for place in self._places(asked):
            chain = self._chain(asked, place)
            if not self._is_cut_off(chain):
                break
            cut_off = cut_off or chain
        else:
            # Of recordings that a kill cut off between two attempts, a failure is all there is to play.
            if not cut_off or self._records:
                return None
            chain = cut_off
        taken = chain[:1] if self.repeats_attempts else chain
        for place in taken:
            self._take(place)
        return taken[-1]

    def _once_more(self, asked: Asked) -> int | None:
        """Find the recording that answered the same question last."""
        place = next((found[-1] for key in asked.all_keys() if (found := self._index.get(key))), None)
        if place is not None:
            self.played_again[asked.question.name] = None
        return place

    def _chain(self, asked: Asked, place: int) -> list[int]:
        """Follow a recorded attempt to the last of its call."""
        chain = [place]
        while (following := self._next(asked, chain[-1])) is not None:
            chain.append(following)
        return chain

    def _is_cut_off(self, chain: Sequence[int]) -> bool:
        first, last = (self.cassette.interactions[place] for place in (chain[0], chain[-1]))
        if first.layer is Layer.HTTP:
            # An HTTP client goes on by itself after an attempt that was played.
            return False
        return first.attempt > 1 or (isinstance(last.answer, Failed) and last.answer.retried)

    def _again(self, asked: Asked, attempt: int, place: int) -> int | None:
        """Find the answer to a later attempt; the same attempt, asked again, has the same answer."""
        following = self._next(asked, place) if asked.question.attempt > attempt else None
        if following is not None:
            self._take(following)
            return following
        return place

    def _next(self, asked: Asked, place: int) -> int | None:
        """Find the recording of the attempt that follows a recorded one."""
        recorded = self.cassette.interactions[place]
        # An HTTP answer is played as it is, and the client asks again; nothing but a fault would make it wait.
        match recorded.answer:
            case Fault() | Failed(retried=True):
                wanted = recorded.attempt + 1
            case _:
                return None
        return next((o for o in self._places(asked) if self.cassette.interactions[o].attempt == wanted), None)

    def _places(self, asked: Asked) -> Iterator[int]:
        """Yield the recordings of a question that were not played yet."""
        for key in asked.all_keys():
            yield from tuple(self._waiting.get(key, ()))

    def _take(self, place: int) -> None:
        self._waiting[self._key_of[place]].remove(place)
        self._played.add(place)

    def _ticket(self, asked: Asked) -> Ticket:
        if asked.question.call:
            self._live.add(asked.question.call)
        self._order += 1
        return Ticket(asked.written, self._order)

    def _miss(self, asked: Asked) -> CassetteMiss:
        return miss_of(
            asked.written,
            self.cassette,
            self._rules,
            shown=self._shown,
            mode=self.mode,
            spent=[place for key in asked.all_keys() for place in self._index.get(key, ())],
        )
