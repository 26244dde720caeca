"""The third generation of the greeting: every run without the patch has ended."""

from temporalio import workflow

from tests.workflows.greeting import SOON, greet_politely


@workflow.defn
class Greeting:
    @workflow.run
    async def run(self, name: str) -> str:
        workflow.deprecate_patch("politer")
        return await workflow.execute_activity(greet_politely, name, start_to_close_timeout=SOON)
