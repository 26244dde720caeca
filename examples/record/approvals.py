"""Histories of Approval: everything a human may say, and nothing said at all."""

import asyncio
from datetime import timedelta

from temporalio.api.enums.v1 import EventType
from temporalio.client import WorkflowHandle, WorkflowUpdateFailedError

from examples.approval.activities import ApprovalActivities
from examples.approval.desk import Desk
from examples.approval.models import ApprovalRequest, ApprovalResult, Review, Verdict
from examples.approval.worker import TASK_QUEUE, new_worker, register_search_attribute
from examples.approval.workflows import Approval

from .stage import Run, Stage, ended_badly, reached
from .tasks import reset, take_task

APPROVE = Review("ada", Verdict.APPROVE)
LONG_TALK = 1020  # events

Handle = WorkflowHandle[Approval, ApprovalResult]


async def record(stage: Stage) -> list[Run]:
    """Run all approvals; returns those to export."""
    await register_search_attribute(stage.client)
    async with new_worker(stage.client, ApprovalActivities(Desk(stage.folder / "desk.sqlite3"), stage.llm)):
        groups = await asyncio.gather(
            _decided(stage), _reminded(stage), _ended_from_outside(stage), _reset(stage), _talked_over(stage)
        )
        return [run for group in groups for run in group]


async def leave_task_in_progress(stage: Stage) -> list[Run]:
    """A signal arrives and the worker that takes it dies; to be called when no worker runs."""
    await stage.client.get_workflow_handle("approval-3013").signal(Approval.comment, "and now?")
    await take_task(stage.client, TASK_QUEUE)
    return [Run("approval-3013")]


async def _decided(stage: Stage) -> list[Run]:
    published = await _start(stage, "3001")
    await published.signal(Approval.comment, "who checks the numbers?")
    await _approve(published)
    await published.query(Approval.standing)
    open_companion = await _start(stage, "3003", remind_after_seconds=0)
    await _drafted(open_companion)
    redrafted = await _start(stage, "3002", companion=open_companion.id)
    await _review(redrafted, Review("ada", Verdict.CHANGES, "shorter, please"))
    await _approve(redrafted)
    mistaken = await _start(stage, "3010")
    await _rejected_by_validator(mistaken)
    await _approve(mistaken)
    rejected = await _start(stage, "3014")
    await _review(rejected, Review("grace", Verdict.REJECT))
    for handle in (published, redrafted, mistaken, rejected):
        await handle.result()
    return [Run(handle.id) for handle in (published, redrafted, open_companion, mistaken, rejected)]


async def _reminded(stage: Stage) -> list[Run]:
    waiting = await _start(stage, "3004")
    reminded = await _start(stage, "3005", remind_after_seconds=0.5)
    taken_back = await _start(stage, "3006")
    await _drafted(taken_back)
    await taken_back.signal(Approval.withdraw)
    await _drafted(waiting)
    await reached(reminded, EventType.EVENT_TYPE_TIMER_FIRED, times=2)
    await _approve(reminded)
    await asyncio.gather(taken_back.result(), reminded.result())
    return [Run(waiting.id), Run(reminded.id), Run(taken_back.id)]


async def _ended_from_outside(stage: Stage) -> list[Run]:
    cancelled = await _start(stage, "3007")
    terminated = await _start(stage, "3008")
    timed_out = await _start(stage, "3009", execution_timeout=timedelta(seconds=12))
    interrupted = await _start(stage, "3013", task_timeout=timedelta(minutes=2))
    for handle in (cancelled, terminated, timed_out, interrupted):
        await _drafted(handle)
    await cancelled.cancel()
    await terminated.terminate("the topic is out of date")
    return [
        await ended_badly(cancelled, "CANCELED"),
        Run(terminated.id),
        await ended_badly(timed_out, "TIMED_OUT"),
    ]


async def _reset(stage: Stage) -> list[Run]:
    """Reset an open approval: the run it leaves is terminated, its comment is applied again to the new one."""
    approval = await _start(stage, "3011")
    await _drafted(approval)
    drafted = await reached(approval, EventType.EVENT_TYPE_WORKFLOW_TASK_COMPLETED, times=2)
    await approval.signal(Approval.comment, "this draft will not do")
    first_run, second_run = await reset(stage.client, approval, before=drafted.event_id)
    again = stage.client.get_workflow_handle(approval.id, result_type=ApprovalResult)
    await _drafted(again)
    await _approve(again)
    await again.result()
    return [second_run, first_run]


async def _talked_over(stage: Stage) -> list[Run]:
    """So many comments that the history passes 1,000 events."""
    approval = await _start(stage, "3012")
    await _drafted(approval)
    number = 0
    while (await approval.describe()).history_length < LONG_TALK:
        for _ in range(25):
            number += 1
            await approval.signal(Approval.comment, f"comment {number}")
    await _approve(approval)
    await approval.result()
    return [Run(approval.id)]


async def _rejected_by_validator(approval: Handle) -> None:
    """Ask for nothing in particular; a rejected update leaves no event, so only the answer can tell."""
    await _drafted(approval)
    try:
        await approval.execute_update(Approval.review, Review("ada", Verdict.CHANGES))
    except WorkflowUpdateFailedError:
        return
    message = f"{approval.id} took a review that says nothing"
    raise AssertionError(message)


async def _approve(approval: Handle) -> None:
    await _review(approval, APPROVE)


async def _review(approval: Handle, review: Review) -> None:
    await _drafted(approval)
    await approval.execute_update(Approval.review, review)


async def _drafted(approval: Handle) -> None:
    async with asyncio.timeout(60):
        while (await approval.query(Approval.standing)).state != "waiting":  # noqa: ASYNC110 -- a server's state
            await asyncio.sleep(0.1)


async def _start(
    stage: Stage,
    number: str,
    *,
    remind_after_seconds: float = 86_400,
    companion: str | None = None,
    execution_timeout: timedelta | None = None,
    task_timeout: timedelta | None = None,
) -> Handle:
    return await stage.client.start_workflow(
        Approval.run,
        ApprovalRequest("the new ferry timetable", remind_after_seconds, companion),
        id=f"approval-{number}",
        task_queue=TASK_QUEUE,
        execution_timeout=execution_timeout,
        task_timeout=task_timeout,
    )
