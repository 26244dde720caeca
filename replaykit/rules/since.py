"""A point in time as a person types it: a date, a date with time, or how long ago."""

import re
from datetime import UTC, datetime

from replaykit.errors import ConfigInvalid

_AGO = re.compile(r"(\d+(?:\.\d+)?)([smhdw])")
_YEAR_10000 = 253402300800
_SECONDS = {"s": 1, "m": 60, "h": 3600, "d": 86400, "w": 7 * 86400}


def since(text: str, *, now: float, option: str = "--since") -> float:
    """Read `7d`, `12h`, `30m` (ago), or an ISO date or time, as seconds since the epoch; without a zone it is UTC.

    Raises:
        ConfigInvalid: The text is neither, or lies before the epoch or after the year 9999.
    """
    ago = seconds_in(text)
    if ago is not None:
        at = now - ago
    else:
        try:
            time = datetime.fromisoformat(text.strip())
        except ValueError:
            raise _not_understood(text, option) from None
        at = (time if time.tzinfo else time.replace(tzinfo=UTC)).timestamp()
    if not 0 <= at < _YEAR_10000:
        raise _not_understood(text, option)
    return at


def seconds_in(text: str) -> float | None:
    """Read a number and its unit, `90s`, `10m`, `1h`, `2d` or `1w`, as seconds; None where it is something else."""
    given = _AGO.fullmatch(text.strip())
    return float(given[1]) * _SECONDS[given[2]] if given else None


def lasting(text: str) -> float:
    """Read `30s`, `10m`, `1h`, `2d` as a number of seconds.

    Raises:
        ConfigInvalid: The text is no length of time, or none at all.
    """
    if seconds := seconds_in(text):
        return seconds
    raise ConfigInvalid(
        f"{text!r} is no length of time.",
        cause="--for takes a number above 0 and its unit: s, m, h, d or w",
        fix="--for 1h      or      --for 90s",
    )


def _not_understood(text: str, option: str) -> ConfigInvalid:
    return ConfigInvalid(
        f"{text!r} is no point in time.",
        cause=f"{option} takes how long ago (30m, 12h, 7d, 2w), or an ISO date or time, in UTC where it names no zone",
        fix=f"{option} 7d      or      {option} 2026-11-01      or      {option} 2026-11-01T08:30:00+01:00",
    )
