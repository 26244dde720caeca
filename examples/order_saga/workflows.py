"""An order as a saga: charge, reserve, notify, and all of it taken back when a step fails."""

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import suppress
from datetime import timedelta

from temporalio import workflow
from temporalio.common import RetryPolicy
from temporalio.exceptions import ApplicationError, FailureError, is_cancelled_exception

with workflow.unsafe.imports_passed_through():
    from .activities import OrderActivities
    from .models import Charge, Notice, Order, OrderResult, Reservation, Undo

FORWARD = workflow.ActivityConfig(
    start_to_close_timeout=timedelta(seconds=30),
    retry_policy=RetryPolicy(
        initial_interval=timedelta(seconds=1),
        backoff_coefficient=2.0,
        maximum_attempts=5,
        non_retryable_error_types=["AlreadyUndoneError", "CardDeclinedError", "OutOfStockError"],
    ),
)
# What was done must be taken back, however long the bank is away: no limit on the attempts.
BACKWARD = workflow.ActivityConfig(
    start_to_close_timeout=timedelta(seconds=30),
    retry_policy=RetryPolicy(maximum_interval=timedelta(minutes=5)),
)


@workflow.defn
class OrderSaga:
    """Charge → reserve → notify; on failure or cancellation, compensations in reverse."""

    def __init__(self) -> None:
        self._status = "placed"
        self._compensations: list[tuple[Callable[[OrderActivities, Undo], Awaitable[None]], Undo]] = []

    @workflow.run
    async def run(self, order: Order) -> OrderResult:
        """Fulfil the order, or leave no trace of it.

        Raises:
            ApplicationError: A step failed for good and what was done has been taken back.
        """
        workflow_id = workflow.info().workflow_id
        try:
            charge = Charge(f"{workflow_id}/charge", order.card, order.amount_cents)
            self._on_failure(OrderActivities.refund, charge.key)
            charge_id = await workflow.execute_activity_method(OrderActivities.charge, charge, **FORWARD)
            self._status = "charged"

            reservation = Reservation(f"{workflow_id}/reserve", order.sku, order.quantity)
            self._on_failure(OrderActivities.release, reservation.key)
            reservation_id = await workflow.execute_activity_method(OrderActivities.reserve, reservation, **FORWARD)
            self._status = "reserved"

            notice = Notice(f"{workflow_id}/notify", order.customer, f"order {order.order_id} is on its way")
            await workflow.execute_activity_method(OrderActivities.notify, notice, **FORWARD)
            self._status = "confirmed"
        # A cancellation reaches us as ActivityError or, when it arrives together with an activity's
        # result, as a bare CancelledError: a saga that catches only the first skips its rollback.
        except (FailureError, asyncio.CancelledError) as error:
            await self._roll_back()
            if is_cancelled_exception(error):
                raise
            message = f"order {order.order_id} was rolled back"
            raise ApplicationError(message, type="OrderRolledBack", non_retryable=True) from error
        return OrderResult(order.order_id, charge_id, reservation_id)

    @workflow.query
    def status(self) -> str:
        """How far the order has come."""
        return self._status

    def _on_failure(self, compensation: Callable[[OrderActivities, Undo], Awaitable[None]], key: str) -> None:
        """Note the compensation before its step starts: a step that timed out may still have happened."""
        self._compensations.append((compensation, Undo(key)))

    async def _roll_back(self) -> None:
        """Take back what was done, whoever cancels meanwhile: half an order is worse than a late answer."""
        self._status = "rolling back"
        undoing = asyncio.create_task(self._undo())
        while not undoing.done():
            with suppress(asyncio.CancelledError):
                await asyncio.shield(undoing)
        await undoing
        self._status = "rolled back"

    async def _undo(self) -> None:
        failed: FailureError | None = None
        for compensation, undo in reversed(self._compensations):
            try:
                await workflow.execute_activity_method(compensation, undo, **BACKWARD)
            except FailureError as error:  # what cannot be taken back must not keep the rest from it
                failed = error
        if failed is not None:
            raise failed
