"""Processes that are forked serve as those that are started do, and end as they do."""

import asyncio
import contextlib
import os
import signal
import sys
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import TypeVar

import pytest

from replaykit.adapters.nursery import Nursery
from replaykit.adapters.pool import ReplayPool
from replaykit.config import Config
from replaykit.model.case import Case, Judgement
from replaykit.model.verdict import Clean, Inconclusive
from tests.corpora import stored
from tests.stories import changed, source

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="elsewhere nothing is forked")

T = TypeVar("T")
ORDER = source("order")
DYING = changed(ORDER, "        receipt = await", '        __import__("os")._exit(7)\n        receipt = await')


def in_project(root: Path, text: str, then: Callable[[Config, Nursery], Awaitable[T]]) -> T:
    (root / "order.py").write_text(text, "utf-8")
    (root / "order-1.json").write_text(stored("order-1"), "utf-8")
    config = Config(root=str(root), python_path=(str(root),), workflows=("order",), processes=1, sandbox=False)

    async def done() -> T:
        nursery = Nursery(str(root), quiet=True)
        try:
            return await then(config, nursery)
        finally:
            await nursery.close()

    return asyncio.run(done())


def children_of(pid: int) -> list[int]:
    return [int(one) for one in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]


async def replayed(config: Config, nursery: Nursery) -> tuple[Judgement, list[int]]:
    """Replay the history; return the judgement, and the processes that the nursery has forked."""
    async with ReplayPool(config, watch=True, nursery=nursery) as pool:
        await pool.ready()
        forked = [child for one in children_of(os.getpid()) for child in children_of(one)]
        return await pool.replay(Case(str(Path(config.root) / "order-1.json"), "order-1.json")), forked


def test_a_forked_process_replays_and_tells_what_it_read(tmp_path: Path) -> None:
    judgement, forked = in_project(tmp_path, ORDER, replayed)

    assert isinstance(judgement.verdict, Clean)
    assert len(forked) == 1
    assert judgement.witness is not None
    assert judgement.witness.read.files == (str(tmp_path / "order.py"),)


def test_how_a_forked_process_ended_is_told(tmp_path: Path) -> None:
    judgement, _ = in_project(tmp_path, DYING, replayed)

    assert isinstance(judgement.verdict, Inconclusive)
    assert judgement.verdict.problem.cause == "the replay process exited with code 7"


def test_no_forked_process_outlives_its_pool(tmp_path: Path) -> None:
    async def alive(config: Config, nursery: Nursery) -> list[int]:
        _, forked = await replayed(config, nursery)
        return [pid for pid in forked if Path(f"/proc/{pid}").exists()]

    assert in_project(tmp_path, ORDER, alive) == []


def test_without_its_nursery_a_process_is_started(tmp_path: Path) -> None:
    async def after_its_end(config: Config, nursery: Nursery) -> tuple[Judgement, list[int]]:
        await replayed(config, nursery)
        for pid in children_of(os.getpid()):
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        return await replayed(config, nursery)

    judgement, forked = in_project(tmp_path, ORDER, after_its_end)

    assert isinstance(judgement.verdict, Clean)
    assert forked == []
