"""A tour past places of which any worker knows how to show one."""

from collections.abc import Sequence
from datetime import timedelta

from temporalio import activity, workflow
from temporalio.common import RawValue

SOON = timedelta(seconds=10)
PLACES = ("abbey", "bridge", "castle", "dock", "eyot", "fort", "garden", "harbour")


@activity.defn(dynamic=True)
async def show(args: Sequence[RawValue]) -> None:
    activity.logger.info("%s %d", activity.info().activity_type, len(args))


def chosen(places: Sequence[str]) -> Sequence[str]:
    return places[:2]


def extra() -> object:
    return None


@workflow.defn(name="Subject")
class Tour:
    @workflow.run
    async def run(self, guest: str) -> str:
        for place in chosen(PLACES):
            await workflow.execute_activity(place, extra(), start_to_close_timeout=SOON)
        return guest


ACTIVITIES = (show,)
