"""Bugs of reports: what is told to a server counts for another than it was told of, or is told once and lost."""

import asyncio
import contextlib
from typing import Any

from temporalio import activity, workflow
from temporalio.api.common.v1 import WorkflowExecution
from temporalio.api.enums.v1 import UpdateWorkflowExecutionLifecycleStage as Stage
from temporalio.api.update.v1 import Input, Meta, Request, WaitPolicy
from temporalio.api.workflowservice.v1 import UpdateWorkflowExecutionRequest
from temporalio.client import AsyncActivityCancelledError, WorkflowHandle
from temporalio.exceptions import ApplicationError
from temporalio.service import RPCError

from replaykit.model.chaos_report import Violation
from replaykit.model.scenario import Scenario
from tests.planted.bugs.case import PlantedBug, Twin, at, at_run, plan
from tests.planted.bugs.steps import STEPS, Elsewhere, own_id, step

# The tickets that were drawn, by workflow; the last one is valid.
DRAWN = Elsewhere("drawn")
# Seconds; the ticket of the attempt before is made void.
VOIDING = 1.0


@activity.defn
async def draw_ticket(by: str) -> str:
    """Draw a ticket, which makes those of the attempts before void, and report it by the activity's id or its token."""
    info = activity.info()
    ticket = f"ticket-{info.attempt}"
    DRAWN[own_id()].add(ticket)
    if info.attempt > 1:
        await asyncio.sleep(VOIDING)
    client = activity.client()
    report = (
        client.get_async_activity_handle(
            workflow_id=own_id(), run_id=info.workflow_run_id, activity_id=info.activity_id
        )
        if by == "id"
        else client.get_async_activity_handle(task_token=info.task_token)
    )
    # Whom nobody waits for any more is told so.
    with contextlib.suppress(RPCError, AsyncActivityCancelledError):
        await report.complete(ticket)
    activity.raise_complete_async()


@activity.defn
async def board(ticket: str) -> str:
    """Let in who has the last ticket that was drawn."""
    number = int(ticket.rpartition("-")[2])
    if f"ticket-{number + 1}" in DRAWN[own_id()]:
        raise ApplicationError("the ticket is void", type="Void", non_retryable=True)
    return "on board"


@workflow.defn(sandboxed=False)
class Boarding:
    """Draws a ticket and boards."""

    @workflow.run
    async def run(self, by: str) -> str:
        """Board."""
        return str(await step("board", await step("draw_ticket", by)))


@workflow.defn(sandboxed=False)
class Ordered:
    """Tells the customer what was ordered by an update."""

    def __init__(self) -> None:
        self._ordered = False

    @workflow.run
    async def run(self) -> str:
        """Wait for the order, and tell."""
        await workflow.wait_condition(lambda: self._ordered)
        return str(await step("notify"))

    @workflow.update
    def order(self) -> str:
        """Order."""
        self._ordered = True
        return "ordered"


async def order_once(handle: WorkflowHandle[Any, Any]) -> None:
    """Order by a single request: whoever gets no answer takes it that the server has what it was sent."""
    await handle.query("__stack_trace")
    client = handle._client  # noqa: SLF001 - the handle itself would send it again
    request = UpdateWorkflowExecutionRequest(
        namespace=client.namespace,
        workflow_execution=WorkflowExecution(workflow_id=handle.id),
        wait_policy=WaitPolicy(lifecycle_stage=Stage.UPDATE_WORKFLOW_EXECUTION_LIFECYCLE_STAGE_COMPLETED),
        request=Request(meta=Meta(update_id=f"{handle.id}/order", identity="shop"), input=Input(name="order")),
    )
    with contextlib.suppress(RPCError):
        await client.workflow_service.update_workflow_execution(request)


async def order_until_it_is_answered(handle: WorkflowHandle[Any, Any]) -> None:
    """Order under one id until there is an answer, as the SDK does."""
    await handle.query("__stack_trace")
    await handle.execute_update("order", id=f"{handle.id}/order")


def _boarding(by: str) -> Scenario:
    return Scenario(workflow=Boarding, args=[by], activities=[draw_ticket, board], name=f"boarding_by_{by}")


def _ordered(drive: Any) -> Scenario:  # noqa: ANN401 - a function of the handle
    return Scenario(workflow=Ordered, activities=STEPS, drive=drive, timeout=15.0)


BUGS = (
    PlantedBug(
        "late_report_by_the_activitys_id",
        _boarding("id"),
        plan(at("draw_ticket", "completion_late")),
        Violation.DIVERGED,
        "an id names no attempt: what the first one reports late counts for the second, whose ticket made its own void",
    ),
    PlantedBug(
        "update_sent_once",
        _ordered(order_once),
        plan(at_run("server_killed")),
        Violation.HUNG,
        "an update that is not yet accepted is in the server's memory only, and dies with it",
    ),
)
TWINS = (
    Twin("late_report_by_the_token", _boarding("token")),
    Twin("update_sent_until_it_is_answered", _ordered(order_until_it_is_answered)),
)
