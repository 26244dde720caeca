"""A cassette in use: what a test or program holds, and what its worker takes as an interceptor."""

import os
from collections.abc import Iterable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from types import TracebackType

from temporalio.worker import ActivityInboundInterceptor, Interceptor

from replaykit.adapters import compact
from replaykit.adapters.activity_tape import ActivityTape
from replaykit.adapters.bypass import Guard
from replaykit.adapters.cassette_options import ACTIVITY, HTTP, layers_of, mode_of, policy_of, redaction_of
from replaykit.adapters.corpus import shown
from replaykit.adapters.expiring import check_age
from replaykit.adapters.guarded_activity import GuardedActivity
from replaykit.adapters.http_routes import ROUTES
from replaykit.adapters.http_tape import HttpTape
from replaykit.adapters.player import Player
from replaykit.adapters.prices import price_of
from replaykit.adapters.sites import is_user_file
from replaykit.config import ExpiryPolicy
from replaykit.errors import CassetteError, CassetteMiss, CassetteUnused, FaultNotFired
from replaykit.model.cassette import Interaction, Layer
from replaykit.rules import allowed_hosts as allowed
from replaykit.rules.expiry import parse as parse_limit
from replaykit.rules.llm_faults.placing import Faults
from replaykit.rules.redact_http import Redact
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
        """Let activities reach hosts past the cassette, such as a database: `HOST` or `HOST:PORT`.

        Raises:
            ConfigInvalid: One is no host.
        """
        parsed = allowed.parse(hosts)
        if self._guard is not None:
            self._guard.allow(parsed)

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


def at_the_place_of(error: BaseException, problem: CassetteError) -> CassetteError:
    """Give a problem the place in the caller's code at which it came out as an error of Temporal's."""
    return problem.with_traceback(_in_user_code(error.__traceback__))


def _in_user_code(traceback: TracebackType | None) -> TracebackType | None:
    """Cut a traceback behind the last line of the user's code: how Temporal's client raises is no news."""
    if traceback is None:
        return None
    following = _in_user_code(traceback.tb_next)
    if following is None and not is_user_file(traceback.tb_frame.f_code.co_filename):
        return None
    return TracebackType(following, traceback.tb_frame, traceback.tb_lasti, traceback.tb_lineno)


def open_cassette(  # noqa: PLR0913 - one parameter for each thing to say
    path: str | os.PathLike[str],
    *,
    mode: str = "none",
    volatile: Iterable[str] = (),
    redact: Redact | bool = True,
    repeat_attempts: bool = False,
    layers: str | Iterable[str] = (ACTIVITY,),
    stream_timing: float = 0.0,
    faults: Faults | None = None,
    allow_hosts: Iterable[str] = (),
    expires: str = "",
    expiry: str = ExpiryPolicy.WARN,
) -> OpenCassette:
    """Begin to use a cassette, without a block: `check` it, `close_cassette` it and `compact` it yourself.

    Raises:
        CassetteError: The cassette cannot be used.
        ConfigInvalid: The mode, a host or a declaration of what is volatile cannot be read.
    """
    hosts = allowed.parse(allow_hosts)
    policy = policy_of(expiry)
    if expires:
        parse_limit(expires)
    known = mode_of(mode)
    used = layers_of(layers)
    name = shown(Path(path).absolute(), Path.cwd())
    player = Player(
        Path(path).absolute(),
        mode=known,
        shown=name,
        rules=tuple(volatile),
        redact=redaction_of(redact=redact),
        repeats_attempts=repeat_attempts,
        faults=faults,
        expires=expires,
    )
    check_age(player.cassette, expires or player.cassette.expires, policy=policy, shown=name)
    tape = HttpTape(player, stream_timing=stream_timing) if HTTP in used else None
    guard = None
    if not player.records:
        guard = Guard(cassette=f"cassette {name}, mode {known}", allow=hosts, note=player.note)
    cassette = OpenCassette(player, name=name, answers_activities=ACTIVITY in used, http=tape, guard=guard)
    if guard is not None:
        cassette._held.callback(guard.close)  # noqa: SLF001 - left by close_cassette
    if tape is not None:
        cassette._held.enter_context(ROUTES.through(tape))  # noqa: SLF001 - left by close_cassette
    return cassette


def close_cassette(cassette: OpenCassette) -> None:
    """Let go of HTTP, of activities and of the journal, so that any process may merge it."""
    cassette._held.close()  # noqa: SLF001 - the other half of open_cassette
    cassette._player.close()  # noqa: SLF001 - the other half of open_cassette


@contextmanager
def use_cassette(  # noqa: PLR0913 - one call, each option with a name
    path: str | os.PathLike[str],
    *,
    mode: str = "none",
    volatile: Iterable[str] = (),
    fail_unused: bool = False,
    redact: Redact | bool = True,
    repeat_attempts: bool = False,
    layers: str | Iterable[str] = (ACTIVITY,),
    stream_timing: float = 0.0,
    faults: Faults | None = None,
    allow_hosts: Iterable[str] = (),
    expires: str = "",
    expiry: str = ExpiryPolicy.WARN,
) -> Iterator[OpenCassette]:
    """Use a cassette while the block runs; what was recorded is merged into it at the end.

    A miss leaves the block as `CassetteMiss`, a bypass as `CassetteBypass`, whatever the code made of it: Temporal's
    own error is its context.

    Args:
        path: The cassette's file, such as `cassettes/agent.yaml`.
        mode: `none` plays and fails on everything else; `once` records a cassette that is not there; `new_episodes`
            plays and records what is missing; `all` records everything anew.
        volatile: What differs from run to run: `activity:plan input[0].run_id`, `pattern:uuid`. Stored in the cassette.
        fail_unused: Whether recordings that nobody asks for are an error, where nothing else went wrong.
        redact: Whether secrets are replaced by pseudonyms in each argument and answer before it is written, and in the
            arguments of each question before it is looked up; or a function of yours that takes JSON and returns it
            without secrets.
        repeat_attempts: Whether each recorded attempt of an activity fails again, with Temporal's backoff between them,
            and an HTTP client waits as it did before it tries again; otherwise the first attempt has the answer of the
            last, and a client need not wait.
        layers: `activity` answers the activities of workers that have the cassette as an interceptor; `http` answers
            HTTP requests, of activities that run and of all else in the block.
        stream_timing: How long a recorded stream takes: 1.0 as long as it took, 0.5 half as long, 0.0 no time.
        faults: What goes wrong, by the number of the HTTP recording that it stands in front of, as `show` prints it:
            `{3: faults.rate_limited(retry_after=1)}`. One that nobody runs into is an error.
        allow_hosts: What activities may reach while the cassette answers, such as a database: `HOST` or `HOST:PORT`.
        expires: How long recordings are good: `12h`, `90d`, `26w`. Stored in the cassette with what is recorded.
        expiry: What older recordings do: `warn` (a `CassetteExpiryWarning`) or `error`.

    Raises:
        CassetteMiss: Something was asked that the cassette does not hold.
        CassetteBypass: An activity reached past the cassette while the cassette answers everything.
        CassetteUnused: `fail_unused`, and recordings were not asked for.
        FaultNotFired: A fault struck nobody, where nothing else went wrong.
        CassetteExpired: Recordings are too old, and `expiry` is `error`.
        CassetteError: The cassette cannot be used.
        ConfigInvalid: The mode, a host or a declaration of what is volatile cannot be read.
    """
    cassette = open_cassette(
        path,
        mode=mode,
        volatile=volatile,
        redact=redact,
        repeat_attempts=repeat_attempts,
        layers=layers,
        stream_timing=stream_timing,
        faults=faults,
        allow_hosts=allow_hosts,
        expires=expires,
        expiry=expiry,
    )
    try:
        yield cassette
    except (KeyboardInterrupt, SystemExit, GeneratorExit):
        raise
    except BaseException as error:
        # A timeout's cancellation and pytest.fail, too, only follow from a question without an answer.
        if cassette.problem is not None:
            raise at_the_place_of(error, cassette.problem) from None
        raise
    else:
        cassette._held.close()  # noqa: SLF001 - what it still records may go wrong, too
        cassette.check(fail_unused=fail_unused)
    finally:
        close_cassette(cassette)
        compact.compact(cassette.path)
