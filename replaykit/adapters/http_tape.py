"""The HTTP layer of one cassette in use: asks the player on behalf of whatever client makes a request."""

import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from datetime import UTC, datetime

from replaykit.adapters.asked import Question, moment
from replaykit.adapters.http_bodies import Headers, first, request_content
from replaykit.adapters.player import Played, Player, Ticket
from replaykit.errors import CassetteError
from replaykit.model.cassette import Answer, Layer, Response
from replaykit.rules.allowed_hosts import Allowed, allow_url
from replaykit.rules.endpoint import named

# What the SDKs that are generated as openai's is call an attempt, from 0.
ATTEMPT = "x-stainless-retry-count"
SDK = "x-stainless-lang"
# Above it openai's SDK does not wait, and does not try again.
LONGEST_WAIT = 120.0
_RETRIED = frozenset({408, 409, 429})
_SERVER_ERRORS = 500


@dataclass(slots=True)
class Activity:
    """An activity that runs: the tape of its requests, its type, and what they ran into."""

    tape: "HttpTape"
    name: str = ""
    problems: list[CassetteError] = field(default_factory=list)


class HttpTape:
    """Answers requests from a cassette, and records where the cassette does not know."""

    def __init__(self, player: Player, *, stream_timing: float, allow: Sequence[Allowed] = ()) -> None:
        self._player = player
        self._allow = tuple(allow)
        self.stream_timing = stream_timing
        self.closed = False
        # How to end each stream that is being recorded, for those that nobody ends.
        self._open: dict[int, Callable[[], None]] = {}
        self._lock = threading.Lock()

    def allow(self, hosts: Sequence[Allowed]) -> None:
        """Let requests to more hosts go past the cassette."""
        with self._lock:
            self._allow += tuple(hosts)

    def lets_pass(self, url: str) -> bool:
        """Say whether a request is sent past the cassette: never played, never recorded, in whatever mode.

        A host that is recorded in one mode and reached in another would leave recordings that nobody plays. Names are
        not looked up: playing a cassette needs no network.
        """
        return allow_url(self._allow, url)

    def ask(self, method: str, url: str, headers: Headers, body: object) -> Played | Ticket:
        """Answer a request, or say that it is to be sent and then `heard`.

        Raises:
            CassetteMiss: There is no recording, and the mode records nothing.
        """
        given = list(headers)
        attempt = first(given, ATTEMPT)
        activity = IN_ACTIVITY.get()
        question = Question(
            layer=Layer.HTTP,
            name=named(method, url),
            input=request_content(body, given),
            call="",
            attempt=int(attempt) + 1 if attempt.isdecimal() else 1,
            asked=moment(datetime.now(UTC)),
            within=activity.name if activity is not None and activity.tape is self else "",
        )
        try:
            played = self._player.ask(question)
        except CassetteError as problem:
            self.note(problem)
            raise
        if isinstance(played, Played) and isinstance(played.answer, Response) and not self._player.repeats_attempts:
            return Played(without_wait(played.answer, sdk=bool(first(given, SDK))), played.last)
        return played

    @property
    def repeats_attempts(self) -> bool:
        """Whether a client waits before another attempt as it did."""
        return self._player.repeats_attempts

    def heard(self, ticket: Ticket, answer: Answer) -> None:
        """Record the answer to a request; it is on disk when this returns.

        Raises:
            CassetteUnwritable: The journal cannot be written.
        """
        try:
            self._player.heard(ticket, answer)
        except CassetteError as problem:
            self.note(problem)
            raise

    def replaces(self, _ticket: Ticket) -> bool:
        """Say whether the answer to a request that is sent is to be read whole and `replaced`."""
        return False

    def replaced(self, _ticket: Ticket, answer: Answer) -> Answer:
        """Return what the client gets of the answer to a request that was sent."""
        return answer

    def note(self, problem: CassetteError) -> None:
        """Remember what a request ran into, for the test and for the activity that made it."""
        activity = IN_ACTIVITY.get()
        if activity is not None and activity.tape is self:
            activity.problems.append(problem)
        self._player.note(problem)

    def recording(self, stream: object, end: Callable[[], None]) -> None:
        """Remember how to end a stream that is being recorded."""
        with self._lock:
            self._open[id(stream)] = end

    def recorded(self, stream: object) -> None:
        """Forget a stream that has ended."""
        with self._lock:
            self._open.pop(id(stream), None)

    def close(self) -> None:
        """End what nobody ended."""
        self.closed = True
        for end in list(self._open.values()):
            end()


IN_ACTIVITY: ContextVar[Activity | None] = ContextVar("replaykit_activity", default=None)


@contextmanager
def during(activity: Activity) -> Iterator[None]:
    """Answer requests of an activity from its tape, wherever its worker was made."""
    token = IN_ACTIVITY.set(activity)
    try:
        yield
    finally:
        IN_ACTIVITY.reset(token)


def without_wait(response: Response, *, sdk: bool) -> Response:
    """Have a client that tries again do so at once: openai's SDK takes milliseconds, others seconds."""
    given = dict(response.headers)
    asked_for = given.get("x-should-retry")
    if asked_for == "false" or not (asked_for or response.status in _RETRIED or response.status >= _SERVER_ERRORS):
        return response
    after = given.get("retry-after", "")
    if sdk and _seconds(after) > LONGEST_WAIT:
        return response
    headers = [pair for pair in response.headers if pair[0] not in {"retry-after", "retry-after-ms"}]
    headers.append(("retry-after-ms", "1"))
    if after:
        headers.append(("retry-after", "0"))
    return Response(response.status, tuple(headers), response.body, response.stream, response.fault, left=response.left)


def _seconds(text: str) -> float:
    try:
        return float(text)
    except ValueError:
        return 0.0
