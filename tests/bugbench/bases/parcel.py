"""A parcel described by a dataclass, weighed and sent."""

from dataclasses import dataclass
from datetime import timedelta

from temporalio import activity, workflow

SOON = timedelta(seconds=10)


@dataclass
class Parcel:
    code: str
    grams: int


@activity.defn
async def weigh(parcel: Parcel) -> Parcel:
    return Parcel(parcel.code, parcel.grams + 1)


@activity.defn
async def send(parcel: Parcel) -> str:
    return f"sent {parcel.code}"


@workflow.defn(name="Subject")
class Sending:
    @workflow.run
    async def run(self, parcel: Parcel) -> str:
        weighed = await workflow.execute_activity(weigh, parcel, start_to_close_timeout=SOON)
        if weighed.grams > 1000:
            await workflow.sleep(0.05)
        return await workflow.execute_activity(send, weighed, start_to_close_timeout=SOON)


ACTIVITIES = (weigh, send)
