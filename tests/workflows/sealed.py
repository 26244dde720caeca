"""A workflow that has payloads in every kind of place."""

from datetime import timedelta

from temporalio import activity, workflow
from temporalio.common import RetryPolicy
from temporalio.exceptions import ActivityError, ApplicationError

SOON = timedelta(seconds=30)
ONCE = RetryPolicy(maximum_attempts=1)


@activity.defn
async def seal(text: str, times: int) -> list[str]:
    return [text] * times


@activity.defn
async def refuse(text: str) -> str:
    raise ApplicationError(f"refused {text}", {"refused": text}, non_retryable=True)


@workflow.defn
class SealedChild:
    @workflow.run
    async def run(self, text: str) -> str:
        if text == "bad":
            raise ApplicationError(f"child refused {text}", text)
        return f"child of {text}"


@workflow.defn
class Sealed:
    def __init__(self) -> None:
        self.word = ""

    @workflow.run
    async def run(self, text: str) -> str:
        workflow.patched("sealed-patch")
        workflow.upsert_memo({"note": f"memo of {text}"})
        await workflow.wait_condition(lambda: bool(self.word))
        await workflow.execute_activity(seal, args=[text, 2], start_to_close_timeout=SOON, summary=f"seals {text}")
        await workflow.execute_local_activity(seal, args=[self.word, 1], start_to_close_timeout=SOON)
        try:
            await workflow.execute_activity(refuse, text, retry_policy=ONCE, start_to_close_timeout=SOON)
        except ActivityError as error:
            self.word += f", {error.cause}"
        workflow_id = workflow.info().workflow_id
        child = await workflow.execute_child_workflow(
            SealedChild.run, text, id=f"{workflow_id}-child", memo={"kept": text}
        )
        return f"{self.word}, {child}"

    @workflow.update
    async def hear(self, word: str) -> str:
        self.word = word
        return f"heard {word}"
