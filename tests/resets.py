"""A run that is reset, and whose reset run is reset again, on a real server."""

import asyncio
from typing import Any

from temporalio import workflow
from temporalio.api.common.v1 import WorkflowExecution
from temporalio.api.workflowservice.v1 import ResetWorkflowExecutionRequest
from temporalio.client import Client
from temporalio.worker import UnsandboxedWorkflowRunner, Worker


@workflow.defn
class TwoSignals:
    def __init__(self) -> None:
        self.heard = 0

    @workflow.signal
    def go(self) -> None:
        self.heard += 1

    @workflow.run
    async def run(self) -> int:
        await workflow.wait_condition(lambda: self.heard >= 1)
        await workflow.sleep(0.01)
        await workflow.wait_condition(lambda: self.heard >= 2)
        return self.heard


async def reset_twice(client: Client) -> list[str]:
    """Run a workflow, reset the run, and reset the run that came of it; return the three run ids."""
    queue = "resets"
    async with Worker(client, task_queue=queue, workflows=[TwoSignals], workflow_runner=UnsandboxedWorkflowRunner()):
        handle = await client.start_workflow(TwoSignals.run, id="reset-twice", task_queue=queue)
        await handle.signal(TwoSignals.go)
        await handle.signal(TwoSignals.go)
        await handle.result()
        runs = [str(handle.result_run_id)]
        for number in range(2):
            runs.append(await _reset(client, runs[-1], number))
        return runs


async def _reset(client: Client, run_id: str, number: int) -> str:
    events = (await client.get_workflow_handle("reset-twice", run_id=run_id).fetch_history()).events
    completed = [event.event_id for event in events if event.HasField("workflow_task_completed_event_attributes")]
    answer: Any = await client.workflow_service.reset_workflow_execution(
        ResetWorkflowExecutionRequest(
            namespace=client.namespace,
            workflow_execution=WorkflowExecution(workflow_id="reset-twice", run_id=run_id),
            reason="a test",
            request_id=f"reset-{number}",
            workflow_task_finish_event_id=completed[-1],
        )
    )
    async with asyncio.timeout(60):
        await client.get_workflow_handle("reset-twice", run_id=answer.run_id).result()
    return str(answer.run_id)
