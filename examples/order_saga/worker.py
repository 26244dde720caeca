"""A worker for orders: `python -m examples.order_saga.worker [--run ORDER_ID]`."""

import argparse
import asyncio
import sys
from pathlib import Path

from temporalio.client import Client, WorkflowFailureError
from temporalio.envconfig import ClientConfig
from temporalio.worker import Worker

from .activities import OrderActivities
from .models import Order
from .shop import Shop
from .workflows import OrderSaga

TASK_QUEUE = "order-saga"


def new_worker(client: Client, shop: Shop, *, task_queue: str = TASK_QUEUE) -> Worker:
    """A worker that fulfils the orders of one shop."""
    orders = OrderActivities(shop)
    return Worker(
        client,
        task_queue=task_queue,
        workflows=[OrderSaga],
        activities=[orders.charge, orders.refund, orders.reserve, orders.release, orders.notify],
    )


async def main() -> str | None:
    """Serve orders until interrupted, or fulfil one and print its result; returns why it failed."""
    parser = argparse.ArgumentParser(prog="order_saga", description="Fulfil orders as sagas.")
    parser.add_argument("--run", metavar="ORDER_ID", help="fulfil this one order, print its result, stop")
    parser.add_argument("--card", default="tok_ok", help="tok_declined is refused by the bank (default: %(default)s)")
    parser.add_argument("--quantity", type=int, default=1, help="the shelf holds 100 (default: %(default)s)")
    parser.add_argument("--database", type=Path, default=Path(".replaykit/examples/order_saga.sqlite3"))
    options = parser.parse_args()
    client = await Client.connect(**ClientConfig.load_client_connect_config())
    shop = Shop(options.database)
    shop.restock("kettle", 100)
    async with new_worker(client, shop):
        if options.run is None:
            await asyncio.Event().wait()
        order = Order(options.run, "ada@example.com", options.card, "kettle", options.quantity, 4200)
        try:
            result = await client.execute_workflow(
                OrderSaga.run, order, id=f"order-{order.order_id}", task_queue=TASK_QUEUE
            )
        except WorkflowFailureError as failure:
            return f"order-{order.order_id}: {failure.cause}"
        print(result)  # noqa: T201 -- the result is what the command is for
    return None


async def to_the_end() -> str | None:
    """Run `main`, then let the client's native threads finish: without the pause some ended in SIGSEGV."""
    try:
        return await main()
    finally:
        await asyncio.sleep(0.5)


if __name__ == "__main__":
    sys.exit(asyncio.run(to_the_end()))
