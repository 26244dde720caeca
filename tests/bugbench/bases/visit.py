"""A visit, whose wait is of another kind in each open shape: activity, timer, child, local activity."""

import asyncio
from datetime import timedelta

from temporalio import activity, workflow

SOON = timedelta(seconds=10)
LONG = timedelta(hours=1)


@activity.defn
async def prepare(name: str) -> str:
    return f"prepared {name}"


@activity.defn
async def examine(name: str) -> str:
    while True:
        activity.heartbeat(name)
        await asyncio.sleep(0.1)


@activity.defn
async def measure(name: str) -> str:
    await asyncio.sleep(8)
    return name


@workflow.defn
class Nap:
    @workflow.run
    async def run(self, name: str) -> str:
        await workflow.sleep(LONG)
        return name


@workflow.defn(name="Subject")
class Visit:
    @workflow.run
    async def run(self, shape: str) -> str:
        await workflow.execute_activity(prepare, shape, start_to_close_timeout=SOON)
        if shape == "activity":
            await workflow.execute_activity(examine, shape, start_to_close_timeout=LONG)
        elif shape == "timer":
            await workflow.sleep(LONG)
        elif shape == "child":
            await workflow.execute_child_workflow(Nap.run, shape, id="nap")
        elif shape == "local":
            await workflow.execute_local_activity(measure, shape, start_to_close_timeout=LONG)
        await workflow.execute_activity(prepare, "leave", start_to_close_timeout=SOON)
        return shape


ACTIVITIES = (prepare, examine, measure)
OTHERS = (Nap,)
