"""A worker for digests: `python -m examples.versioned.worker [--run DIGEST_ID] [--generation 1]`."""

import argparse
import asyncio
from pathlib import Path

from temporalio.client import Client
from temporalio.envconfig import ClientConfig
from temporalio.worker import Worker

from . import generation_1, generation_3, workflows
from .activities import DigestActivities
from .board import Board
from .models import DigestRequest

TASK_QUEUE = "versioned"
GENERATIONS: dict[int, type] = {
    1: generation_1.VersionedDigest,
    2: workflows.VersionedDigest,
    3: generation_3.VersionedDigest,
}


def new_worker(client: Client, board: Board, *, generation: int = 2, task_queue: str = TASK_QUEUE) -> Worker:
    """A worker that runs digests with the code of one generation; 2 is today's."""
    digests = DigestActivities(board)
    return Worker(
        client,
        task_queue=task_queue,
        workflows=[GENERATIONS[generation]],
        activities=[digests.collect_headlines, digests.check_tone, digests.post_digest],
    )


async def main() -> None:
    """Serve digests until interrupted, or run one and print its result."""
    parser = argparse.ArgumentParser(prog="versioned", description="Post digests.")
    parser.add_argument("--run", metavar="DIGEST_ID", help="run this one digest, print its result, stop")
    parser.add_argument("--topic", default="the ferry", help="default: %(default)s")
    parser.add_argument("--generation", type=int, choices=GENERATIONS, default=2, help="default: %(default)s")
    parser.add_argument("--database", type=Path, default=Path(".replaykit/examples/versioned.sqlite3"))
    options = parser.parse_args()
    client = await Client.connect(**ClientConfig.load_client_connect_config())
    async with new_worker(client, Board(options.database), generation=options.generation):
        if options.run is None:
            await asyncio.Event().wait()
        result = await client.execute_workflow(
            workflows.VersionedDigest.run, DigestRequest(options.topic), id=options.run, task_queue=TASK_QUEUE
        )
    print(f"{result} headlines posted")  # noqa: T201 -- the result is what the command is for


async def to_the_end() -> None:
    """Run `main`, then let the client's native threads finish: without the pause some ended in SIGSEGV."""
    try:
        await main()
    finally:
        await asyncio.sleep(0.5)


if __name__ == "__main__":
    asyncio.run(to_the_end())
