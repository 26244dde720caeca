"""Approvals wait for a human's word."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from temporalio.api.enums.v1 import EventType
from temporalio.client import (
    Client,
    WorkflowFailureError,
    WorkflowHandle,
    WorkflowUpdateFailedError,
)
from temporalio.exceptions import ApplicationError, CancelledError

from examples.approval.activities import ApprovalActivities
from examples.approval.desk import Desk
from examples.approval.models import ApprovalRequest, ApprovalResult, Review, Verdict
from examples.approval.worker import TASK_QUEUE, new_worker, register_search_attribute
from examples.approval.workflows import STATE, Approval
from examples.llm_server import LoopbackServer
from examples.record.stage import reached
from tests.recording import Server

from .client_of import client_of

APPROVE = Review("ada", Verdict.APPROVE)
Handle = WorkflowHandle[Approval, ApprovalResult]


@asynccontextmanager
async def approvals(client: Client, model: LoopbackServer, desk: Desk) -> AsyncIterator[None]:
    await register_search_attribute(client)
    async with client_of(model) as llm, new_worker(client, ApprovalActivities(desk, llm)):
        yield


async def start(
    client: Client, approval_id: str, *, remind_after_seconds: float = 0, companion: str | None = None
) -> Handle:
    handle = await client.start_workflow(
        Approval.run,
        ApprovalRequest("the ferry", remind_after_seconds, companion),
        id=approval_id,
        task_queue=TASK_QUEUE,
    )
    async with asyncio.timeout(60):
        while (await handle.query(Approval.standing)).state != "waiting":  # noqa: ASYNC110 -- a server's state
            await asyncio.sleep(0.05)
    return handle


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    return Desk(tmp_path / "desk.sqlite3")


def test_changes_bring_a_new_draft_and_approval_publishes_it(server: Server, model: LoopbackServer, desk: Desk) -> None:
    async def story(client: Client) -> None:
        async with approvals(client, model, desk):
            handle = await start(client, "approval-good")
            answer = await handle.execute_update(Approval.review, Review("ada", Verdict.CHANGES, "shorter"))
            assert answer == "draft 1: changes"
            await reached(handle, EventType.EVENT_TYPE_UPSERT_WORKFLOW_SEARCH_ATTRIBUTES, times=4)
            await handle.execute_update(Approval.review, APPROVE)
            assert await handle.result() == ApprovalResult("published", 2)
            description = await handle.describe()
            assert description.typed_search_attributes[STATE] == "published"

    server.run(story)
    assert desk.kinds("approval-good/") == ["publication"]


def test_validator_turns_nonsense_away_before_it_reaches_the_history(
    server: Server, model: LoopbackServer, desk: Desk
) -> None:
    async def story(client: Client) -> None:
        async with approvals(client, model, desk):
            handle = await start(client, "approval-strict")
            before = (await handle.describe()).history_length
            with pytest.raises(WorkflowUpdateFailedError) as refusal:
                await handle.execute_update(Approval.review, Review("ada", Verdict.CHANGES))
            assert isinstance(refusal.value.cause, ApplicationError)
            assert refusal.value.cause.type == "WishMissing"
            assert (await handle.describe()).history_length == before
            await handle.execute_update(Approval.review, Review("ada", Verdict.REJECT))
            assert await handle.result() == ApprovalResult("withdrawn", 1)

    server.run(story)
    assert desk.kinds("approval-strict/") == ["withdrawal"]


def test_silence_brings_reminders_and_the_author_may_withdraw(
    server: Server, model: LoopbackServer, desk: Desk
) -> None:
    async def story(client: Client) -> None:
        async with approvals(client, model, desk):
            handle = await start(client, "approval-silent", remind_after_seconds=0.2)
            await reached(handle, EventType.EVENT_TYPE_TIMER_STARTED, times=2)
            await handle.signal(Approval.withdraw)
            assert await handle.result() == ApprovalResult("withdrawn", 1)
            assert (await handle.query(Approval.standing)).reminders >= 1

    server.run(story)
    assert "reminder" in desk.kinds("approval-silent/")


def test_cancelled_approval_clears_its_desk_first(server: Server, model: LoopbackServer, desk: Desk) -> None:
    async def story(client: Client) -> None:
        async with approvals(client, model, desk):
            handle = await start(client, "approval-cancelled")
            await handle.cancel()
            with pytest.raises(WorkflowFailureError) as failure:
                await handle.result()
            assert isinstance(failure.value.cause, CancelledError)

    server.run(story)
    assert desk.kinds("approval-cancelled/") == ["withdrawal"]


def test_companion_hears_of_the_publication_and_a_closed_one_does_not_spoil_it(
    server: Server, model: LoopbackServer, desk: Desk
) -> None:
    async def story(client: Client) -> None:
        async with approvals(client, model, desk):
            companion = await start(client, "approval-companion")
            first = await start(client, "approval-first", companion=companion.id)
            await first.execute_update(Approval.review, APPROVE)
            await first.result()
            await reached(companion, EventType.EVENT_TYPE_WORKFLOW_EXECUTION_SIGNALED)
            assert (await companion.query(Approval.standing)).comments == ["approval-first is published"]
            second = await start(client, "approval-second", companion="approval-unknown")
            await second.execute_update(Approval.review, APPROVE)
            assert (await second.result()).outcome == "published"
            await companion.terminate()

    server.run(story)
