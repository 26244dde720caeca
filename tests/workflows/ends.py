"""Workflows that come to every kind of end, or to none."""

import asyncio
from datetime import timedelta

from temporalio import activity, workflow
from temporalio.common import VersioningBehavior
from temporalio.exceptions import ApplicationError

SOON = timedelta(seconds=20)


@activity.defn
async def look_up(name: str) -> str:
    return name.upper()


@workflow.defn
class Ends:
    def __init__(self) -> None:
        self.go = False

    @workflow.run
    async def run(self, how: str) -> str:
        if how == "patched":
            workflow.patched("second")
            workflow.patched("first")
        await workflow.execute_activity(look_up, how, start_to_close_timeout=SOON)
        match how:
            case "failed":
                raise ApplicationError("as asked", type="AsAsked")
            case "continued":
                workflow.continue_as_new("completed")
            case "on timer":
                await asyncio.sleep(3600)
            case "on signal" | "cancelled" | "terminated" | "timed out":
                await workflow.wait_condition(lambda: self.go)
        return how

    @workflow.signal
    def proceed(self) -> None:
        self.go = True


@workflow.defn
class Rare:
    @workflow.run
    async def run(self) -> None:
        pass


@workflow.defn(versioning_behavior=VersioningBehavior.PINNED)
class Pinned:
    @workflow.run
    async def run(self, how: str) -> None:
        if how == "waiting":
            await workflow.wait_condition(lambda: False)


@workflow.defn
class Chain:
    """Continues as new `left` times, with a child in each run but the last."""

    @workflow.run
    async def run(self, left: int) -> None:
        if left:
            await workflow.execute_child_workflow(Rare.run, id=f"{workflow.info().workflow_id}-child-{left}")
            workflow.continue_as_new(left - 1)


@workflow.defn
class Retried:
    @workflow.run
    async def run(self) -> None:
        if workflow.info().attempt == 1:
            raise ApplicationError("try again")
