"""What a miss says: the question, the nearest recordings, and the fields in which they differ."""

from collections import Counter
from collections.abc import Iterator, Sequence

from replaykit.errors import CassetteMiss
from replaykit.model.cassette import Cassette, Interaction, Mode
from replaykit.model.finding import Change
from replaykit.rules.nearest import Near, nearest
from replaykit.rules.volatile import Volatile

RANKED = 3
SHOWN_CHANGES = 6
SHOWN_NAMES = 8


def miss_of(
    asked: Interaction,
    cassette: Cassette,
    rules: Sequence[Volatile],
    *,
    shown: str,
    mode: Mode,
    spent: Sequence[int],
) -> CassetteMiss:
    """Explain why a question has no answer.

    Args:
        asked: The question; its answer is not looked at.
        cassette: What was recorded.
        rules: What is volatile.
        shown: How errors name the cassette.
        mode: The mode it is used in.
        spent: The places, from 0, of recordings of exactly this question, all of them played.
    """
    within = f" in activity {asked.within}" if asked.within else ""
    return CassetteMiss(
        f"No recording for {asked.layer} {asked.name}{within} (cassette {shown}, mode {mode}).",
        cause="\n".join(_cause(asked, cassette, rules, spent)),
        fix="record what is new: pytest --cassette-mode=new_episodes   or correct what the code asks",
    )


def _cause(asked: Interaction, cassette: Cassette, rules: Sequence[Volatile], spent: Sequence[int]) -> Iterator[str]:
    if spent:
        numbers = ", ".join(f"#{place + 1}" for place in spent)
        one = "one recording of this question is" if len(spent) == 1 else "recordings of this question are all"
        yield f"the {one} already played ({numbers}): the code asks it once more"
        return
    ranked = nearest(asked, cassette.interactions, rules, at_most=RANKED)
    if not ranked:
        yield f"nothing of {asked.layer} {asked.name} was recorded; the cassette holds {_names(cassette)}"
        return
    count = sum((i.layer, i.name) == (asked.layer, asked.name) for i in cassette.interactions)
    first = ranked[0]
    which = "its one recording" if count == 1 else f"the nearest of {count} recordings"
    yield f"{which}, #{first.place + 1}, differs in {_places(first)}:"
    width = max(len(change.path) for change in first.changes[:SHOWN_CHANGES]) if first.changes else 0
    yield from (f"  {_line(change, width)}" for change in first.changes[:SHOWN_CHANGES])
    if len(first.changes) > SHOWN_CHANGES:
        yield f"  and {len(first.changes) - SHOWN_CHANGES} more"
    for near in ranked[1:]:
        paths = ", ".join(change.path for change in near.changes[:RANKED])
        yield f"next, #{near.place + 1}, in {_places(near)}: {paths}{', …' if len(near.changes) > RANKED else ''}"


def _places(near: Near) -> str:
    return "1 place" if len(near.changes) == 1 else f"{len(near.changes)} places"


def _line(change: Change, width: int) -> str:
    recorded = "(absent)" if change.recorded is None else change.recorded
    new = "(absent)" if change.new is None else change.new
    return f"{change.path:<{width}}   {recorded} → {new}"


def _names(cassette: Cassette) -> str:
    found = Counter(f"{i.layer} {i.name}" for i in cassette.interactions)
    if not found:
        return "no recording at all"
    names = [f"{name} ({count})" for name, count in sorted(found.items())]
    more = len(names) - SHOWN_NAMES
    return ", ".join(names[:SHOWN_NAMES]) + (f" and {more} more" if more > 0 else "")
