"""Histories of VersionedDigest: each generation of its code runs digests, one after the other."""

from temporalio.api.enums.v1 import EventType
from temporalio.client import WorkflowHandle

from examples.versioned.board import Board
from examples.versioned.models import DigestRequest
from examples.versioned.worker import TASK_QUEUE, new_worker
from examples.versioned.workflows import VersionedDigest

from .stage import Run, Stage, reached

NIGHT = 8 * 3600.0


async def record(stage: Stage) -> list[Run]:
    """Run all digests; returns those to export."""
    board = Board(stage.folder / "board.sqlite3")
    runs: list[Run] = []
    for generation in (1, 2, 3):
        async with new_worker(stage.client, board, generation=generation):
            posted = await _start(stage, f"digest-{generation}01", quiet_seconds=0.1)
            asleep = await _start(stage, f"digest-{generation}02", quiet_seconds=NIGHT)
            await reached(asleep, EventType.EVENT_TYPE_TIMER_STARTED)
            await posted.result()
            runs += [Run(posted.id), Run(asleep.id)]
    return runs


async def _start(stage: Stage, digest_id: str, *, quiet_seconds: float) -> WorkflowHandle[VersionedDigest, int]:
    return await stage.client.start_workflow(
        VersionedDigest.run,
        DigestRequest("the ferry", quiet_seconds),
        id=digest_id,
        task_queue=TASK_QUEUE,
    )
