"""A dev server filled with finished runs of the benchmark's workflow."""

import asyncio
import contextlib
import tempfile
from collections.abc import AsyncIterator
from pathlib import Path

from temporalio.client import Client
from temporalio.worker import UnsandboxedWorkflowRunner, Worker

from replaykit.adapters.server import dev_server
from tests.benchmarks.digest import EVENTS, Asked, Digest, summarise

QUEUE = "digests"
AT_A_TIME = 50
LOOKED_AT = 10


@contextlib.asynccontextmanager
async def filled_server(*, runs: int, every: int) -> AsyncIterator[Client]:
    """Run a server whose history holds `runs` finished runs, one in `every` for a reader with an e-mail address."""
    with tempfile.TemporaryDirectory(prefix="replaykit-benchmark-") as directory:
        async with dev_server(Path(directory)) as client:
            await _fill(client, runs, every)
            yield client


async def _fill(client: Client, runs: int, every: int) -> None:
    limit = asyncio.Semaphore(AT_A_TIME)

    async def one(number: int) -> None:
        reader = f"reader{number}@shop.test" if number % every == 0 else f"reader {number}"
        async with limit:
            await client.execute_workflow(
                Digest.run, Asked(number, reader), id=f"digest-{number:05d}", task_queue=QUEUE
            )

    async with Worker(
        client,
        task_queue=QUEUE,
        workflows=[Digest],
        activities=[summarise],
        # Only filling: what is measured begins when this worker has ended.
        workflow_runner=UnsandboxedWorkflowRunner(),
    ):
        await asyncio.gather(*(one(number) for number in range(runs)))
    some = [client.get_workflow_handle(f"digest-{number:05d}") for number in range(min(runs, LOOKED_AT))]
    # A machine too busy to begin a task in time has it scheduled anew: events are added, and never left out.
    least = min([len((await run.fetch_history()).events) for run in some])
    if least != EVENTS:
        message = f"a run has {least} events, not {EVENTS}"
        raise SystemExit(message)
