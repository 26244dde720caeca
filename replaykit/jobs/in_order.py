"""Work on many items at a time, whose results come in the order of the items."""

import asyncio
from collections import deque
from collections.abc import AsyncGenerator, AsyncIterable, Awaitable, Callable
from typing import TypeVar

T = TypeVar("T")
R = TypeVar("R")


async def in_order(
    items: AsyncIterable[T], work: Callable[[T], Awaitable[R]], *, at_once: int
) -> AsyncGenerator[R, None]:
    """Work on up to `at_once` items, ahead of whoever takes the results; closing the generator cancels the rest.

    Raises:
        Exception: What the work on the next item raised.
    """
    running: deque[asyncio.Future[R]] = deque()
    try:
        async for item in items:
            running.append(asyncio.ensure_future(work(item)))
            # A full window waits for its oldest; what is done at its head goes out at once.
            while running and (len(running) >= at_once or running[0].done()):
                yield await running.popleft()
        while running:
            yield await running.popleft()
    finally:
        for task in running:
            task.cancel()
        await asyncio.gather(*running, return_exceptions=True)
