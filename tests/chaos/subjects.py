"""A workflow with one of each kind of step, for faults to strike."""

from datetime import timedelta

from temporalio import activity, workflow
from temporalio.common import RetryPolicy

with workflow.unsafe.imports_passed_through():
    from replaykit import Scenario, Signal, effect

RETRIES = RetryPolicy(initial_interval=timedelta(seconds=1), maximum_attempts=3)


@activity.defn
async def price(order: str) -> int:
    return len(order)


@activity.defn
async def charge(order: str) -> dict[str, str]:
    with effect("charge", key=order):
        pass
    return {"charged": order, "by": "card"}


@activity.defn
def ship(order: str) -> str:
    # On a thread: what is declared there counts, too.
    with effect("pack", key=order):
        pass
    with effect("send", key=order):
        pass
    return f"parcel of {order}"


@workflow.defn
class Checkout:
    def __init__(self) -> None:
        self._notes: list[str] = []

    @workflow.run
    async def run(self, order: str) -> str:
        await workflow.execute_local_activity(
            price, order, start_to_close_timeout=timedelta(seconds=5), retry_policy=RETRIES
        )
        await workflow.execute_activity(
            charge,
            order,
            start_to_close_timeout=timedelta(minutes=5),
            heartbeat_timeout=timedelta(minutes=1),
            retry_policy=RETRIES,
        )
        await workflow.sleep(timedelta(hours=1))
        return await workflow.execute_activity(
            ship, order, start_to_close_timeout=timedelta(minutes=5), retry_policy=RETRIES
        )

    @workflow.signal
    def note(self, text: str) -> None:
        self._notes.append(text)


CHECKOUT = Scenario(
    name="checkout",
    workflow=Checkout,
    args=["order-17"],
    activities=[price, charge, ship],
    signals=[Signal("note", ["hello"])],
    untrusted=["charge"],
)
