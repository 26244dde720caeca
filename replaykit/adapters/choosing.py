"""Runs are chosen on a server: listed by query, thinned out, spread over kinds of runs."""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator
from dataclasses import replace

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


async def survey(connection: Connection, selection: Selection, *, rate: Rate) -> tuple[Share, ...]:
    """Return the kinds of runs that the selection finds, and how many of each it takes: what a dry run shows.

    Raises:
        QueryInvalid: The query cannot be read.
        ServerError: The server cannot be asked.
    """
    gathering = Gathering(limit=selection.limit if selection.stratify else 0)
    left = selection.limit
    taken: Counter[Stratum] = Counter()
    async for run in runs(connection, query_for(selection), rate=rate):
        eligible = sampled(run.identity.run_id, selection.sample)
        gathering.add(run, eligible=eligible)
        if eligible and left != 0:
            taken[stratum_of(run)] += 1
            left = None if left is None else left - 1
    layers = gathering.layers()
    if not selection.stratify:
        return tuple(Share(replace(layer, runs=()), taken[layer.stratum]) for layer in layers)
    finer = [fine for layer in layers for fine in await _refined(connection, layer, rate)]
    return choose(finer, selection.limit)


async def _refined(connection: Connection, layer: Layer, rate: Rate) -> tuple[Layer, ...]:
    candidates = layer.runs[:PROBED]
    last: dict[str, tuple[str, ...]] = {}
    for begin in range(0, len(candidates), AT_A_TIME):
        some = candidates[begin : begin + AT_A_TIME]
        asked = (last_events(connection, run, rate=rate) for run in some)
        # All are awaited, so that no request outlives an error.
        for run, answer in zip(some, await asyncio.gather(*asked, return_exceptions=True), strict=True):
            if isinstance(answer, tuple):
                last[run.identity.run_id] = answer
            elif not isinstance(answer, RunMissing):
                raise answer
    return refined(layer, last)
