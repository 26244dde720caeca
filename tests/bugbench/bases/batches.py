"""Batches: so many items a run, then continued as new with the rest."""

from datetime import timedelta

from temporalio import activity, workflow

SOON = timedelta(seconds=10)


@activity.defn
async def work(item: int) -> int:
    return item


@workflow.defn(name="Subject")
class Batches:
    @workflow.run
    async def run(self, at: int, end: int) -> int:
        for item in range(at, at + 2):
            await workflow.execute_activity(work, item, start_to_close_timeout=SOON)
        if at + 2 < end:
            workflow.continue_as_new(args=[at + 2, end])
        return end


ACTIVITIES = (work,)
