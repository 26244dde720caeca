"""A greeting in its second generation: politer behind a patch, then signed."""

from datetime import timedelta

from temporalio import activity, workflow

SOON = timedelta(seconds=10)


@activity.defn
async def greet(name: str) -> str:
    return f"Hi {name}"


@activity.defn
async def greet_politely(name: str) -> str:
    return f"Good day, {name}"


@activity.defn
async def sign(text: str) -> str:
    return f"{text}. Yours"


@workflow.defn(name="Subject")
class Greeting:
    @workflow.run
    async def run(self, name: str) -> str:
        if workflow.patched("politer"):
            text = await workflow.execute_activity(greet_politely, name, start_to_close_timeout=SOON)
        else:
            text = await workflow.execute_activity(greet, name, start_to_close_timeout=SOON)
        return await workflow.execute_activity(sign, text, start_to_close_timeout=SOON)


ACTIVITIES = (greet, greet_politely, sign)
