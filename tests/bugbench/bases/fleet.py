"""A fleet: one child workflow after the other, the second with an id that Temporal's SDK draws."""

from datetime import timedelta

from temporalio import activity, workflow

SOON = timedelta(seconds=10)


@activity.defn
async def close(fleet: str) -> None:
    activity.logger.info("%s closed", fleet)


@workflow.defn
class Truck:
    @workflow.run
    async def run(self, load: str) -> str:
        return f"drove {load}"


@workflow.defn
class Van:
    @workflow.run
    async def run(self, load: str) -> str:
        return f"carried {load}"


@workflow.defn(name="Subject")
class Fleet:
    @workflow.run
    async def run(self, fleet: str) -> str:
        first = await workflow.execute_child_workflow(Truck.run, "bricks", id=f"{fleet}-truck")
        second = await workflow.execute_child_workflow(Van.run, "glass")
        await workflow.execute_activity(close, fleet, start_to_close_timeout=SOON)
        return f"{first}, {second}"


ACTIVITIES = (close,)
OTHERS = (Truck, Van)
