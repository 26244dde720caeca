"""The demo's example worker, in a process of its own, and the orders it fulfils."""

import asyncio
import contextlib
import os
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from temporalio.client import Client, WorkflowFailureError

from replaykit.adapters.variables import ADDRESS
from replaykit.errors import DemoError

WORKFLOW = "OrderSaga"
TASK_QUEUE = "order-saga"
LOG = "worker.log"
PATIENCE = 40.0
LOG_SHOWN = 800


@dataclass(frozen=True, slots=True)
class OrderWorker:
    """The worker's process and its log."""

    process: asyncio.subprocess.Process
    log: Path

    def last_words(self) -> str:
        """Return the end of what the worker printed."""
        return self.log.read_text("utf-8", "replace")[-LOG_SHOWN:].strip() or "it said nothing"


def address_of(client: Client) -> str:
    """Return the HOST:PORT that a client talks to."""
    return client.service_client.config.target_host


@asynccontextmanager
async def order_worker(project: Path, address: str, directory: Path) -> AsyncIterator[OrderWorker]:
    """Run the order saga's own worker while the block runs; its database and log go to `directory`."""
    with (directory / LOG).open("wb") as log:
        process = await asyncio.create_subprocess_exec(
            sys.executable,
            *("-m", "examples.order_saga.worker", "--database", str(directory / "shop.sqlite3")),
            cwd=project,
            env={**os.environ, ADDRESS: address},
            stdout=log,
            stderr=log,
        )
    try:
        yield OrderWorker(process, directory / LOG)
    finally:
        with contextlib.suppress(ProcessLookupError):
            process.kill()
        await process.wait()


async def run_order(client: Client, workflow_id: str, worker: OrderWorker, *, card: str, quantity: int) -> str:
    """Run one order to its end and say how it ended.

    Raises:
        DemoError: The worker ends, or does not finish the order in time.
    """
    order = {
        "order_id": workflow_id.removeprefix("order-"),
        "customer": "ada@example.com",
        "card": card,
        "sku": "kettle",
        "quantity": quantity,
        "amount_cents": 4200,
    }
    run = asyncio.ensure_future(client.execute_workflow(WORKFLOW, order, id=workflow_id, task_queue=TASK_QUEUE))
    ended = asyncio.ensure_future(worker.process.wait())
    await asyncio.wait({run, ended}, timeout=PATIENCE, return_when=asyncio.FIRST_COMPLETED)
    gone = ended.done()
    ended.cancel()
    if not run.done():
        run.cancel()
        raise DemoError(
            f"The example worker did not finish {workflow_id}.",
            cause=("it ended: " if gone else f"{PATIENCE:g} seconds went by: ") + worker.last_words(),
            fix="python -m examples.order_saga.worker   shows what is wrong",
        )
    try:
        await run
    except WorkflowFailureError as failure:
        return f"failed: {failure.cause}"
    return "completed"
