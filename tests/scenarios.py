"""What is recorded from the workflows in tests/workflows; speaks to the SDK alone, so that older SDKs run it too."""

import asyncio
import contextlib
import uuid
from collections.abc import AsyncIterator, Coroutine, Iterator
from typing import Any

from temporalio.client import Client, WorkflowHandle
from temporalio.worker import Worker

from tests.workflows import approval, greeting, greeting_after, greeting_before, order, tally


@contextlib.asynccontextmanager
async def worker(client: Client, workflows: list[type], activities: list[Any]) -> AsyncIterator[str]:
    """Run a worker on a task queue of its own, and name the queue."""
    queue = f"queue-{uuid.uuid4().hex[:8]}"
    async with Worker(client, task_queue=queue, workflows=workflows, activities=activities):
        yield queue


async def record_all(client: Client) -> dict[str, str]:
    """Record every history that the stories use: workflow id → the SDK's JSON."""
    recorded = await asyncio.gather(_orders(client), _approvals(client), _tallies(client), *_greetings(client))
    return {name: text for histories in recorded for name, text in histories.items()}


async def history_of(handle: WorkflowHandle[Any, Any]) -> str:
    """Fetch a run's history in the SDK's own JSON form."""
    return (await handle.fetch_history()).to_json()


async def _orders(client: Client) -> dict[str, str]:
    activities = [order.charge, order.reserve, order.label, order.announce]
    async with worker(client, [order.Order, order.Parcel], activities) as queue:
        handle = await client.start_workflow(order.Order.run, "order-1", id="order-1", task_queue=queue)
        await handle.result()
        parcel = client.get_workflow_handle("order-1-parcel")
        return {"order-1": await history_of(handle), "order-1-parcel": await history_of(parcel)}


async def _approvals(client: Client) -> dict[str, str]:
    async with worker(client, [approval.Approval], [approval.ask_model, approval.publish]) as queue:
        waiting, noted, done = [
            await client.start_workflow(approval.Approval.run, "otters", id=name, task_queue=queue)
            for name in ("approval-waiting", "approval-noted", "approval-done")
        ]
        for handle in (waiting, noted, done):
            await _until_drafted(handle)
        await noted.execute_update(approval.Approval.note, "shorter", id="note-1")
        await done.signal(approval.Approval.decide, "yes")
        await done.result()
        return {handle.id: await history_of(handle) for handle in (waiting, noted, done)}


async def _until_drafted(handle: WorkflowHandle[Any, Any]) -> None:
    """Wait until the draft has come back and the workflow task that took it up has completed."""
    while True:
        names = [event.WhichOneof("attributes") or "" for event in (await handle.fetch_history()).events]
        drafted = [index for index, name in enumerate(names) if name.startswith("activity_task_completed")]
        if drafted and any(name.startswith("workflow_task_completed") for name in names[drafted[0] :]):
            return
        await asyncio.sleep(0.02)


async def _tallies(client: Client) -> dict[str, str]:
    async with worker(client, [tally.Tally], [tally.count]) as queue:
        handle = await client.start_workflow(tally.Tally.run, 0, id="tally", task_queue=queue)
        await handle.result()
        first = client.get_workflow_handle("tally", run_id=handle.first_execution_run_id)
        last = client.get_workflow_handle("tally")
        return {"tally-continued": await history_of(first), "tally": await history_of(last)}


def _greetings(client: Client) -> Iterator[Coroutine[Any, Any, dict[str, str]]]:
    for name, module in (
        ("greeting-unpatched", greeting_before),
        ("greeting-patched", greeting),
        ("greeting-deprecated", greeting_after),
    ):
        yield _greeting(client, name, module.Greeting)


async def _greeting(client: Client, name: str, workflow: type) -> dict[str, str]:
    async with worker(client, [workflow], [greeting.greet, greeting.greet_politely]) as queue:
        handle = await client.start_workflow("Greeting", "Ada", id=name, task_queue=queue)
        await handle.result()
        return {name: await history_of(handle)}
