"""The replay job: every history of a corpus gets its verdict."""

import asyncio
import itertools
import time
from collections.abc import AsyncGenerator, AsyncIterator, Iterable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TypeAlias

from replaykit.adapters.corpus import find
from replaykit.adapters.seeds import AnyPool, pool_for
from replaykit.config import Config
from replaykit.errors import NothingConfigured
from replaykit.jobs.given import Found, check_workflows, no_histories
from replaykit.model.case import Case, Judgement
from replaykit.model.summary import Summary
from replaykit.rules import accept


@dataclass(frozen=True, slots=True)
class Judged:
    """One history has its verdict; `summary` counts all so far."""

    judgement: Judgement
    summary: Summary


@dataclass(frozen=True, slots=True)
class Finished:
    """Every history has its verdict."""

    summary: Summary


Event: TypeAlias = Found | Judged | Finished


async def replay(config: Config, paths: Iterable[str], *, base: Path) -> AsyncIterator[Event]:
    """Replay every history below `paths` (relative to `base`) against the configured workflows.

    Yields:
        `Found` once, `Judged` for each history as verdicts come in, `Finished` last. Whoever stops iterating closes
        the generator: that ends every replay process.

    Raises:
        NothingConfigured: No paths or no workflows are given.
        NoHistories: The paths hold no history.
        WorkflowsUnloadable: No workflow could be loaded.
    """
    check_workflows(config)
    accept.parse(config.accept)
    given = tuple(paths)
    if not given:
        raise NothingConfigured(
            "There is nothing to replay.",
            cause="no PATH was given, and [tool.replaykit] histories is not set",
            fix="replaykit replay fixtures/   (histories come from: replaykit export WORKFLOW_ID)",
        )
    found = list(find(given, base=base))
    if not found:
        raise no_histories(given)
    yield Found(len(found))
    started = time.perf_counter()
    summary = Summary()
    async with pool_for(config) as pool:
        summary = replace(summary, processes=min(pool.size, len(found)))
        async for judgement in judgements(pool, found):
            summary = summary.with_judgement(judgement)
            yield Judged(judgement, summary)
        stale = tuple(entry for entry in config.accept if entry not in summary.accepted)
        summary = replace(summary, problems=pool.problems, stale=stale)
    yield Finished(replace(summary, seconds=time.perf_counter() - started))


async def judgements(pool: AnyPool, found: Iterable[Case | Judgement]) -> AsyncGenerator[Judgement, None]:
    """Judge with at most two histories asked for per process, so that memory does not grow with the corpus."""
    waiting = iter(found)
    running: set[asyncio.Task[Judgement]] = set()
    try:
        while True:
            for case in itertools.islice(waiting, 2 * pool.size - len(running)):
                if isinstance(case, Judgement):
                    yield case
                else:
                    running.add(asyncio.create_task(pool.replay(case)))
            if not running:
                return
            done, running = await asyncio.wait(running, return_when=asyncio.FIRST_COMPLETED)
            for task in done:
                yield task.result()
    finally:
        for task in running:
            task.cancel()
        await asyncio.gather(*running, return_exceptions=True)
