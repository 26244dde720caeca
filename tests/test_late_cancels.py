"""What a workflow cancels in the task that tells of its end was over by then: no history holds the cancel."""

import asyncio
import uuid

import pytest
from temporalio.api.enums.v1 import EventType
from temporalio.client import Client, WorkflowHandle
from temporalio.worker import Worker

from tests.project import Project
from tests.recording import Server, history_of
from tests.stories import settings
from tests.workflows import late

pytestmark = pytest.mark.long

ENDS = {"timer": EventType.EVENT_TYPE_TIMER_FIRED, "activity": EventType.EVENT_TYPE_ACTIVITY_TASK_COMPLETED}
CANCELS = {EventType.EVENT_TYPE_TIMER_CANCELED, EventType.EVENT_TYPE_ACTIVITY_TASK_CANCEL_REQUESTED}


async def told_of(handle: WorkflowHandle[late.Late, str], kind: "EventType.ValueType") -> None:
    while True:
        if any(event.event_type == kind for event in (await handle.fetch_history()).events):
            return
        await asyncio.sleep(0.05)


async def recorded(client: Client, awaits: str) -> str:
    """Have a signal and the end of what is awaited come while nobody polls for workflow tasks."""
    queue = f"late-{uuid.uuid4().hex[:8]}"
    async with Worker(client, task_queue=queue, workflows=[late.Late]):
        handle = await client.start_workflow(late.Late.run, awaits, id=queue, task_queue=queue)
        await told_of(handle, EventType.EVENT_TYPE_WORKFLOW_TASK_COMPLETED)
    async with Worker(client, task_queue=late.HELPERS, activities=[late.help_out]):
        await told_of(handle, ENDS[awaits])
        await handle.signal(late.Late.enough)
    async with Worker(client, task_queue=queue, workflows=[late.Late]):
        assert await handle.result() == awaits
    kinds = [event.event_type for event in (await handle.fetch_history()).events]
    assert ENDS[awaits] in kinds
    assert not CANCELS & set(kinds)
    return await history_of(handle)


@pytest.mark.parametrize("awaits", ENDS)
def test_a_cancel_that_comes_with_the_end_is_no_step(server: Server, awaits: str) -> None:
    history = server.run(lambda client: recorded(client, awaits))
    project = Project({"histories/late.json": history, "pyproject.toml": settings("tests.workflows.late")})
    result = project.run_cli("replay", "histories", "--format", "json")
    assert result.report["summary"]["clean"] == 1, result.stdout
