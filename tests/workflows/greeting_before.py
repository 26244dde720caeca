"""The first generation of the greeting, before its patch."""

from temporalio import workflow

from tests.workflows.greeting import SOON, greet


@workflow.defn
class Greeting:
    @workflow.run
    async def run(self, name: str) -> str:
        return await workflow.execute_activity(greet, name, start_to_close_timeout=SOON)
