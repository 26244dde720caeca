"""HTTP requests of struck runs: each is a boundary, struck where the plan says so, else answered or let through."""

import importlib
import threading
from collections import defaultdict
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import TypeAlias

from replaykit.adapters.asked import Question, moment
from replaykit.adapters.chaos.armed import Armed
from replaykit.adapters.chaos.http_effects import HttpEffect, digest_of, effect_in
from replaykit.adapters.http_bodies import Headers, first, request_content
from replaykit.adapters.http_faults import error_of
from replaykit.adapters.http_tape import SDK, Activity, HttpTape, during, without_wait
from replaykit.adapters.player import Played, Player, Ticket
from replaykit.adapters.prices import price_of
from replaykit.errors import CassetteAmbiguous, FaultImpossible
from replaykit.model.cassette import Answer, Fault, Interaction, Layer, Response
from replaykit.model.chaos import Boundary, Place, Strike, Trait
from replaykit.rules.chaos.possible import possible, reaches
from replaykit.rules.endpoint import named
from replaykit.rules.llm import is_model
from replaykit.rules.llm_faults.catalogue import FAULTS, from_text
from replaykit.rules.usage import bill_of

_Step: TypeAlias = tuple[str, int, str]


@dataclass(slots=True)
class Attempt:
    """An attempt of an activity that makes requests.

    Attributes:
        tape: Where its run's requests go.
        boundary: The activity's.
        retried: Whether another attempt follows where it fails.
        between: What may happen before a request that is not the first.
        names: What this run is called, and what it is called in the recordings.
        count: How many requests there were.
        given: How often each question was asked.
    """

    tape: "StruckTape"
    boundary: Boundary
    retried: bool
    between: Callable[[Boundary], None]
    names: tuple[tuple[str, str], ...] = ()
    count: int = 0
    given: defaultdict[str, int] = field(default_factory=lambda: defaultdict(int))
    lock: threading.Lock = field(default_factory=threading.Lock)

    def next(self) -> Boundary:
        """Count a request."""
        at = self.boundary
        with self.lock:
            self.count += 1
            return Boundary(Place.REQUEST, at.name, at.nth, at.attempt, part=self.count, within=at.within)

    def repeats(self, question: str) -> int:
        """Count how often a question was asked before."""
        with self.lock:
            self.given[question] += 1
            return self.given[question] - 1

    def renamed(self, text: str) -> str:
        """Call this run what the recordings call it."""
        for own, recorded in self.names:
            text = text.replace(own, recorded) if own and recorded else text
        return text


@dataclass(slots=True)
class Sent(Ticket):
    """A request that is sent: where it stands, what strikes its answer, and what it does to the other side."""

    at: Boundary
    effect: HttpEffect | None
    strike: Strike | None = None
    sdk: bool = False
    whole: bool = False


_ATTEMPT: ContextVar[Attempt | None] = ContextVar("replaykit_struck_attempt", default=None)
_AT_HOME: ContextVar[bool] = ContextVar("replaykit_sweep", default=False)


class StruckTape(HttpTape):
    """The requests of one run: its plan strikes, then its cassette answers, where it has one that holds requests."""

    def __init__(self, armed: Armed, player: Player | None, *, effects: bool) -> None:
        # Without a cassette nothing that needs the player is ever called.
        super().__init__(player, stream_timing=0.0)  # type: ignore[arg-type] # as said
        self._armed = armed
        self._answers = player
        self._effects = effects
        # What each step was answered: its next attempt is answered the same.
        self._said: defaultdict[tuple[_Step, str], list[Answer]] = defaultdict(list)

    @property
    def repeats_attempts(self) -> bool:
        """Whether a client waits before another attempt: never."""
        return False

    def ask(self, method: str, url: str, headers: Headers, body: object) -> Played | Ticket:
        """Strike, answer, or have the request sent.

        Raises:
            CassetteMiss: The cassette does not hold it.
        """
        given = list(headers)
        attempt = _ATTEMPT.get()
        if attempt is None:
            return Sent(_asked(method, url, given, body, ""), 0, Boundary(Place.REQUEST), None)
        asked = _asked(method, url, given, body, attempt.boundary.name)
        model = is_model(asked.name)
        at = attempt.next()
        traits = [trait for trait, holds in ((Trait.MODEL, model), (Trait.RETRIED, attempt.retried)) if holds]
        if at.part == 1:
            traits.append(Trait.FIRST)
        self._armed.passes(at, *traits)
        if at.part > 1:
            attempt.between(at)
        sent = Sent(asked, 0, at, effect_in(asked, given) if self._effects and not model else None)
        sent.sdk = bool(first(given, SDK))
        strike = self._armed.due(at, *FAULTS) if model else None
        if strike is not None:
            if not reaches(strike.fault):
                return self._strike(sent, strike, None)
            sent.strike = strike
        if self._answers is None:
            return sent
        return self._answered(sent, attempt, (method, url, given, body))

    def _answered(self, sent: Sent, attempt: Attempt, request: tuple[str, str, Headers, object]) -> Played:
        method, url, headers, body = request
        at, player = sent.at, self._answers
        question = digest_of(sent.interaction)
        said = self._said[(at.name, at.nth, at.within), question]
        if sent.strike is not None and player is not None:
            # The recording stays where it is: whoever asks again gets it.
            known = said[-1] if said else player.known(_question(attempt, sent.interaction))
            if known is not None:
                return self._strike(sent, sent.strike, known)
        repeats = attempt.repeats(question)
        if repeats < len(said):
            played = Played(said[repeats], last=True)
        else:
            text = body.decode(errors="surrogateescape") if isinstance(body, bytes) else body
            text = attempt.renamed(text) if isinstance(text, str) else text
            sought = (
                text.encode(errors="surrogateescape") if isinstance(body, bytes) and isinstance(text, str) else text
            )
            found = super().ask(method, attempt.renamed(url), headers, sought)
            if not isinstance(found, Played):
                message = "a cassette that answers a sweep records nothing"
                raise TypeError(message)
            played = found
            said.append(played.answer)
        self._note(sent, played.answer)
        answer = played.answer
        if isinstance(answer, Response):
            return Played(without_wait(answer, sdk=sent.sdk), played.last)
        return played

    def replaces(self, ticket: Ticket) -> bool:
        """Say whether the answer is to be read whole and replaced; only clients that can do so ask."""
        if not isinstance(ticket, Sent):
            return False
        ticket.whole = True
        return ticket.strike is not None

    def replaced(self, ticket: Ticket, answer: Answer) -> Answer:
        """Return what the client gets instead of the answer that came."""
        if not isinstance(ticket, Sent) or ticket.strike is None:
            return answer
        return self._strike(ticket, ticket.strike, answer).answer

    def heard(self, ticket: Ticket, answer: Answer) -> None:
        """Note what a request was answered.

        Raises:
            Exception: A client whose answers cannot be replaced loses this one.
        """
        if not isinstance(ticket, Sent):
            return
        strike, ticket.strike = ticket.strike, None
        if strike is None:
            self._note(ticket, answer)
        elif isinstance(lost := self._strike(ticket, strike, answer, only_loses=True).answer, Fault):
            raise error_of(lost)

    def _strike(self, sent: Sent, strike: Strike, known: Answer | None, *, only_loses: bool = False) -> Played:
        """Strike: the model has answered, and the client gets something else; or it was never reached."""
        exchange = sent.interaction if known is None else replace(sent.interaction, answer=known)
        if known is not None:
            self._note(sent, known)
        try:
            answer = from_text(strike.fault).instead_of(exchange).answer
        except FaultImpossible as why:
            self._armed.happens(f"{strike} cannot happen here: {why.problem.cause}")
            answer = exchange.answer
        else:
            if only_loses and not isinstance(answer, Fault):
                self._armed.happens(f"{strike} cannot happen here: only answers to httpx and httpx2 are replaced")
                return Played(exchange.answer, last=False)
            self._armed.fires(strike)
        if isinstance(answer, Response):
            answer = without_wait(answer, sdk=sent.sdk)
        return Played(answer, last=False)

    def _note(self, sent: Sent, answer: Answer) -> None:
        """Note what is true of an answer, what it cost, and what was done."""
        known = replace(sent.interaction, answer=answer)
        if is_model(known.name):
            bill = bill_of([known], price_of)
            self._armed.spends(bill)
            if sent.whole or self._answers is not None:
                self._armed.passes(sent.at, *possible(known))
        if sent.effect is not None:
            sent.effect.answered(answer)


def patched(*, answered: bool) -> AbstractContextManager[object]:
    """Have the requests of all attempts go through the tapes of their runs, while it is entered.

    Args:
        answered: Whether a cassette answers requests: what belongs to no attempt is not sent then, but for what begins
            where this is entered, such as requests of what drives the scenario.
    """
    _AT_HOME.set(True)
    # Loaded when it is needed: vcrpy loads every HTTP client there is.
    patch = importlib.import_module("replaykit.adapters.http_patch")
    context: AbstractContextManager[object] = patch.patched(lambda: _current(answered=answered))
    return context


def _current(*, answered: bool) -> HttpTape | None:
    attempt = _ATTEMPT.get()
    if attempt is not None:
        return attempt.tape
    if answered and not _AT_HOME.get():
        raise CassetteAmbiguous(
            "An HTTP request belongs to no run of the sweep.",
            cause="many run side by side, and the task or thread that asks began in none of their activities",
            fix="begin it inside the activity: asyncio.create_task and asyncio.to_thread copy the context; "
            "for a thread pool of your own: pool.submit(contextvars.copy_context().run, function)",
        )
    return None


@contextmanager
def requests_of(attempt: Attempt) -> Iterator[None]:
    """Count the requests of this context, and of the threads and tasks that begin in it, to an attempt."""
    token = _ATTEMPT.set(attempt)
    try:
        with during(Activity(attempt.tape, attempt.boundary.name)):
            yield
    finally:
        _ATTEMPT.reset(token)


def _asked(method: str, url: str, headers: Headers, body: object, within: str) -> Interaction:
    return Interaction(
        Layer.HTTP,
        named(method, url),
        request_content(body, headers),
        Response(0),
        moment(datetime.now(UTC)),
        within=within,
    )


def _question(attempt: Attempt, asked: Interaction) -> Question:
    return Question(Layer.HTTP, asked.name, asked.input or (), "", 1, asked.recorded, attempt.boundary.name)
