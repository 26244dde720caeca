"""What a shadow counts: runs that come in page by page, verdicts that come back shard by shard, each once."""

from collections.abc import Iterable
from dataclasses import replace
from hashlib import blake2b

from replaykit.model.case import Judgement
from replaykit.model.shadow import (
    MOST_CAUSES,
    MOST_OPEN,
    SKIPPED,
    Cause,
    Example,
    Judged,
    Listed,
    Page,
    Shard,
    State,
    Tally,
    Verdicts,
)
from replaykit.rules.clusters import cause_of

CLOSED_MEANWHILE = "it closed while more open runs were listed than are remembered"
STOPPED = "stopped before its turn"


def with_page(state: State, page: Page) -> State:
    """Take up a page: each run once, and no more than are wanted.

    A run that was open when it was listed is listed once more when it closes before the scan is over. Beyond MOST_OPEN
    of them nobody remembers which those were: what closed since the start is skipped then, and counted.
    """
    opened = dict.fromkeys(state.opened)
    fresh: list[Listed] = []
    unknown = 0
    for run in page.runs:
        if run.run_id in opened:
            continue
        if run.closed is None and len(opened) < MOST_OPEN:
            opened[run.run_id] = None
        elif run.closed is not None and run.closed >= state.started and len(opened) >= MOST_OPEN:
            unknown += 1
            continue
        fresh.append(run)
    limit = state.asked.limit
    room = len(fresh) if limit is None else max(0, limit - state.tally.sampled)
    taken = fresh[:room]
    tally = replace(state.tally, listed=state.tally.listed + page.seen, sampled=state.tally.sampled + len(taken))
    if unknown:
        tally = _skipped(tally, CLOSED_MEANWHILE, unknown)
    limited = limit is not None and tally.sampled >= limit
    return replace(
        state,
        token=page.token,
        exhausted=limited or not page.token,
        limited=limited,
        backlog=(*state.backlog, *taken),
        opened=tuple(opened),
        tally=tally,
    )


def next_shard(state: State) -> tuple[Shard, State]:
    """Take a shard off the backlog."""
    size = state.asked.shard_size
    return Shard(state.backlog[:size]), replace(state, backlog=state.backlog[size:])


def with_verdicts(state: State, shard: Shard, verdicts: Verdicts) -> tuple[State, tuple[Judged, ...]]:
    """Count what a shard came to, one verdict for each of its runs; those that have none were left by a stop.

    Returns:
        The state, and what was counted.
    """
    by_run = {judged.run_id: judged for judged in verdicts.judged}
    counted = tuple(by_run[run.run_id] for run in shard.runs if run.run_id in by_run)
    tally = state.tally
    for judged in counted:
        tally = _counted(tally, judged)
    tally = replace(
        tally,
        left=tally.left + len(shard.runs) - len(counted),
        shards=tally.shards + 1,
        retried=tally.retried + (verdicts.attempts > 1),
    )
    return _with_causes(replace(state, tally=tally), counted, verdicts.examples), counted


def left_behind(state: State) -> State:
    """Count what a stop leaves in the backlog."""
    tally = replace(state.tally, left=state.tally.left + len(state.backlog))
    return replace(state, backlog=(), tally=tally)


def _counted(tally: Tally, judged: Judged) -> Tally:
    if judged.verdict == SKIPPED:
        return _skipped(tally, judged.cause, 1)
    return replace(
        tally,
        **{judged.verdict: getattr(tally, judged.verdict) + 1},
        replayed=tally.replayed + judged.replayed,
    )


def _skipped(tally: Tally, why: str, count: int) -> Tally:
    skips = {**tally.skips, why: tally.skips.get(why, 0) + count}
    return replace(tally, skipped=tally.skipped + count, skips=skips)


def _with_causes(state: State, counted: Iterable[Judged], examples: Iterable[Example]) -> State:
    found = {cause.example.cause: cause for cause in state.causes}
    fresh = {example.cause: example for example in examples}
    unnamed = state.unnamed
    for judged in counted:
        if not judged.cause or judged.verdict == SKIPPED:
            continue
        cause = found.get(judged.cause)
        if cause is None and judged.cause in fresh and len(found) < MOST_CAUSES:
            cause = Cause(fresh[judged.cause], 0, 0)
        if cause is None:
            unnamed += 1
            continue
        found[judged.cause] = replace(cause, count=cause.count + 1, still_open=cause.still_open + judged.still_open)
    return replace(state, causes=tuple(found.values()), unnamed=unnamed)


def cause_key(judgement: Judgement) -> str:
    """Write what judgements of one cause share as a short key that is the same in every process."""
    return blake2b(_steady(cause_of(judgement)).encode(), digest_size=8).hexdigest()


def _steady(part: object) -> str:
    # A set's own order hangs on the process's hash seed.
    match part:
        case tuple():
            return f"({','.join(_steady(item) for item in part)})"
        case frozenset():
            return f"{{{','.join(sorted(_steady(item) for item in part))}}}"
        case _:
            return repr(part)
