"""The same saga with one careless line, for the tutorial: `replaykit chaos examples.order_saga.careless:ORDER`."""

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from temporalio import activity

from replaykit import Scenario, effect

from .activities import OrderActivities
from .chaos import ORDER as CAREFUL
from .models import Charge
from .shop import Shop


class CarelessOrderActivities(OrderActivities):
    """Charges under a key that is another one with each attempt."""

    @activity.defn
    async def charge(self, charge: Charge) -> str:
        """Charge the card: twice, if the first attempt's answer gets lost."""
        key = f"{charge.key}/{activity.info().attempt}"
        with effect("charge", key=charge.key, idempotency_key=key, input=charge.amount_cents, undo="refund"):
            await asyncio.to_thread(self._shop.charge, replace(charge, key=key))
        return charge.key


def activities() -> Sequence[Callable[..., Any]]:
    """The careless activities on a shop of their own."""
    shop = Shop(Path(".replaykit/chaos/careless.sqlite3"))
    shop.restock("kettle", 1_000_000)
    orders = CarelessOrderActivities(shop)
    return [orders.charge, orders.refund, orders.reserve, orders.release, orders.notify]


ORDER = Scenario(
    name="careless_order",
    workflow=CAREFUL.workflow,
    args=CAREFUL.args,
    activities=activities,
    failures=CAREFUL.failures,
)
