"""Each run has a clock of its own on the real server: timers and backoff take no time."""

import asyncio
import contextlib
from collections.abc import Awaitable
from typing import Any

from google.protobuf.field_mask_pb2 import FieldMask
from temporalio.api.common.v1 import TimeSkippingConfig, WorkflowExecution
from temporalio.api.workflow.v1 import WorkflowExecutionOptions
from temporalio.api.workflowservice.v1 import UpdateWorkflowExecutionOptionsRequest
from temporalio.client import Client, Interceptor, OutboundInterceptor, StartWorkflowInput, WorkflowHandle
from temporalio.service import RPCError

# Settings of the dev server: the clocks, and timers that do not come up to a second late, as they do by default.
SETTINGS = (
    "frontend.WorkflowTimeSkippingEnabled=true",
    'history.timerProcessorMaxTimeShift="5ms"',
)


# What a run that is told something while it runs is given to wait in real time: else its timers would be due before.
_DRIVEN_FOR = 2.0


class OwnClock(Interceptor):
    """Gives every workflow that a client starts a clock of its own, which skips what nobody waits for."""

    def __init__(self, *, skips: bool) -> None:
        self._skips = skips

    def intercept_client(self, next: OutboundInterceptor) -> OutboundInterceptor:  # noqa: A002 - the SDK's
        """Stamp what is started."""
        return _Stamping(next, skips=self._skips)


class _Stamping(OutboundInterceptor):
    def __init__(self, following: OutboundInterceptor, *, skips: bool) -> None:
        super().__init__(following)
        self._skips = skips

    async def start_workflow(self, input: StartWorkflowInput) -> WorkflowHandle[Any, Any]:  # noqa: A002 - the SDK's
        input.time_skipping_config = TimeSkippingConfig(enabled=self._skips)
        return await super().start_workflow(input)


async def set_skipping(client: Client, workflow_id: str, *, skips: bool, most: int = 0) -> None:
    """Have a running workflow's clock skip, or stop skipping, what nobody waits for.

    Args:
        client: A client of the server.
        workflow_id: Whose clock.
        skips: Whether it skips.
        most: How many times it does at most; 0 leaves that to the server (100 times, where nobody configured it).


    Raises:
        RPCError: The run has ended.
    """
    given = TimeSkippingConfig(enabled=skips, max_session_skip_count=most)
    options = WorkflowExecutionOptions(time_skipping_config=given)
    await client.workflow_service.update_workflow_execution_options(
        UpdateWorkflowExecutionOptionsRequest(
            namespace=client.namespace,
            workflow_execution=WorkflowExecution(workflow_id=workflow_id),
            workflow_execution_options=options,
            update_mask=FieldMask(paths=["time_skipping_config"]),
            identity=client.identity,
        )
    )


async def driven(client: Client, workflow_id: str, driving: Awaitable[object]) -> None:
    """Tell a run what it is to be told before its clock skips to a timer; after a while it skips all the same."""
    task = asyncio.ensure_future(driving)
    try:
        await asyncio.wait({task}, timeout=_DRIVEN_FOR)
        with contextlib.suppress(RPCError):
            await set_skipping(client, workflow_id, skips=True)
        await task
    finally:
        task.cancel()
        # What it raises of being cancelled is nobody's: without this, asyncio would print it.
        await asyncio.gather(task, return_exceptions=True)
