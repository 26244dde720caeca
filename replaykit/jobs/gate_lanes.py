"""Groups of histories, each with processes of its own, are replayed side by side in a fixed number of lanes."""

import asyncio
from collections import deque
from collections.abc import AsyncGenerator, Callable, Iterable, Sequence
from contextlib import aclosing
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from replaykit.adapters.ready import Ready
from replaykit.errors import WorkflowsUnloadable
from replaykit.model.case import Case, Judgement
from replaykit.model.witness import Read

if TYPE_CHECKING:  # a gate that replays nothing need not load what starts processes
    from replaykit.adapters.seeds import AnyPool

# A lane joins another one's group where so many histories are left to each: to load the code takes as long as a few.
WORTH_JOINING = 12


@dataclass(slots=True)
class Group:
    """Histories that processes of one pool replay.

    `left` are those that nobody has taken yet, `read` is what loading the code read. A pool that `stays` was opened by
    somebody else, who closes it, too.
    """

    left: deque[Case]
    pool: "AnyPool"
    stays: bool = False
    read: Read = field(default_factory=Read)
    _lanes: int = 0
    _opening: asyncio.Lock = field(default_factory=asyncio.Lock)
    _opened: bool = False
    _broken: bool = False

    @property
    def wish(self) -> tuple[bool, int]:
        """How much it needs another lane; one that has none needs it most."""
        return self._lanes == 0, len(self.left) // (self._lanes + 1)

    @property
    def is_waiting(self) -> bool:
        """Whether another lane would make it faster."""
        return bool(self.left) and not self._broken and (not self._lanes or self.wish[1] >= WORTH_JOINING)

    async def judgements(self, check: Callable[[Ready], None]) -> AsyncGenerator[Judgement | None, None]:
        """Replay what is left, one history at a time; None once, where the code does not load."""
        self._lanes += 1
        try:
            async with self._opening:
                if not self._opened and not self._broken and not await self._open(check):
                    yield None
            while self.left and not self._broken:
                yield await self.pool.replay(self.left.popleft())
        finally:
            self._lanes -= 1
            if not self._lanes:
                await self.close()

    async def _open(self, check: Callable[[Ready], None]) -> bool:
        if not self.stays:
            await self.pool.__aenter__()
        self._opened = True
        try:
            ready = await self.pool.ready()
        except WorkflowsUnloadable:
            self._broken = True
            return False
        check(ready)
        self.read = ready.read or Read()
        return True

    async def close(self) -> None:
        """End the processes, unless they stay."""
        if self._opened and not self.stays:
            self._opened = False
            await self.pool.__aexit__(None, None, None)


async def in_lanes(
    groups: Sequence[Group], lanes: int, check: Callable[[Ready], None]
) -> AsyncGenerator[tuple[Group, Judgement | None], None]:
    """Replay the groups, the largest first; yield each judgement with its group, and None for one that does not load.

    Args:
        groups: What is to be replayed.
        lanes: So many histories are replayed at a time.
        check: Called with what loading a group's code showed, before anything is replayed with it; it may raise.
    """
    done: asyncio.Queue[tuple[Group, Judgement | None] | BaseException | None] = asyncio.Queue(maxsize=2 * lanes)
    tasks = [asyncio.create_task(_lane(groups, done, check)) for _ in range(lanes)]
    try:
        running = lanes
        while running:
            one = await done.get()
            if isinstance(one, BaseException):
                raise one
            if one is None:
                running -= 1
            else:
                yield one
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        await asyncio.gather(*(group.close() for group in groups))


async def _lane(
    groups: Iterable[Group],
    done: "asyncio.Queue[tuple[Group, Judgement | None] | BaseException | None]",
    check: Callable[[Ready], None],
) -> None:
    try:
        while waiting := [group for group in groups if group.is_waiting]:
            group = max(waiting, key=lambda one: one.wish)
            async with aclosing(group.judgements(check)) as judged:
                async for judgement in judged:
                    await done.put((group, judgement))
    except Exception as error:  # noqa: BLE001 - whoever iterates gets it
        await done.put(error)
    else:
        await done.put(None)
