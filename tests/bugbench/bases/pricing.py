"""A price: looked up and rounded by local activities, with an activity between them."""

from datetime import timedelta

from temporalio import activity, workflow

SOON = timedelta(seconds=10)


@activity.defn
async def look_up(item: str) -> int:
    return 100 + len(item)


@activity.defn
async def discount(item: str) -> int:
    return len(item)


@activity.defn
async def publish(item: str, price: int) -> None:
    activity.logger.info("%s: %d", item, price)


@workflow.defn(name="Subject")
class Pricing:
    @workflow.run
    async def run(self, item: str) -> int:
        price = await workflow.execute_local_activity(look_up, item, start_to_close_timeout=SOON)
        less = await workflow.execute_local_activity(discount, item, start_to_close_timeout=SOON)
        await workflow.execute_activity(publish, args=[item, price - less], start_to_close_timeout=SOON)
        await workflow.execute_local_activity(look_up, "after", start_to_close_timeout=SOON)
        return price - less


ACTIVITIES = (look_up, discount, publish)
