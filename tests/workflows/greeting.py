"""A greeting in two generations: the second became politer, behind a patch."""

from datetime import timedelta

from temporalio import activity, workflow

SOON = timedelta(seconds=10)


@activity.defn
async def greet(name: str) -> str:
    return f"Hi {name}"


@activity.defn
async def greet_politely(name: str) -> str:
    return f"Good day, {name}"


@workflow.defn
class Greeting:
    @workflow.run
    async def run(self, name: str) -> str:
        if workflow.patched("politer"):
            return await workflow.execute_activity(greet_politely, name, start_to_close_timeout=SOON)
        return await workflow.execute_activity(greet, name, start_to_close_timeout=SOON)
