"""The steps of an order as activities, each safe to run more than once."""

import asyncio

from temporalio import activity

from replaykit import effect

from .models import Charge, Notice, Reservation, Undo
from .shop import Shop


class OrderActivities:
    """Charge, reserve, notify and what takes them back, on one shop."""

    def __init__(self, shop: Shop) -> None:
        self._shop = shop

    @activity.defn
    async def charge(self, charge: Charge) -> str:
        """Charge the card; returns the charge's id, which is its key."""
        with effect("charge", key=charge.key, idempotency_key=charge.key, input=charge.amount_cents, undo="refund"):
            await asyncio.to_thread(self._shop.charge, charge)
        return charge.key

    @activity.defn
    async def refund(self, undo: Undo) -> None:
        """Give the money of a charge back."""
        with effect("refund", key=undo.key, idempotency_key=undo.key):
            await asyncio.to_thread(self._shop.refund, undo.key)

    @activity.defn
    async def reserve(self, reservation: Reservation) -> str:
        """Set goods aside; returns the reservation's id, which is its key."""
        with effect("reserve", key=reservation.key, idempotency_key=reservation.key, undo="release"):
            await asyncio.to_thread(self._shop.reserve, reservation)
        return reservation.key

    @activity.defn
    async def release(self, undo: Undo) -> None:
        """Put reserved goods back on the shelf."""
        with effect("release", key=undo.key, idempotency_key=undo.key):
            await asyncio.to_thread(self._shop.release, undo.key)

    @activity.defn
    async def notify(self, notice: Notice) -> None:
        """Tell the customer."""
        with effect("notify", key=notice.key, idempotency_key=notice.key):
            await asyncio.to_thread(self._shop.note, notice)
