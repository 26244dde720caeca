"""Three generations of a digest share one corpus."""

import asyncio
from pathlib import Path

import pytest
from temporalio.client import Client, WorkflowHistory
from temporalio.worker import Replayer

from examples.versioned import workflows
from examples.versioned.board import Board
from examples.versioned.models import DigestRequest
from examples.versioned.worker import TASK_QUEUE, new_worker
from tests.recording import Server


@pytest.mark.parametrize(("generation", "headlines", "markers"), [(1, 3, 0), (2, 2, 1), (3, 2, 1)])
def test_history_of_each_generation_replays_against_todays_code(
    server: Server, tmp_path: Path, generation: int, headlines: int, markers: int
) -> None:
    async def story(client: Client) -> WorkflowHistory:
        async with new_worker(client, Board(tmp_path / "board.sqlite3"), generation=generation):
            handle = await client.start_workflow(
                workflows.VersionedDigest.run,
                DigestRequest("the ferry", 0.01),
                id=f"digest-generation-{generation}",
                task_queue=TASK_QUEUE,
            )
            assert await handle.result() == headlines
            return await handle.fetch_history()

    history = server.run(story)
    recorded = [event for event in history.events if event.HasField("marker_recorded_event_attributes")]
    assert len(recorded) == markers
    asyncio.run(Replayer(workflows=[workflows.VersionedDigest]).replay_workflow(history))
