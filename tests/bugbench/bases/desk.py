"""A desk where a request waits for a decision; colleagues may comment and ask."""

from datetime import timedelta

from temporalio import activity, workflow

SOON = timedelta(seconds=10)


@activity.defn
async def draft(topic: str) -> str:
    return f"draft on {topic}"


@activity.defn
async def send(text: str, decision: str) -> str:
    return f"{decision}: {text}"


@activity.defn
async def archive(text: str) -> None:
    activity.logger.info(text)


@workflow.defn(name="Subject")
class Desk:
    def __init__(self) -> None:
        self.decision = ""
        self.comments: list[str] = []

    @workflow.run
    async def run(self, topic: str) -> str:
        text = await workflow.execute_activity(draft, topic, start_to_close_timeout=SOON)
        await workflow.wait_condition(lambda: self.decision != "")
        return await workflow.execute_activity(send, args=[text, self.decision], start_to_close_timeout=SOON)

    @workflow.signal
    async def decide(self, decision: str) -> None:
        self.decision = decision

    @workflow.signal
    async def comment(self, text: str) -> None:
        self.comments.append(text)

    @workflow.signal
    async def file(self, text: str) -> None:
        await workflow.execute_activity(archive, text, start_to_close_timeout=SOON)

    @workflow.query
    def status(self) -> str:
        return self.decision or "open"


ACTIVITIES = (draft, send, archive)
