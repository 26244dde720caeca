"""Orders under chaos: `replaykit chaos examples/order_saga`."""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from replaykit import Scenario

from .activities import OrderActivities
from .models import Order
from .shop import Shop
from .workflows import OrderSaga


def activities() -> Sequence[Callable[..., Any]]:
    """The real activities on a shop of their own; its shelf is full for as many orders as it takes."""
    shop = Shop(Path(".replaykit/chaos/order_saga.sqlite3"))
    shop.restock("kettle", 1_000_000)
    orders = OrderActivities(shop)
    return [orders.charge, orders.refund, orders.reserve, orders.release, orders.notify]


ORDER = Scenario(
    name="order_saga",
    workflow=OrderSaga,
    args=[Order("17", "ada@example.com", "tok_ok", "kettle", 1, 4200)],
    activities=activities,
    failures=["OrderRolledBack"],
)
