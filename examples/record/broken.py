"""A deployment of the order saga that cannot work: what a history with a failed workflow task comes from."""

from temporalio import workflow

with workflow.unsafe.imports_passed_through():
    from examples.order_saga.activities import OrderActivities
    from examples.order_saga.models import Charge, Order, OrderResult
    from examples.order_saga.workflows import FORWARD


@workflow.defn(name="OrderSaga")
class BrokenOrderSaga:
    """Charges as the real one does, then trips over a plain bug, which fails the task and not the workflow."""

    @workflow.run
    async def run(self, order: Order) -> OrderResult:
        """Never return."""
        charge = Charge(f"{workflow.info().workflow_id}/charge", order.card, order.amount_cents)
        await workflow.execute_activity_method(OrderActivities.charge, charge, **FORWARD)
        raise KeyError(order.sku)
