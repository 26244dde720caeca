"""A cassette in use: what a test or program holds, and what its worker takes as an interceptor."""

from contextlib import ExitStack
from pathlib import Path

from temporalio.worker import ActivityInboundInterceptor, Interceptor

from replaykit.adapters.activity_tape import ActivityTape
from replaykit.adapters.bypass import Guard
from replaykit.adapters.guarded_activity import GuardedActivity
from replaykit.adapters.http_tape import HttpTape
from replaykit.adapters.player import Player
from replaykit.adapters.prices import price_of
from replaykit.errors import CassetteError, CassetteMiss, CassetteUnused, FaultNotFired
from replaykit.model.cassette import Interaction, Layer
from replaykit.rules import allowed_hosts as allowed
from replaykit.rules.usage import Bill, Usage, bill_of

SHOWN_UNUSED = 5


class OpenCassette(Interceptor):
    """A cassette in use; give it to a worker: `Worker(…, interceptors=[cassette])`.

    A cassette may serve several workers and threads at once.
    """

    def __init__(
        self, player: Player, *, name: str, answers_activities: bool, http: HttpTape | None, guard: Guard | None
    ) -> None:
        self._player = player
        self._name = name
        self._answers_activities = answers_activities
        self._http = http
        # Nobody is kept from anything while answers are recorded.
        self._guard = guard
        self._held = ExitStack()

    def intercept_activity(self, next: ActivityInboundInterceptor) -> ActivityInboundInterceptor:  # noqa: A002 - SDK's
        """Answer activities, or the HTTP requests that they make, from the cassette; what runs, runs under guard."""
        following = next if self._guard is None else GuardedActivity(next, self._guard)
        return ActivityTape(following, self._player, answers=self._answers_activities, http=self._http)

    def allow_hosts(self, *hosts: str) -> None:
        """Let activities, and requests of the HTTP layer, reach hosts past the cassette: `HOST` or `HOST:PORT`.

        Raises:
            ConfigInvalid: One is no host.
        """
        parsed = allowed.parse(hosts)
        if self._guard is not None:
            self._guard.allow(parsed)
        if self._http is not None:
            self._http.allow(parsed)

    @property
    def unwatched(self) -> tuple[str, ...]:
        """The programs that activities started while the cassette answered: what those reach, nobody sees."""
        return () if self._guard is None else self._guard.unwatched

    @property
    def name(self) -> str:
        """The cassette's file as a person in the working directory names it."""
        return self._name

    @property
    def path(self) -> Path:
        """The cassette's file."""
        return self._player.path

    @property
    def mode(self) -> str:
        """The mode: `none`, `once`, `new_episodes` or `all`."""
        return self._player.mode.value

    @property
    def replaying(self) -> bool:
        """Whether only the cassette answers: nothing is asked for real, and what it does not hold is a miss."""
        return not self._player.records

    @property
    def played(self) -> int:
        """How many recordings were played."""
        return self._player.played

    @property
    def recorded(self) -> int:
        """How many answers were recorded."""
        return self._player.recorded

    @property
    def misses(self) -> tuple[CassetteMiss, ...]:
        """The questions without an answer so far."""
        return tuple(problem for problem in self._player.problems if isinstance(problem, CassetteMiss))

    @property
    def problem(self) -> CassetteError | None:
        """What first went wrong between the code and the cassette: a miss, or a file that cannot be used."""
        return next(iter(self._player.problems), None)

    @property
    def unused(self) -> tuple[str, ...]:
        """The recordings that were not asked for, as `#3 activity plan`, of the layers in use."""
        return tuple(
            f"#{number} {asked.layer} {asked.name}" for number, asked in self._player.unused if self._uses(asked)
        )

    def _uses(self, recording: Interaction) -> bool:
        if recording.layer is not Layer.HTTP:
            return self._answers_activities
        # What an activity asked that is answered itself is not asked again.
        return self._http is not None and not (self._answers_activities and recording.within)

    @property
    def usage(self) -> Usage:
        """The tokens of the recordings played, where they say."""
        return self._player.usage

    @property
    def saved(self) -> Bill:
        """What the answers of models played would have cost, as far as prices are known."""
        return bill_of(self._player.used, price_of)

    def check(self, *, fail_unused: bool = False) -> None:
        """Raise what is wrong with this use of the cassette.

        Raises:
            CassetteMiss: Something was asked that the cassette does not hold.
            CassetteBypass: An activity reached past the cassette.
            FaultNotFired: A fault was put in front of a recording, and nobody ran into it.
            CassetteUnused: `fail_unused`, and recordings were not asked for.
            CassetteError: An answer could not be recorded, or what was recorded is none.
        """
        if self.problem is not None:
            raise self.problem
        if not_fired := self._player.not_fired:
            raise FaultNotFired(
                f"Nobody ran into {not_fired[0]} in {self._name}.",
                cause="the recording that it stands in front of was not asked for, so the test proves nothing of it",
                fix="take the number from: replaykit cassette show FILE   or see why the code does not ask",
            )
        if fail_unused and self.unused:
            raise self._unused()

    def _unused(self) -> CassetteUnused:
        unused = self.unused
        more = len(unused) - SHOWN_UNUSED
        named = ", ".join(unused[:SHOWN_UNUSED]) + (f" and {more} more" if more > 0 else "")
        return CassetteUnused(
            f"{len(unused)} of the {len(self._player.cassette.interactions)} recordings in {self._name} were not used.",
            cause=f"the code does not do any more what was recorded: {named}",
            fix="record anew: --cassette-mode=all   or take out of the file what is not asked for any more",
        )
