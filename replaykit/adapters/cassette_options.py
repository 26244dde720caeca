"""What may be said of the use of a cassette is read, or refused with what could have been said."""

from collections.abc import Iterable
from dataclasses import dataclass

from replaykit.adapters.cassette_redaction import built_in
from replaykit.config import ExpiryPolicy
from replaykit.errors import ConfigInvalid
from replaykit.model.cassette import Layer, Mode
from replaykit.rules.llm_faults.placing import Faults
from replaykit.rules.redact_http import Redact

ACTIVITY, HTTP = Layer.ACTIVITY.value, Layer.HTTP.value


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """How a cassette is used, as `use_cassette` and the marker say it, not read yet (see `use_cassette`)."""

    mode: str = Mode.NONE
    volatile: Iterable[str] = ()
    redact: Redact | bool = True
    repeat_attempts: bool = False
    layers: str | Iterable[str] = ACTIVITY
    stream_timing: float = 0.0
    faults: Faults | None = None
    allow_hosts: Iterable[str] = ()
    expires: str = ""
    expiry: str = ExpiryPolicy.WARN


def mode_of(mode: str) -> Mode:
    """Read a mode.

    Raises:
        ConfigInvalid: There is no such mode.
    """
    try:
        return Mode(mode)
    except ValueError:
        raise ConfigInvalid(
            f"There is no cassette mode {mode!r:.40}.",
            cause="the modes are " + ", ".join(Mode),
            fix="leave it out for none: play recordings, and fail on everything else",
        ) from None


def layers_of(layers: str | Iterable[str]) -> frozenset[str]:
    """Read the layers that a cassette answers.

    Raises:
        ConfigInvalid: There is no such layer, or none is named.
    """
    said = frozenset([layers] if isinstance(layers, str) else layers)
    if not said or said - {ACTIVITY, HTTP}:
        raise ConfigInvalid(
            f"There is no cassette layer {min(said - {ACTIVITY, HTTP}, default='')!r:.40}.",
            cause=f"the layers are {ACTIVITY} and {HTTP}",
            fix=f'layers="{HTTP}"   or   layers=["{ACTIVITY}", "{HTTP}"]; leave it out for {ACTIVITY} alone',
        )
    return said


def policy_of(expiry: str) -> ExpiryPolicy:
    """Read what recordings do that are too old.

    Raises:
        ConfigInvalid: They cannot do that.
    """
    try:
        return ExpiryPolicy(expiry)
    except ValueError:
        raise ConfigInvalid(
            f"Recordings that are too old cannot {expiry!r:.40}.",
            cause="they can " + " or ".join(ExpiryPolicy),
            fix='leave it out for a warning, or say: expiry="error"',
        ) from None


def redaction_of(*, redact: Redact | bool) -> Redact | None:
    """Return what takes secrets out: the built-in rules, a function of the user's, or nothing."""
    if callable(redact):
        return redact
    return built_in() if redact else None
