"""Recordings are good for as long as their cassette says; older ones are named."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from replaykit.errors import CassetteExpired, ConfigInvalid
from replaykit.model.cassette import Cassette, Interaction

SHOWN = 5
_LIMIT = re.compile(r"([1-9][0-9]{0,5})([hdw])")
_UNITS = {"h": timedelta(hours=1), "d": timedelta(days=1), "w": timedelta(weeks=1)}


@dataclass(frozen=True, slots=True)
class Old:
    """A recording that is too old; its number from 1, and its age where its time can be read."""

    number: int
    recorded: Interaction
    age: timedelta | None


def parse(limit: str) -> timedelta:
    """Read for how long recordings are good.

    Raises:
        ConfigInvalid: It is no number with a unit.
    """
    found = _LIMIT.fullmatch(limit) if isinstance(limit, str) else None
    if found is None:
        raise ConfigInvalid(
            f"{limit!r:.40} is no time for which recordings are good.",
            cause="it is a number of hours, days or weeks: 12h, 90d, 26w",
            fix='say it so: expires="90d"',
        )
    return int(found[1]) * _UNITS[found[2]]


def expired(cassette: Cassette, limit: str, *, now: datetime) -> tuple[Old, ...]:
    """Find the recordings that are older than a limit, the oldest first; faults that somebody declared have no age."""
    longest = parse(limit)
    ages = [
        Old(number, interaction, _age(interaction, now))
        for number, interaction in enumerate(cassette.interactions, start=1)
        if not interaction.declared
    ]
    old = [found for found in ages if found.age is None or found.age > longest]
    return tuple(sorted(old, key=lambda found: found.age or timedelta.max, reverse=True))


def _age(interaction: Interaction, now: datetime) -> timedelta | None:
    try:
        recorded = datetime.fromisoformat(interaction.recorded)
    except ValueError:
        return None
    return now - (recorded if recorded.tzinfo else recorded.replace(tzinfo=UTC))


def problem_of(old: Sequence[Old], limit: str, *, shown: str) -> CassetteExpired:
    """Say which recordings are too old, and what to do about it."""
    named = [f"#{found.number} {found.recorded.layer} {found.recorded.name}, {_said(found)}" for found in old[:SHOWN]]
    more = f"\nand {len(old) - SHOWN} more" if len(old) > SHOWN else ""
    count = "1 recording" if len(old) == 1 else f"{len(old)} recordings"
    return CassetteExpired(
        f"{shown} holds {count} older than {limit}.",
        cause="\n".join(named) + more,
        fix="record anew: pytest --cassette-mode=all   or give them more time in the file: expires: …",
    )


def _said(old: Old) -> str:
    if old.age is None:
        return "of a time that cannot be read"
    count, unit = (old.age.days, "day") if old.age.days else (old.age.seconds // 3600, "hour")
    return f"of {old.recorded.recorded[:10]}, {count} {unit}{'' if count == 1 else 's'} ago"
