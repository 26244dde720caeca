"""Orders end fulfilled or without a trace."""

import asyncio
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest
from temporalio.api.enums.v1 import EventType
from temporalio.client import Client, WorkflowFailureError, WorkflowHandle
from temporalio.exceptions import ApplicationError, CancelledError

from examples.order_saga.models import Charge, Notice, Order, OrderResult, Reservation
from examples.order_saga.shop import AlreadyUndoneError, Shop
from examples.order_saga.worker import TASK_QUEUE, new_worker
from examples.order_saga.workflows import OrderSaga
from examples.record.moody_shop import MoodyShop
from examples.record.stage import reached
from tests.recording import Server

Handle = WorkflowHandle[OrderSaga, OrderResult]


def order(order_id: str, *, card: str = "tok_ok", quantity: int = 2) -> Order:
    return Order(order_id, "ada@example.com", card, "kettle", quantity, 4200)


async def place(client: Client, wanted: Order) -> Handle:
    return await client.start_workflow(OrderSaga.run, wanted, id=wanted.order_id, task_queue=TASK_QUEUE)


async def scheduled(handle: Handle) -> list[str]:
    history = await handle.fetch_history()
    return [
        event.activity_task_scheduled_event_attributes.activity_type.name
        for event in history.events
        if event.HasField("activity_task_scheduled_event_attributes")
    ]


def stock(database: Path) -> int:
    with closing(sqlite3.connect(database)) as books:
        (left,) = books.execute("SELECT quantity FROM stock WHERE sku = 'kettle'").fetchone()
        return int(left)


@pytest.fixture
def database(tmp_path: Path) -> Path:
    path = tmp_path / "shop.sqlite3"
    Shop(path).restock("kettle", 10)
    return path


def test_good_order_is_charged_reserved_and_notified(server: Server, database: Path) -> None:
    async def story(client: Client) -> None:
        async with new_worker(client, Shop(database)):
            handle = await place(client, order("saga-good"))
            result = await handle.result()
            assert result == OrderResult("saga-good", "saga-good/charge", "saga-good/reserve")
            assert await handle.query(OrderSaga.status) == "confirmed"
            assert await scheduled(handle) == ["charge", "reserve", "notify"]

    server.run(story)
    assert stock(database) == 8


def test_order_out_of_stock_is_taken_back_in_reverse(server: Server, database: Path) -> None:
    async def story(client: Client) -> None:
        async with new_worker(client, Shop(database)):
            handle = await place(client, order("saga-out", quantity=99))
            with pytest.raises(WorkflowFailureError) as failure:
                await handle.result()
            cause = failure.value.cause
            assert isinstance(cause, ApplicationError)
            assert cause.type == "OrderRolledBack"
            assert await scheduled(handle) == ["charge", "reserve", "release", "refund"]
            assert await handle.query(OrderSaga.status) == "rolled back"

    server.run(story)
    assert stock(database) == 10


def test_cancelled_order_is_taken_back_and_ends_cancelled(server: Server, database: Path) -> None:
    async def story(client: Client) -> None:
        shop = MoodyShop(database, relay_away={"saga-cancelled": 99}, terminal_hangs=())
        async with new_worker(client, shop):
            handle = await place(client, order("saga-cancelled"))
            await reached(handle, EventType.EVENT_TYPE_ACTIVITY_TASK_SCHEDULED, times=3)
            await handle.cancel()
            with pytest.raises(WorkflowFailureError) as failure:
                await handle.result()
            assert isinstance(failure.value.cause, CancelledError)
            assert await scheduled(handle) == ["charge", "reserve", "notify", "release", "refund"]

    server.run(story)
    assert stock(database) == 10


def test_mail_relay_that_comes_back_costs_attempts_and_nothing_else(server: Server, database: Path) -> None:
    async def story(client: Client) -> None:
        shop = MoodyShop(database, relay_away={"saga-patient": 1}, terminal_hangs=())
        async with new_worker(client, shop):
            await (await place(client, order("saga-patient"))).result()

    server.run(story)
    assert stock(database) == 8


def test_repeated_step_changes_nothing(database: Path) -> None:
    shop = Shop(database)
    for _ in range(2):
        shop.charge(Charge("o/charge", "tok_ok", 100))
        shop.reserve(Reservation("o/reserve", "kettle", 3))
        shop.note(Notice("o/notify", "ada", "hello"))
    assert stock(database) == 7
    for _ in range(2):
        shop.release("o/reserve")
        shop.refund("o/charge")
    assert stock(database) == 10


def test_step_that_comes_after_its_undo_is_refused(database: Path) -> None:
    shop = Shop(database)
    shop.refund("late/charge")
    shop.release("late/reserve")
    with pytest.raises(AlreadyUndoneError):
        shop.charge(Charge("late/charge", "tok_ok", 100))
    with pytest.raises(AlreadyUndoneError):
        shop.reserve(Reservation("late/reserve", "kettle", 1))
    assert stock(database) == 10


def test_orders_at_the_same_time_share_the_shelf(server: Server, database: Path) -> None:
    async def story(client: Client) -> None:
        async with new_worker(client, Shop(database)):
            handles = [await place(client, order(f"saga-crowd-{number}", quantity=4)) for number in range(3)]
            outcomes = await asyncio.gather(*(handle.result() for handle in handles), return_exceptions=True)
            assert sum(isinstance(outcome, OrderResult) for outcome in outcomes) == 2

    server.run(story)
    assert stock(database) == 2
