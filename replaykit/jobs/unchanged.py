"""Whether redaction changed what a replay says of a history, and if so, which secrets that hangs on."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TypeAlias

from replaykit.adapters.seeds import AnyPool
from replaykit.model.case import Case, Judgement
from replaykit.model.verdict import Inconclusive
from replaykit.rules.sameness import same

MOST_TRIED = 64

# Makes the content of the file in which the secrets of these fingerprints stay as they were.
Unredacted: TypeAlias = Callable[[frozenset[str]], bytes]


@dataclass(frozen=True, slots=True)
class Unchanged:
    """The history replays after redaction as it did before."""


@dataclass(frozen=True, slots=True)
class Unchecked:
    """Nobody can say, for the history could not be replayed, before redaction as after it; `slug` says why."""

    slug: str


@dataclass(frozen=True, slots=True)
class Changed:
    """The history replays otherwise; `matters` are the fingerprints of the secrets that this hangs on."""

    before: Judgement
    after: Judgement
    matters: tuple[str, ...]


Answer: TypeAlias = Unchanged | Unchecked | Changed


async def compare(
    pool: AnyPool, case: Case, after: Judgement, secrets: Sequence[str], unredacted: Unredacted
) -> Answer:
    """Replay a history with and without its secrets.

    Args:
        pool: The replay processes.
        case: The history's name for messages.
        after: The judgement on the redacted history.
        secrets: The fingerprints of all that was redacted.
        unredacted: Makes the content with some of them left as they were; it never touches a disk.
    """
    before = await pool.replay(case, content=unredacted(frozenset(secrets)))
    if not same(before, after):
        return Changed(before, after, await _needed(pool, case, before, secrets, unredacted))
    if isinstance(after.verdict, Inconclusive):
        return Unchecked(after.verdict.problem.slug)
    return Unchanged()


async def _needed(
    pool: AnyPool, case: Case, before: Judgement, secrets: Sequence[str], unredacted: Unredacted
) -> tuple[str, ...]:
    """Find a smallest set of secrets with which the history replays as before: none of them can be left out."""
    needed = list(dict.fromkeys(secrets))
    part = len(needed)
    tries = MOST_TRIED
    # Large parts first, single secrets last: mostly one of many matters.
    while part > 1:
        part = (part + 1) // 2
        start = 0
        while start < len(needed) and tries:
            tries -= 1
            fewer = needed[:start] + needed[start + part :]
            if fewer and same(before, await pool.replay(case, content=unredacted(frozenset(fewer)))):
                needed = fewer
            else:
                start += part
    return tuple(needed)
