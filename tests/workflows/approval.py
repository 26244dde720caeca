"""A draft that waits for a person: signalled, noted upon by updates, published."""

from datetime import timedelta

from temporalio import activity, workflow

SOON = timedelta(seconds=10)


@activity.defn
async def ask_model(prompt: str) -> str:
    return f"draft for: {prompt}"


@activity.defn
async def publish(draft: str) -> str:
    return f"published {draft}"


@workflow.defn
class Approval:
    def __init__(self) -> None:
        self.decision = ""
        self.notes: list[str] = []

    @workflow.run
    async def run(self, topic: str) -> str:
        draft = await workflow.execute_activity(ask_model, f"Write about {topic}.", start_to_close_timeout=SOON)
        await workflow.wait_condition(lambda: bool(self.decision))
        await workflow.execute_activity(publish, draft, start_to_close_timeout=SOON)
        return "published"

    @workflow.signal
    def decide(self, decision: str) -> None:
        self.decision = decision

    @workflow.update
    def note(self, text: str) -> int:
        self.notes.append(text)
        return len(self.notes)
