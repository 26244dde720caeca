"""An order: charged, reserved, labelled, waited for, sent by a child workflow, announced."""

from datetime import timedelta

from temporalio import activity, workflow

SOON = timedelta(seconds=10)


@activity.defn
async def charge(order: str, cents: int) -> str:
    return f"receipt {order} {cents}"


@activity.defn
async def reserve(order: str) -> str:
    return f"reserved {order}"


@activity.defn
async def label(order: str) -> str:
    return f"label {order}"


@activity.defn
async def announce(order: str, text: str) -> None:
    activity.logger.info("%s: %s", order, text)


@workflow.defn
class Parcel:
    @workflow.run
    async def run(self, order: str) -> str:
        return f"parcel {order}"


@workflow.defn
class Order:
    @workflow.run
    async def run(self, order: str) -> str:
        receipt = await workflow.execute_activity(charge, args=[order, 4200], start_to_close_timeout=SOON)
        await workflow.execute_activity(reserve, order, start_to_close_timeout=SOON)
        text = await workflow.execute_local_activity(label, order, start_to_close_timeout=SOON)
        await workflow.sleep(timedelta(milliseconds=50))
        await workflow.execute_child_workflow(Parcel.run, order, id=f"{order}-parcel")
        await workflow.execute_activity(announce, args=[order, text], start_to_close_timeout=SOON)
        return receipt
