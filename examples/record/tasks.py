"""Workflow tasks by hand: taking one without doing it, and going back to an earlier one."""

from typing import Any

from temporalio.api.common.v1 import WorkflowExecution
from temporalio.api.taskqueue.v1 import TaskQueue
from temporalio.api.workflowservice.v1 import (
    PollWorkflowTaskQueueRequest,
    ResetWorkflowExecutionRequest,
)
from temporalio.client import Client, WorkflowHandle

from .stage import IDENTITY, Run


async def take_task(client: Client, task_queue: str) -> str:
    """Take the next workflow task and never report back, as a worker does that dies; returns its workflow id."""
    while True:
        taken = await client.workflow_service.poll_workflow_task_queue(
            PollWorkflowTaskQueueRequest(
                namespace=client.namespace, task_queue=TaskQueue(name=task_queue), identity=IDENTITY
            )
        )
        if taken.task_token:  # an empty answer is a long poll that found nothing
            return taken.workflow_execution.workflow_id


async def reset(client: Client, handle: WorkflowHandle[Any, Any], *, before: int) -> tuple[Run, Run]:
    """Reset a run to the workflow task that ends with event `before`; returns the old run and the new."""
    old = (await handle.describe()).run_id
    answer = await client.workflow_service.reset_workflow_execution(
        ResetWorkflowExecutionRequest(
            namespace=client.namespace,
            workflow_execution=WorkflowExecution(workflow_id=handle.id, run_id=old),
            reason="recorded for the corpus",
            workflow_task_finish_event_id=before,
            request_id=f"reset-{handle.id}",
            identity=IDENTITY,
        )
    )
    return Run(handle.id, old), Run(handle.id, answer.run_id)
