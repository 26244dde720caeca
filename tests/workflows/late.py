"""A workflow that takes back what may have ended meanwhile: the signal and the end come in one workflow task."""

import asyncio
import contextlib
from datetime import timedelta

from temporalio import activity, workflow
from temporalio.exceptions import ActivityError

HELPERS = "late-helpers"


@activity.defn
async def help_out() -> str:
    return "done"


@workflow.defn
class Late:
    def __init__(self) -> None:
        self._enough = False

    @workflow.run
    async def run(self, awaits: str) -> str:
        if awaits == "timer":
            with contextlib.suppress(TimeoutError):
                await workflow.wait_condition(lambda: self._enough, timeout=1)
        else:
            helping = workflow.start_activity(
                help_out, task_queue=HELPERS, start_to_close_timeout=timedelta(seconds=30)
            )
            await workflow.wait_condition(lambda: self._enough)
            helping.cancel()
            with contextlib.suppress(ActivityError, asyncio.CancelledError):
                await helping
        await workflow.sleep(0.01)
        return awaits

    @workflow.signal
    def enough(self) -> None:
        self._enough = True
