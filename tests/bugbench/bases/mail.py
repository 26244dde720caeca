"""A mail run: tells one workflow something, and calls another off."""

from datetime import timedelta

from temporalio import activity, workflow

SOON = timedelta(seconds=10)


@activity.defn
async def stamp(letter: str) -> str:
    return f"stamped {letter}"


@workflow.defn
class Box:
    def __init__(self) -> None:
        self.letters: list[str] = []

    @workflow.run
    async def run(self) -> None:
        await workflow.wait_condition(lambda: len(self.letters) == 99)

    @workflow.signal
    def drop(self, letter: str) -> None:
        self.letters.append(letter)


@workflow.defn(name="Subject")
class Mail:
    @workflow.run
    async def run(self, letter: str) -> str:
        for name in ("north", "south"):
            await workflow.start_child_workflow(Box.run, id=f"box-{name}", parent_close_policy=CLOSE)
        stamped = await workflow.execute_activity(stamp, letter, start_to_close_timeout=SOON)
        box = workflow.get_external_workflow_handle("box-north")
        await box.signal("drop", stamped)
        await workflow.get_external_workflow_handle("box-south").cancel()
        return stamped


CLOSE = workflow.ParentClosePolicy.TERMINATE
ACTIVITIES = (stamp,)
OTHERS = (Box,)
