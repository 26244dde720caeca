"""Versions of one workflow around a patch: the text that is read is the code that runs."""

import asyncio
import uuid
from typing import Any

from temporalio import activity
from temporalio.client import Client, WorkflowHandle
from temporalio.worker import UnsandboxedWorkflowRunner, Worker, WorkerDeploymentConfig

NEW = "await self.call()"
OLD = "await workflow.sleep(0.001)"
# The steps before the wait, by how far the patch has come.
STEPS = {
    "before": OLD,
    "patched": f'if workflow.patched("{{patch}}"):\n            {NEW}\n        else:\n            {OLD}',
    "other": f'if workflow.patched("{{patch}}"):\n            await workflow.sleep(0.002)\n            {NEW}\n'
    f"        else:\n            {OLD}",
    "deprecated": f'workflow.deprecate_patch("{{patch}}")\n        {NEW}',
    "removed": NEW,
}
TEXT = '''\
"""A workflow and its patch."""

from datetime import timedelta

from temporalio import workflow
from temporalio.common import VersioningBehavior


@workflow.defn(name="{type}"{more})
class Digest:
    def __init__(self) -> None:
        self.over = self.waiting = False

    @workflow.run
    async def run(self) -> None:
        {first}{steps}
        self.waiting = True
        await workflow.wait_condition(lambda: self.over)

    async def call(self) -> None:
        await workflow.execute_activity("check", start_to_close_timeout=timedelta(seconds=30))

    @workflow.signal
    def end(self) -> None:
        self.over = True

    @workflow.query
    def is_waiting(self) -> bool:
        return self.waiting
'''


@activity.defn
async def check() -> None:
    """Do nothing."""


def code(
    version: str, *, type_: str = "Digest", patch: str = "check-tone", behavior: str = "", late: bool = False
) -> str:
    """Write a version of the workflow; `late` has it wait before it comes to the patch."""
    return TEXT.format(
        type=type_,
        more=f", versioning_behavior=VersioningBehavior.{behavior}" if behavior else "",
        first="self.waiting = True\n        await workflow.wait_condition(lambda: self.over)\n        " if late else "",
        steps=STEPS[version].format(patch=patch),
    )


def fresh_type() -> str:
    """Name a workflow type that no other test's runs have."""
    return f"Digest{uuid.uuid4().hex[:8]}"


def workflow_of(text: str) -> type:
    """Make the workflow class that a version's text defines."""
    names: dict[str, Any] = {"__name__": __name__}
    exec(text, names)  # noqa: S102 - the text is this module's own
    made: type = names["Digest"]
    return made


def worker_of(client: Client, text: str, queue: str, deployment: WorkerDeploymentConfig | None = None) -> Worker:
    """Make a worker of a version."""
    return Worker(
        client,
        task_queue=queue,
        workflows=[workflow_of(text)],
        activities=[check],
        workflow_runner=UnsandboxedWorkflowRunner(),
        deployment_config=deployment,
    )


async def left_waiting(
    client: Client, text: str, type_: str, *, queue: str = "", deployment: WorkerDeploymentConfig | None = None
) -> WorkflowHandle[Any, Any]:
    """Start a run with a version of the code, and leave it open where it waits for its end."""
    queue = queue or f"queue-{uuid.uuid4().hex[:8]}"
    async with worker_of(client, text, queue, deployment):
        handle = await client.start_workflow(type_, id=f"digest-{uuid.uuid4().hex[:8]}", task_queue=queue)
        while not await handle.query("is_waiting"):  # noqa: ASYNC110 - the event is on a server
            await asyncio.sleep(0.02)
    return handle


async def ended(client: Client, handle: WorkflowHandle[Any, Any]) -> None:
    """End a run for good, and wait until visibility says so, too."""
    await handle.terminate()
    still_open = f"WorkflowId = '{handle.id}' AND CloseTime IS NULL"
    while [run async for run in client.list_workflows(still_open)]:  # noqa: ASYNC110 - the event is on a server
        await asyncio.sleep(0.05)


async def listed(client: Client, type_: str, count: int) -> None:
    """Wait until visibility lists as many open runs of a type."""
    while True:
        found = [run async for run in client.list_workflows(f"WorkflowType = '{type_}' AND CloseTime IS NULL")]
        if len(found) == count:
            return
        await asyncio.sleep(0.05)
