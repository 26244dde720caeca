"""Histories of OrderSaga: every way an order can go, and some that only infrastructure can."""

import asyncio
from datetime import timedelta

from temporalio.api.enums.v1 import EventType
from temporalio.client import WorkflowHandle
from temporalio.worker import Worker

from examples.order_saga.activities import OrderActivities
from examples.order_saga.models import Order, OrderResult
from examples.order_saga.worker import TASK_QUEUE, new_worker
from examples.order_saga.workflows import OrderSaga

from .broken import BrokenOrderSaga
from .moody_shop import MoodyShop
from .stage import Run, Stage, ended_badly, reached
from .tasks import reset, take_task

CANARY_QUEUE = "order-saga-canary"
CRASH_QUEUE = "order-saga-crash"


async def record(stage: Stage) -> list[Run]:
    """Run all orders; returns those to export."""
    shop = MoodyShop(
        stage.folder / "orders.sqlite3",
        relay_away={"order-1004": 2, "order-1005": 99, "order-1006": 99},
        terminal_hangs=["order-1007", "order-1008", "order-1013"],
    )
    shop.restock("kettle", 1000)
    try:
        async with new_worker(stage.client, shop):
            groups = await asyncio.gather(
                _finished(stage), _stopped(stage), _after_broken_deployment(stage, shop), _after_crash(stage, shop)
            )
            return [run for group in groups for run in group]
    finally:
        shop.close()


async def _finished(stage: Stage) -> list[Run]:
    completed = await _place(stage, "1001")
    declined = await _place(stage, "1002", card="tok_declined")
    out_of_stock = await _place(stage, "1003", quantity=5000)
    notified_late = await _place(stage, "1004")
    never_notified = await _place(stage, "1005")
    await asyncio.gather(completed.result(), notified_late.result())
    again = await _place(stage, "1012")
    await again.result()
    # Back to the task that asks for the notice: the books ignore the repeated keys.
    first_run, second_run = await reset(stage.client, again, before=await _third_task(again))
    failed = await asyncio.gather(*(ended_badly(order, "FAILED") for order in (declined, out_of_stock, never_notified)))
    await again.result()
    return [Run(completed.id), Run(notified_late.id), *failed, second_run, first_run]


async def _stopped(stage: Stage) -> list[Run]:
    cancelled = await _place(stage, "1006")
    await reached(cancelled, EventType.EVENT_TYPE_ACTIVITY_TASK_SCHEDULED, times=3)
    await cancelled.cancel()
    terminated = await _place(stage, "1007")
    pending = await _place(stage, "1008")
    timed_out = await _place(stage, "1013", execution_timeout=timedelta(seconds=2))
    for order in (terminated, pending):
        await reached(order, EventType.EVENT_TYPE_ACTIVITY_TASK_SCHEDULED, times=2)
    await terminated.terminate("the customer has passed away")
    return [
        await ended_badly(cancelled, "CANCELED"),
        Run(terminated.id),
        Run(pending.id),
        await ended_badly(timed_out, "TIMED_OUT"),
    ]


async def _after_broken_deployment(stage: Stage, shop: MoodyShop) -> list[Run]:
    """A workflow task fails on a broken deployment and goes through on the mended one."""
    activities = OrderActivities(shop)
    async with Worker(
        stage.client,
        task_queue=CANARY_QUEUE,
        workflows=[BrokenOrderSaga],
        activities=[activities.charge],
    ):
        order = await _place(stage, "1010", task_queue=CANARY_QUEUE)
        await reached(order, EventType.EVENT_TYPE_WORKFLOW_TASK_FAILED)
    async with new_worker(stage.client, shop, task_queue=CANARY_QUEUE):
        await order.result()
    return [Run(order.id)]


async def _after_crash(stage: Stage, shop: MoodyShop) -> list[Run]:
    """A worker takes a workflow task and is never heard of again; the next one finishes the order."""
    order = await _place(stage, "1011", task_queue=CRASH_QUEUE, task_timeout=timedelta(seconds=1))
    await take_task(stage.client, CRASH_QUEUE)
    async with new_worker(stage.client, shop, task_queue=CRASH_QUEUE):
        await order.result()
    return [Run(order.id)]


async def leave_task_in_progress(stage: Stage) -> list[Run]:
    """The very first workflow task is taken and not done; to be called when no worker runs."""
    order = await _place(stage, "1009", task_timeout=timedelta(minutes=2))
    await take_task(stage.client, TASK_QUEUE)
    return [Run(order.id)]


async def _third_task(order: WorkflowHandle[OrderSaga, OrderResult]) -> int:
    return (await reached(order, EventType.EVENT_TYPE_WORKFLOW_TASK_COMPLETED, times=3)).event_id


async def _place(
    stage: Stage,
    number: str,
    *,
    card: str = "tok_ok",
    quantity: int = 1,
    task_queue: str = TASK_QUEUE,
    execution_timeout: timedelta | None = None,
    task_timeout: timedelta | None = None,
) -> WorkflowHandle[OrderSaga, OrderResult]:
    return await stage.client.start_workflow(
        OrderSaga.run,
        Order(number, "ada@example.com", card, "kettle", quantity, 4200),
        id=f"order-{number}",
        task_queue=task_queue,
        execution_timeout=execution_timeout,
        task_timeout=task_timeout,
    )
