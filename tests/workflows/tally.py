"""A tally that counts once and continues as new, until it has counted twice."""

from datetime import timedelta

from temporalio import activity, workflow

SOON = timedelta(seconds=10)


@activity.defn
async def count(number: int) -> int:
    return number + 1


@workflow.defn
class Tally:
    @workflow.run
    async def run(self, number: int) -> int:
        counted = await workflow.execute_activity(count, number, start_to_close_timeout=SOON)
        if counted < 2:
            workflow.continue_as_new(counted)
        return counted
