"""Runs are chosen on a server: listed by query, thinned out, spread over kinds of runs."""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Iterator, Sequence
from dataclasses import dataclass, replace

from replaykit.adapters.connect import Connection
from replaykit.adapters.rate import Rate
from replaykit.adapters.tail import last_events
from replaykit.adapters.visibility import PAGE, runs
from replaykit.errors import RunMissing
from replaykit.model.run import Run
from replaykit.model.selection import Selection
from replaykit.rules.query import query_for
from replaykit.rules.sample import sampled
from replaykit.rules.strata import PROBED, Gathering, Layer, Share, Stratum, choose, in_turns, refined, stratum_of

# Requests under way together; the rate holds for all of them.
AT_A_TIME = 8
# Runs listed from one word about it to the next.
TOLD = 50


async def chosen(connection: Connection, selection: Selection, *, rate: Rate) -> AsyncIterator[Run]:
    """Yield the runs to export, each once.

    Without `stratify` they come as the server lists them, and no more pages are asked for than are needed. With it the
    whole list is read first; held is a bounded number of runs of each kind.

    Raises:
        QueryInvalid: The query cannot be read.
        ServerError: The server cannot be asked.
    """
    if selection.stratify:
        for run in in_turns(await survey(connection, selection, rate=rate)):
            yield run
        return
    left = selection.limit
    if left == 0:
        return
    size = PAGE if left is None or selection.sample < 1 else min(PAGE, left)
    opened: set[str] = set()
    async for run in runs(connection, query_for(selection), rate=rate, page_size=size):
        run_id = run.identity.run_id
        # Listed as open a moment ago, closed since, and listed again.
        if run_id in opened or not sampled(run_id, selection.sample):
            continue
        if run.closed is None:
            opened.add(run_id)
        yield run
        left = None if left is None else left - 1
        if left == 0:
            return


@dataclass(frozen=True, slots=True)
class Looking:
    """A look at runs, or at the last events of some, begins; there are so many, 0 where nobody knows how many."""

    what: str
    total: int


@dataclass(frozen=True, slots=True)
class Looked:
    """So many more have been looked at."""

    count: int


async def survey(connection: Connection, selection: Selection, *, rate: Rate) -> tuple[Share, ...]:
    """Return the kinds of runs that the selection finds, and how many of each it takes: what a dry run shows.

    Raises:
        QueryInvalid: The query cannot be read.
        ServerError: The server cannot be asked.
    """
    shares: tuple[Share, ...] = ()
    async for found in surveying(connection, selection, rate=rate):
        if isinstance(found, tuple):
            shares = found
    return shares


async def surveying(
    connection: Connection, selection: Selection, *, rate: Rate
) -> AsyncIterator[Looking | Looked | tuple[Share, ...]]:
    """Do the same and tell how far it is; the kinds come last.

    Raises:
        QueryInvalid: The query cannot be read.
        ServerError: The server cannot be asked.
    """
    yield Looking("look at runs", 0)
    gathering = Gathering(limit=selection.limit if selection.stratify else 0)
    left = selection.limit
    taken: Counter[Stratum] = Counter()
    seen = 0
    async for run in runs(connection, query_for(selection), rate=rate):
        eligible = sampled(run.identity.run_id, selection.sample)
        gathering.add(run, eligible=eligible)
        if eligible and left != 0:
            taken[stratum_of(run)] += 1
            left = None if left is None else left - 1
        seen += 1
        if seen % TOLD == 0:
            yield Looked(TOLD)
    yield Looked(seen % TOLD)
    layers = gathering.layers()
    if not selection.stratify:
        yield tuple(Share(replace(layer, runs=()), taken[layer.stratum]) for layer in layers)
        return
    probes = sum(len(layer.runs[:PROBED]) for layer in layers)
    if probes:
        yield Looking("look at last events", probes)
    finer: list[Layer] = []
    for layer in layers:
        last: dict[str, tuple[str, ...]] = {}
        for some in _batches(layer.runs[:PROBED]):
            last |= await _last(connection, some, rate)
            yield Looked(len(some))
        finer.extend(refined(layer, last))
    yield choose(finer, selection.limit)


async def _last(connection: Connection, some: Sequence[Run], rate: Rate) -> dict[str, tuple[str, ...]]:
    asked = (last_events(connection, run, rate=rate) for run in some)
    found: dict[str, tuple[str, ...]] = {}
    # All are awaited, so that no request outlives an error.
    for run, answer in zip(some, await asyncio.gather(*asked, return_exceptions=True), strict=True):
        if isinstance(answer, tuple):
            found[run.identity.run_id] = answer
        elif not isinstance(answer, RunMissing):
            raise answer
    return found


def _batches(candidates: Sequence[Run]) -> Iterator[Sequence[Run]]:
    for begin in range(0, len(candidates), AT_A_TIME):
        yield candidates[begin : begin + AT_A_TIME]
