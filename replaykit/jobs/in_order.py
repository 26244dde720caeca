"""Work on many items at a time, whose results come in the order of the items."""

import asyncio
from collections import deque
from collections.abc import AsyncGenerator, AsyncIterable, Awaitable, Callable
from typing import TypeVar

T = TypeVar("T")
R = TypeVar("R")


def _one(_item: object) -> int:
    return 1


async def in_order(
    items: AsyncIterable[T],
    work: Callable[[T], Awaitable[R]],
    *,
    at_once: int,
    weight: Callable[[T], int] = _one,
) -> AsyncGenerator[R, None]:
    """Work on items ahead of whoever takes the results; closing the generator cancels the rest.

    Args:
        items: What to work on.
        work: Makes a result of an item.
        at_once: So much may be worked on at a time: so many items, or items of so much weight. One item that is
            heavier is worked on alone.
        weight: Tells how heavy an item is, 1 or more.

    Raises:
        Exception: What the work on the next item raised.
    """
    running: deque[tuple[asyncio.Future[R], int]] = deque()
    held = 0
    try:
        async for item in items:
            weighs = weight(item)
            while running and held + weighs > at_once:
                task, less = running.popleft()
                held -= less
                yield await task
            running.append((asyncio.ensure_future(work(item)), weighs))
            held += weighs
            # A full window waits for its oldest; what is done at its head goes out at once.
            while running and (held >= at_once or running[0][0].done()):
                task, less = running.popleft()
                held -= less
                yield await task
        while running:
            yield await running.popleft()[0]
    finally:
        for task, _ in running:
            task.cancel()
        await asyncio.gather(*(task for task, _ in running), return_exceptions=True)
