"""A ledger that takes entries by update until it is closed."""

from datetime import timedelta

from temporalio import activity, workflow
from temporalio.exceptions import ApplicationError

SOON = timedelta(seconds=10)


@activity.defn
async def verify(entry: int) -> bool:
    return entry > 0


@workflow.defn(name="Subject")
class Ledger:
    def __init__(self) -> None:
        self.total = 0
        self.closed = False

    @workflow.run
    async def run(self, name: str) -> str:
        await workflow.wait_condition(lambda: self.closed)
        return f"{name}: {self.total}"

    @workflow.update
    async def add(self, entry: int) -> int:
        self.total += entry
        return self.total

    @workflow.update
    async def check(self, entry: int) -> bool:
        return await workflow.execute_activity(verify, entry, start_to_close_timeout=SOON)

    @check.validator
    def validate_check(self, entry: int) -> None:
        if entry == 0:
            raise ValueError("nothing to check")

    @workflow.update
    async def refuse(self, reason: str) -> None:
        raise ApplicationError(f"refused: {reason}", type="Refused")

    @workflow.signal
    def close(self) -> None:
        self.closed = True


ACTIVITIES = (verify,)
