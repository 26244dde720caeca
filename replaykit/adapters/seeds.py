"""One pool a hash seed: each history is replayed in processes that iterate sets in different orders."""

import asyncio
from contextlib import AsyncExitStack
from dataclasses import replace
from types import TracebackType
from typing import Self, TypeAlias

from replaykit.adapters.nursery import Nursery
from replaykit.adapters.pool import ReplayPool
from replaykit.adapters.ready import Ready
from replaykit.config import Config
from replaykit.errors import Problem
from replaykit.model.case import Case, Judgement
from replaykit.rules.seeds import combined


class SeededPools:
    """Replays each history once for each seed and combines the judgements; serves as a `ReplayPool` does."""

    def __init__(
        self,
        config: Config,
        *,
        measure: bool = False,
        watch: bool = False,
        moved: tuple[str, str] | None = None,
    ) -> None:
        """Make one pool of one process for each seed."""
        one = replace(config, processes=1)
        self._pools = [
            ReplayPool(one, seed=seed, measure=measure, watch=watch, moved=moved) for seed in range(config.seeds)
        ]
        self._stack = AsyncExitStack()

    @property
    def size(self) -> int:
        """The number of processes."""
        return len(self._pools)

    @property
    def problems(self) -> tuple[Problem, ...]:
        """The problems of modules that did not load."""
        return self._pools[0].problems

    async def ready(self) -> Ready:
        """Load the workflows under the first seed, and say what was found.

        Raises:
            WorkflowsUnloadable: No workflow could be loaded.
        """
        return await self._pools[0].ready()

    async def __aenter__(self) -> Self:
        for pool in self._pools:
            await self._stack.enter_async_context(pool)
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        await self._stack.__aexit__(kind, error, traceback)

    async def replay(self, case: Case, *, content: bytes | None = None) -> Judgement:
        """Replay one history under every seed; `content` as for one pool.

        Raises:
            WorkflowsUnloadable: No workflow could be loaded.
        """
        return combined(await asyncio.gather(*(pool.replay(case, content=content) for pool in self._pools)))

    async def load(self) -> None:
        """Let a process of the first seed load the workflows, before there is a history to judge.

        Raises:
            WorkflowsUnloadable: No workflow could be loaded.
        """
        await self._pools[0].load()


AnyPool: TypeAlias = ReplayPool | SeededPools


def pool_for(
    config: Config,
    *,
    measure: bool = False,
    watch: bool = False,
    moved: tuple[str, str] | None = None,
    nursery: Nursery | None = None,
) -> AnyPool:
    """Choose the pool, one where one seed is enough; `ReplayPool` says what it can be asked for.

    Under several seeds nothing is forked: a process has the seed that it was started with.
    """
    if config.seeds == 1:
        return ReplayPool(config, measure=measure, watch=watch, moved=moved, nursery=nursery)
    return SeededPools(config, measure=measure, watch=watch, moved=moved)
