"""Bugs of lives that end elsewhere: deaths that nobody notices, cancels that reach one and not the other."""

import asyncio
import contextlib
from datetime import timedelta

from temporalio import activity, workflow
from temporalio.exceptions import ActivityError, ChildWorkflowError, is_cancelled_exception
from temporalio.workflow import ParentClosePolicy

from replaykit import effect
from replaykit.model.chaos_report import Violation
from replaykit.model.scenario import Scenario
from tests.planted.bugs.case import PlantedBug, Twin, at, plan
from tests.planted.bugs.families import Waits
from tests.planted.bugs.steps import STEPS, own_id, step

DEADLINE = timedelta(days=1)
# A night's work: longer than a scenario may take, so that nobody waits for its end.
NIGHT = timedelta(hours=8)


@activity.defn
async def count_stock() -> str:
    """Count all night, and tell with each shelf that it is still at work."""
    for shelf in ("north", "south"):
        with effect("count", key=f"{own_id()}/{shelf}", idempotency_key=f"{own_id()}/{shelf}"):
            activity.heartbeat(shelf)
    return "counted"


@workflow.defn(sandboxed=False)
class Stocktaking:
    """Has the stock counted, and listens to the heartbeats, or not."""

    @workflow.run
    async def run(self, how: str) -> str:
        """Count."""
        listens = timedelta(minutes=1) if how == "listens" else None
        return str(
            await workflow.execute_activity(count_stock, start_to_close_timeout=NIGHT, heartbeat_timeout=listens)
        )


@workflow.defn(sandboxed=False)
class Booking:
    """Has a guest confirm within a day, and charges who does not."""

    @workflow.run
    async def run(self, how: str) -> str:
        """Wait for the guest, or charge."""
        late = (TimeoutError, asyncio.CancelledError) if how == "takes for late" else TimeoutError
        confirmed = asyncio.ensure_future(step("notify", wait=False))
        try:
            return str(await asyncio.wait_for(asyncio.shield(confirmed), DEADLINE.total_seconds()))
        except late:
            confirmed.cancel()
        return str(await step("charge"))


@workflow.defn(sandboxed=False)
class Guardian:
    """Starts a child that outlives it, and ends it on its own way out: after a failure only, or always."""

    @workflow.run
    async def run(self, how: str) -> str:
        """Release by a child."""
        starting = asyncio.ensure_future(
            workflow.start_child_workflow(
                Waits.run, id=f"{workflow.info().workflow_id}/child", parent_close_policy=ParentClosePolicy.ABANDON
            )
        )
        try:
            # A cancel that comes while the child starts must not lose it.
            child = await asyncio.shield(starting)
            await step("notify", wait=False)
            await child.signal(Waits.go)
        except (ActivityError, asyncio.CancelledError) as error:
            if how == "always" or not is_cancelled_exception(error):
                child = await starting
                child.cancel()
                with contextlib.suppress(ChildWorkflowError, asyncio.CancelledError):
                    await child
            raise
        return await child


def _scenario(workflow_class: type, how: str, *, timeout: float = 30.0) -> Scenario:
    return Scenario(
        workflow=workflow_class, args=[how], workflows=[Waits], activities=[*STEPS, count_stock], timeout=timeout
    )


BUGS = (
    PlantedBug(
        "heartbeats_that_no_timeout_waits_for",
        _scenario(Stocktaking, "does not listen", timeout=15.0),
        plan(at("count_stock", "heartbeat_stops")),
        Violation.HUNG,
        "a worker that dies is missed when the night is over",
    ),
    PlantedBug(
        "cancel_taken_for_the_deadline",
        _scenario(Booking, "takes for late"),
        plan(at("notify", "cancel_before")),
        Violation.DIVERGED,
        "who cancels while the timer runs is charged for being late",
    ),
    PlantedBug(
        "child_left_when_the_parent_is_cancelled",
        _scenario(Guardian, "after a failure"),
        plan(at("notify", "cancel_before")),
        Violation.ORPHANED,
        "only failures end the child",
    ),
)
TWINS = (
    Twin("heartbeats_that_a_timeout_waits_for", _scenario(Stocktaking, "listens", timeout=15.0)),
    Twin("cancel_before_the_deadline", _scenario(Booking, "tells apart")),
    Twin("child_ended_on_every_way_out", _scenario(Guardian, "always")),
)
