"""A cassette is opened for a block, a test or a program, and closed again."""

import os
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path

from replaykit.adapters import compact
from replaykit.adapters.bypass import Guard
from replaykit.adapters.cassette_options import ACTIVITY, HTTP, Options, layers_of, mode_of, policy_of, redaction_of
from replaykit.adapters.corpus import shown
from replaykit.adapters.expiring import check_age
from replaykit.adapters.http_routes import ROUTES
from replaykit.adapters.http_tape import HttpTape
from replaykit.adapters.open_cassette import OpenCassette
from replaykit.adapters.player import Player
from replaykit.adapters.user_stack import at_the_place_of
from replaykit.config import ExpiryPolicy
from replaykit.rules import allowed_hosts as allowed
from replaykit.rules.llm_faults.placing import Faults
from replaykit.rules.redact_http import Redact


def open_cassette(path: str | os.PathLike[str], options: Options) -> OpenCassette:
    """Begin to use a cassette, without a block: `check` it, `close_cassette` it and `compact` it yourself.

    Raises:
        CassetteError: The cassette cannot be used.
        ConfigInvalid: The mode, a host or a declaration of what is volatile cannot be read.
    """
    hosts = allowed.parse(options.allow_hosts)
    policy = policy_of(options.expiry)
    known = mode_of(options.mode)
    used = layers_of(options.layers)
    name = shown(Path(path).absolute(), Path.cwd())
    player = Player(
        Path(path).absolute(),
        mode=known,
        shown=name,
        rules=tuple(options.volatile),
        redact=redaction_of(redact=options.redact),
        repeats_attempts=options.repeat_attempts,
        faults=options.faults,
        expires=options.expires,
    )
    check_age(player.cassette, options.expires or player.cassette.expires, policy=policy, shown=name)
    tape = HttpTape(player, stream_timing=options.stream_timing, allow=hosts) if HTTP in used else None
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
        allow_hosts: What activities may reach past the cassette, such as a database: `HOST` or `HOST:PORT`. Requests
            to it are sent in whatever mode, and are neither recorded nor answered.
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
    options = Options(
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
    cassette = open_cassette(path, options)
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
