"""Groups are replayed side by side: each history once, no more at a time than there are lanes."""

import asyncio
from collections import deque
from dataclasses import dataclass, field
from typing import Self

import pytest

from replaykit.adapters.ready import Ready
from replaykit.errors import BaseUnloadable, WorkflowsUnloadable
from replaykit.jobs.gate_lanes import WORTH_JOINING, Group, in_lanes
from replaykit.model.case import Case, Judgement
from replaykit.model.verdict import Clean


@dataclass(slots=True)
class Busy:
    """How many histories are at work, and how many were at once."""

    now: int = 0
    most: int = 0


@dataclass(slots=True)
class Pool:
    """Stands for replay processes: it counts who works, and does nothing."""

    busy: Busy
    loads: bool = True
    at_once: Busy = field(default_factory=Busy)
    opened: int = 0
    closed: int = 0

    async def __aenter__(self) -> Self:
        self.opened += 1
        return self

    async def __aexit__(self, *_: object) -> None:
        self.closed += 1

    async def ready(self) -> Ready:
        if not self.loads:
            raise WorkflowsUnloadable("It does not load.", cause="it is broken", fix="mend it")
        return Ready((), ())

    async def replay(self, case: Case) -> Judgement:
        for count in (self.busy, self.at_once):
            count.now += 1
            count.most = max(count.most, count.now)
        await asyncio.sleep(0)
        self.busy.now -= 1
        self.at_once.now -= 1
        return Judgement(case, Clean(1), 0.0)


def group(name: str, size: int, pool: Pool) -> Group:
    return Group(deque(Case(f"/{name}/{number}", name) for number in range(size)), pool)  # type: ignore[arg-type]  # see Pool


def run(groups: list[Group], *, lanes: int = 2) -> list[tuple[Group, Judgement | None]]:
    async def done() -> list[tuple[Group, Judgement | None]]:
        return [one async for one in in_lanes(groups, lanes, lambda _: None)]

    return asyncio.run(done())


@pytest.mark.parametrize("lanes", [1, 2, 5])
def test_every_history_is_judged_once_and_every_pool_closed(lanes: int) -> None:
    busy = Busy()
    pools = [Pool(busy) for _ in range(4)]
    groups = [
        group(str(index), size, pool) for index, (size, pool) in enumerate(zip([40, 3, 1, 20], pools, strict=True))
    ]
    judged = [judgement.case.path for _, judgement in run(groups, lanes=lanes) if judgement]

    assert len(judged) == len(set(judged)) == 64
    assert busy.most <= lanes
    assert [(pool.opened, pool.closed) for pool in pools] == [(1, 1)] * 4


def test_lanes_take_groups_of_their_own_and_share_one_that_is_large() -> None:
    small, large = Pool(Busy()), Pool(Busy())
    run([group("one", WORTH_JOINING - 1, small)])
    run([group("one", 3 * WORTH_JOINING, large)])

    assert (small.at_once.most, large.at_once.most) == (1, 2)


def test_a_group_that_does_not_load_is_handed_back_whole() -> None:
    broken = group("broken", 30, Pool(Busy(), loads=False))
    found = run([broken, group("other", 2, Pool(Busy()))])

    assert [one is broken for one, judgement in found if judgement is None] == [True]
    assert len(broken.left) == 30
    assert sum(1 for _, judgement in found if judgement) == 2


def test_what_a_check_refuses_ends_all() -> None:
    def refused(_: Ready) -> None:
        raise BaseUnloadable("No.", cause="it is the head's", fix="none")

    async def done() -> None:
        async for _ in in_lanes([group("one", 30, Pool(Busy()))], 2, refused):
            pass

    with pytest.raises(BaseUnloadable):
        asyncio.run(done())
