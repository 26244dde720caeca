"""Results come in the order of the items, however long each takes, and no more than a window is worked on."""

import asyncio
from collections.abc import AsyncIterator, Iterable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from replaykit.jobs.in_order import in_order


async def each(items: Iterable[int]) -> AsyncIterator[int]:
    for item in items:
        yield item


@given(st.lists(st.integers(0, 5), max_size=30), st.integers(1, 6))
def test_results_keep_the_order_and_the_window_is_never_exceeded(delays: list[int], at_once: int) -> None:
    running = most = 0

    async def work(number: int) -> int:
        nonlocal running, most
        running += 1
        most = max(most, running)
        for _ in range(delays[number]):
            await asyncio.sleep(0)
        running -= 1
        return number

    async def main() -> list[int]:
        return [number async for number in in_order(each(range(len(delays))), work, at_once=at_once)]

    assert asyncio.run(main()) == list(range(len(delays)))
    assert most <= at_once


@given(st.lists(st.tuples(st.integers(0, 5), st.integers(1, 9)), max_size=30), st.integers(1, 6))
def test_heavy_items_are_worked_on_with_fewer_beside_them(items: list[tuple[int, int]], at_once: int) -> None:
    running: list[int] = []

    async def work(number: int) -> int:
        running.append(items[number][1])
        assert sum(running) <= at_once or len(running) == 1
        for _ in range(items[number][0]):
            await asyncio.sleep(0)
        running.remove(items[number][1])
        return number

    async def main() -> list[int]:
        numbers = each(range(len(items)))
        return [number async for number in in_order(numbers, work, at_once=at_once, weight=lambda one: items[one][1])]

    assert asyncio.run(main()) == list(range(len(items)))


def test_who_stops_taking_results_cancels_the_work_ahead() -> None:
    cancelled = []

    async def work(number: int) -> int:
        try:
            await asyncio.sleep(60 if number else 0)
        except asyncio.CancelledError:
            cancelled.append(number)
            raise
        return number

    async def main() -> int:
        results = in_order(each(range(10)), work, at_once=3)
        first = await anext(results)
        await results.aclose()
        return first

    assert asyncio.run(main()) == 0
    assert cancelled == [1, 2]


def test_an_error_comes_at_its_place() -> None:
    async def work(number: int) -> int:
        if number == 1:
            raise ValueError(number)
        return number

    async def main() -> int:
        results = in_order(each(range(3)), work, at_once=3)
        first = await anext(results)
        with pytest.raises(ValueError, match="1"):
            await anext(results)
        return first

    assert asyncio.run(main()) == 0
