"""Small workflows on which the simulator is held against the real server: one for each thing it simulates."""

import asyncio
from datetime import timedelta
from typing import Any

from temporalio import activity, workflow
from temporalio.client import WorkflowHandle
from temporalio.common import RetryPolicy
from temporalio.exceptions import ActivityError, ApplicationError, CancelledError

from replaykit.adapters.effects import effect
from replaykit.model.scenario import Scenario, Signal

THRICE = RetryPolicy(maximum_attempts=3)
SOON = timedelta(seconds=10)


@activity.defn
async def pay(name: str) -> dict[str, str]:
    with effect("pay", key=name, undo="give_back"):
        pass
    return {"paid": name}


@activity.defn
async def give_back(name: str) -> None:
    with effect("give_back", key=name):
        pass


@activity.defn
def pack(name: str) -> str:
    activity.heartbeat("begun")
    with effect("pack", key=name):
        pass
    with effect("label", key=name):
        pass
    return name.upper()


@workflow.defn
class Approved:
    """Waits for a signal, though not for ever."""

    def __init__(self) -> None:
        self._by: list[str] = []

    @workflow.signal
    def approve(self, by: str) -> None:
        self._by.append(by)

    @workflow.run
    async def run(self) -> str:
        try:
            await workflow.wait_condition(lambda: bool(self._by), timeout=timedelta(hours=1))
        except TimeoutError:
            return "nobody"
        await workflow.execute_activity(pay, "approved", start_to_close_timeout=SOON, retry_policy=THRICE)
        return self._by[0]


@workflow.defn
class Packed:
    """A thread's activity that heartbeats, within a time for all its attempts."""

    @workflow.run
    async def run(self) -> str:
        await asyncio.sleep(60)
        return await workflow.execute_activity(
            pack,
            "box",
            start_to_close_timeout=SOON,
            heartbeat_timeout=timedelta(seconds=5),
            schedule_to_close_timeout=timedelta(minutes=2),
        )


@workflow.defn
class Local:
    """Local activities, and what takes them back."""

    @workflow.run
    async def run(self) -> str:
        try:
            await workflow.execute_local_activity(pay, "local", start_to_close_timeout=SOON, retry_policy=THRICE)
            await workflow.sleep(5)
            await workflow.execute_local_activity(pay, "other", start_to_close_timeout=SOON, retry_policy=THRICE)
        except (ApplicationError, asyncio.CancelledError) as error:
            for name in ("local", "other"):
                await workflow.execute_local_activity(give_back, name, start_to_close_timeout=SOON)
            message = "taken back"
            raise ApplicationError(message, type="TakenBack") from error
        return "done"


@workflow.defn
class Ship:
    """A child with one step."""

    @workflow.run
    async def run(self, name: str) -> str:
        await workflow.execute_activity(pay, name, start_to_close_timeout=SOON, retry_policy=THRICE)
        return f"{name} shipped"


@workflow.defn
class Order:
    """Two children, one after the other."""

    @workflow.run
    async def run(self) -> list[str]:
        own = workflow.info().workflow_id
        return [await workflow.execute_child_workflow(Ship.run, name, id=f"{own}-{name}") for name in ("left", "right")]


@workflow.defn
class Chain:
    """Three runs of one chain."""

    @workflow.run
    async def run(self, left: int = 2) -> int:
        await workflow.execute_activity(pay, f"link {left}", start_to_close_timeout=SOON, retry_policy=THRICE)
        if left:
            workflow.continue_as_new(left - 1)
        return left


@workflow.defn
class Counter:
    """An update with an activity in it, a patch and a timer."""

    def __init__(self) -> None:
        self._sum = 0

    @workflow.update
    async def add(self, number: int) -> int:
        await workflow.execute_activity(pay, f"add {number}", start_to_close_timeout=SOON, retry_policy=THRICE)
        self._sum += number
        return self._sum

    @add.validator
    def _small(self, number: int) -> None:
        if number > 9:
            message = "too large"
            raise ValueError(message)

    @workflow.run
    async def run(self) -> int:
        await workflow.wait_condition(lambda: bool(self._sum))
        if workflow.patched("slower"):
            await workflow.sleep(30)
        return self._sum


@workflow.defn
class Patient:
    """Waits for the end of what it cancels, and shields what must be done."""

    @workflow.run
    async def run(self) -> str:
        try:
            await workflow.execute_activity(
                pay,
                "patient",
                start_to_close_timeout=SOON,
                retry_policy=THRICE,
                cancellation_type=workflow.ActivityCancellationType.WAIT_CANCELLATION_COMPLETED,
            )
        except ActivityError as error:
            if isinstance(error.cause, CancelledError):
                await asyncio.shield(workflow.execute_activity(give_back, "patient", start_to_close_timeout=SOON))
            raise
        return "paid"


async def approves(handle: WorkflowHandle[Any, Any]) -> None:
    await handle.signal(Approved.approve, "a person")


SCENARIOS = {
    "a signal and a timer": Scenario(
        workflow=Approved, activities=[pay], drive=approves, signals=[Signal("approve", ("chaos",))]
    ),
    "a thread that heartbeats": Scenario(workflow=Packed, activities=[pack]),
    "local activities": Scenario(workflow=Local, activities=[pay, give_back]),
    "children": Scenario(workflow=Order, workflows=[Ship], activities=[pay]),
    "a chain of runs": Scenario(workflow=Chain, activities=[pay]),
    # It waits for ever for an update that failed: ten seconds tell it.
    "an update, a patch and a timer": Scenario(
        workflow=Counter, activities=[pay], updates=[Signal("add", (3,))], timeout=10
    ),
    "a cancel that is waited for": Scenario(workflow=Patient, activities=[pay, give_back]),
}
