"""The demo's example worker, in a process of its own, and the orders it fulfils."""

import asyncio
import contextlib
import os
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from temporalio.client import Client, WorkflowFailureError

from replaykit.adapters.connect import ADDRESS
from replaykit.errors import DemoError

WORKFLOW = "OrderSaga"
TASK_QUEUE = "order-saga"
LOG = "worker.log"
PATIENCE = 40.0
LOG_SHOWN = 800


def address_of(client: Client) -> str:
    """Return the HOST:PORT that a client talks to."""
    return client.service_client.config.target_host


@asynccontextmanager
async def order_worker(project: Path, address: str, directory: Path) -> AsyncIterator[None]:
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
        yield
    finally:
        with contextlib.suppress(ProcessLookupError):
            process.kill()
        await process.wait()


async def run_order(client: Client, workflow_id: str, *, card: str, quantity: int, log: Path) -> str:
    """Run one order to its end and say how it ended.

    Raises:
        DemoError: The worker does not finish it in time.
    """
    order = {
        "order_id": workflow_id.removeprefix("order-"),
        "customer": "ada@example.com",
        "card": card,
        "sku": "kettle",
        "quantity": quantity,
        "amount_cents": 4200,
    }
    try:
        async with asyncio.timeout(PATIENCE):
            await client.execute_workflow(WORKFLOW, order, id=workflow_id, task_queue=TASK_QUEUE)
    except WorkflowFailureError as failure:
        return f"failed: {failure.cause}"
    except TimeoutError:
        words = (log / LOG).read_text("utf-8", "replace")[-LOG_SHOWN:].strip()
        raise DemoError(
            f"The example worker did not finish {workflow_id} within {PATIENCE:g} seconds.",
            cause=words or "the worker said nothing",
            fix="python -m examples.order_saga.worker   shows what is wrong",
        ) from None
    return "completed"
