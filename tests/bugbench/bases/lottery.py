"""A lottery that draws with Temporal's own randomness."""

from datetime import timedelta

from temporalio import activity, workflow

SOON = timedelta(seconds=10)


@activity.defn
async def draw(name: str, number: int) -> int:
    activity.logger.info("%s draws", name)
    return number


@activity.defn
async def award(name: str, token: str) -> None:
    activity.logger.info("%s: %s", name, token)


@workflow.defn(name="Subject")
class Lottery:
    @workflow.run
    async def run(self, name: str) -> int:
        number = workflow.random().randint(1, 10**9)
        await workflow.execute_activity(draw, args=[name, number], start_to_close_timeout=SOON)
        token = str(workflow.uuid4())
        await workflow.execute_activity(award, args=[name, token], start_to_close_timeout=SOON)
        return number


ACTIVITIES = (draw, award)
