"""Ways to bring a started run into the state that a scenario records."""

import asyncio
import contextlib
from typing import Any
from uuid import uuid4

from temporalio.api.common.v1 import WorkflowExecution
from temporalio.api.enums.v1 import EventType
from temporalio.api.workflowservice.v1 import ResetWorkflowExecutionRequest
from temporalio.client import Client, WorkflowFailureError, WorkflowHistory, WorkflowUpdateFailedError

from tests.bugbench.scenario import Drive, Handle

# A run counts as quiet when no workflow task is pending and its history has not grown for this long.
QUIET = 0.35
LOOK = 0.05
PATIENCE = 30.0


async def to_the_end(_client: Client, handle: Handle) -> Handle:
    """Wait until the run has ended, in whatever way."""
    with contextlib.suppress(WorkflowFailureError):
        await handle.result(follow_runs=False)
    return handle


async def until_quiet(client: Client, handle: Handle) -> Handle:
    """Wait until the run waits for something that does not come by itself."""
    loop = asyncio.get_running_loop()
    deadline = loop.time() + PATIENCE
    length, since = 0, loop.time()
    while loop.time() < deadline:
        described = await client.get_workflow_handle(handle.id).describe()
        busy = described.raw_description.HasField("pending_workflow_task")
        if busy or described.history_length != length:
            length, since = described.history_length, loop.time()
        elif length > 2 and loop.time() - since > QUIET:
            return handle
        await asyncio.sleep(LOOK)
    raise TimeoutError(handle.id)


async def as_started(_client: Client, handle: Handle) -> Handle:
    """Take the run as it is."""
    return handle


async def events_of(handle: Handle) -> WorkflowHistory:
    """Fetch the history so far."""
    return await handle.fetch_history()


def until_event(kind: "EventType.ValueType", *, times: int = 1) -> Drive:
    """Wait until the history holds so many events of a kind."""

    async def drive(_client: Client, handle: Handle) -> Handle:
        loop = asyncio.get_running_loop()
        deadline = loop.time() + PATIENCE
        while loop.time() < deadline:
            events = (await events_of(handle)).events
            if sum(event.event_type == kind for event in events) >= times:
                return handle
            await asyncio.sleep(LOOK)
        raise TimeoutError(handle.id)

    return drive


def signalled(*signals: tuple[str, Any], then: Drive = to_the_end) -> Drive:
    """Send signals one by one, each to a quiet run, and go on."""

    async def drive(client: Client, handle: Handle) -> Handle:
        for name, argument in signals:
            await until_quiet(client, handle)
            await handle.signal(name, argument)
        return await then(client, handle)

    return drive


def updated(*updates: tuple[str, Any], then: Drive = until_quiet) -> Drive:
    """Send updates one by one, each to a quiet run, and go on."""

    async def drive(client: Client, handle: Handle) -> Handle:
        for number, (name, argument) in enumerate(updates, start=1):
            await until_quiet(client, handle)
            with contextlib.suppress(WorkflowUpdateFailedError):
                await handle.execute_update(name, argument, id=f"update-{number}")
        return await then(client, handle)

    return drive


async def cancelled(client: Client, handle: Handle) -> Handle:
    """Cancel the quiet run and wait for its end."""
    await until_quiet(client, handle)
    await handle.cancel()
    return await to_the_end(client, handle)


async def cancelled_at_once(client: Client, handle: Handle) -> Handle:
    """Cancel the run before it has done anything, and wait for its end."""
    await handle.cancel()
    return await to_the_end(client, handle)


async def terminated(client: Client, handle: Handle) -> Handle:
    """Terminate the quiet run."""
    await until_quiet(client, handle)
    await handle.terminate("enough")
    return handle


async def reset(client: Client, handle: Handle) -> Handle:
    """Let the run end, reset it to its second workflow task, and return the new run."""
    await to_the_end(client, handle)
    kind = EventType.EVENT_TYPE_WORKFLOW_TASK_COMPLETED
    tasks = [event.event_id for event in (await events_of(handle)).events if event.event_type == kind]
    answer = await client.workflow_service.reset_workflow_execution(
        ResetWorkflowExecutionRequest(
            namespace=client.namespace,
            workflow_execution=WorkflowExecution(workflow_id=handle.id, run_id=handle.first_execution_run_id or ""),
            reason="again",
            workflow_task_finish_event_id=tasks[1],
            request_id=str(uuid4()),
        )
    )
    return await to_the_end(client, client.get_workflow_handle(handle.id, run_id=answer.run_id))


async def first_run(client: Client, handle: Handle) -> Handle:
    """Let the whole chain end and return its first run, which continued as new."""
    await client.get_workflow_handle(handle.id).result()
    return client.get_workflow_handle(handle.id, run_id=handle.first_execution_run_id)


async def last_run(client: Client, handle: Handle) -> Handle:
    """Let the whole chain end and return its last run."""
    latest = client.get_workflow_handle(handle.id)
    await latest.result()
    return latest
