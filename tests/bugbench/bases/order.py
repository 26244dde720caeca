"""An order: charged, reserved, left to rest, announced twice."""

from datetime import timedelta

from temporalio import activity, workflow

SOON = timedelta(seconds=10)


@activity.defn
async def charge(order: str, cents: int) -> str:
    return f"receipt {order} {cents}"


@activity.defn
async def reserve(order: str) -> int:
    return len(order)


@activity.defn
async def notify(order: str, text: str) -> None:
    activity.logger.info("%s: %s", order, text)


@workflow.defn(name="Subject")
class Order:
    @workflow.run
    async def run(self, order: str, cents: int) -> str:
        receipt = await workflow.execute_activity(charge, args=[order, cents], start_to_close_timeout=SOON)
        shelf = await workflow.execute_activity(reserve, order, start_to_close_timeout=SOON)
        await workflow.sleep(0.1)
        for text in ("picked", "packed"):
            await workflow.execute_activity(notify, args=[order, text], start_to_close_timeout=SOON)
        return f"{receipt} on shelf {shelf}"


ACTIVITIES = (charge, reserve, notify)
