"""A booking: holds a seat, tries to pay, and gives the seat back when that fails or is called off."""

import asyncio
from datetime import timedelta

from temporalio import activity, workflow
from temporalio.common import RetryPolicy
from temporalio.exceptions import ActivityError, ApplicationError, is_cancelled_exception

SOON = timedelta(seconds=10)
ONCE = RetryPolicy(maximum_attempts=1)


@activity.defn
async def hold(seat: str) -> str:
    return f"hold-{seat}"


@activity.defn
async def pay(seat: str) -> str:
    if seat.startswith("poor"):
        raise ApplicationError("no funds", type="NoFunds", non_retryable=True)
    while seat.startswith("slow"):
        activity.heartbeat()
        await asyncio.sleep(0.1)
    return "paid"


@activity.defn
async def release(seat: str) -> None:
    activity.logger.info("released %s", seat)


@activity.defn
async def regret(seat: str) -> None:
    activity.logger.info("%s called off", seat)


@workflow.defn(name="Subject")
class Booking:
    @workflow.run
    async def run(self, seat: str) -> str:
        await workflow.execute_activity(hold, seat, start_to_close_timeout=SOON)
        try:
            return await workflow.execute_activity(
                pay,
                seat,
                start_to_close_timeout=SOON,
                heartbeat_timeout=timedelta(seconds=2),
                retry_policy=ONCE,
            )
        except ActivityError as error:
            if is_cancelled_exception(error):
                await workflow.execute_activity(regret, seat, start_to_close_timeout=SOON)
                raise
            await workflow.execute_activity(release, seat, start_to_close_timeout=SOON)
            raise ApplicationError("not booked", seat, type="NotBooked", non_retryable=True) from error


ACTIVITIES = (hold, pay, release, regret)
