"""Namespaces of their own on the session's server, so that a test knows every run in them."""

import asyncio
import contextlib
import uuid
from collections.abc import AsyncIterator, Awaitable, Callable
from datetime import timedelta
from typing import Any

from google.protobuf.duration_pb2 import Duration
from temporalio.api.workflowservice.v1 import (
    DescribeWorkerDeploymentRequest,
    RegisterNamespaceRequest,
    SetWorkerDeploymentCurrentVersionRequest,
)
from temporalio.client import Client, WorkflowFailureError, WorkflowHandle
from temporalio.common import WorkerDeploymentVersion
from temporalio.service import RPCError
from temporalio.worker import Worker, WorkerDeploymentConfig

from replaykit.adapters.connect import Connection
from replaykit.adapters.rate import Rate
from replaykit.adapters.visibility import count
from tests.workflows.ends import Chain, Ends, Pinned, Rare, Retried, look_up

RETENTION = 3 * 86400
FAST = 10_000.0
PATIENCE = 200


async def new_namespace(client: Client) -> Connection:
    """Register a namespace, and connect to it."""
    name = f"runs-{uuid.uuid4().hex[:8]}"
    await client.workflow_service.register_namespace(
        RegisterNamespaceRequest(namespace=name, workflow_execution_retention_period=Duration(seconds=RETENTION))
    )
    return await connected(client.service_client.config.target_host, name)


async def connected(address: str, namespace: str) -> Connection:
    """Connect to a namespace of the server at an address, a proxy's maybe."""
    return Connection(await Client.connect(address, namespace=namespace), address, namespace, "a test")


@contextlib.asynccontextmanager
async def working(client: Client) -> AsyncIterator[str]:
    """Run a worker of the unversioned workflows, and name its task queue."""
    queue = f"queue-{uuid.uuid4().hex[:8]}"
    async with Worker(client, task_queue=queue, workflows=[Ends, Rare, Chain, Retried], activities=[look_up]):
        yield queue


@contextlib.asynccontextmanager
async def working_versioned(client: Client, deployment: str, build_id: str) -> AsyncIterator[str]:
    """Run a versioned worker as its deployment's current version, and name its task queue."""
    queue = f"queue-{uuid.uuid4().hex[:8]}"
    version = WorkerDeploymentVersion(deployment, build_id)
    config = WorkerDeploymentConfig(version=version, use_worker_versioning=True)
    async with Worker(client, task_queue=queue, workflows=[Pinned], deployment_config=config):
        await until(lambda: _made_current(client, deployment, build_id))
        yield queue


async def _made_current(client: Client, deployment: str, build_id: str) -> bool:
    service = client.workflow_service
    try:
        described = await service.describe_worker_deployment(
            DescribeWorkerDeploymentRequest(namespace=client.namespace, deployment_name=deployment)
        )
        await service.set_worker_deployment_current_version(
            SetWorkerDeploymentCurrentVersionRequest(
                namespace=client.namespace,
                deployment_name=deployment,
                build_id=build_id,
                conflict_token=described.conflict_token,
            )
        )
    except RPCError:
        return False
    return True


async def until(holds: Callable[[], Awaitable[bool]]) -> None:
    """Wait until something holds."""
    for _ in range(PATIENCE):
        if await holds():
            return
        await asyncio.sleep(0.1)
    raise TimeoutError


async def listed(connection: Connection, number: int, query: str = "") -> None:
    """Wait until visibility, which lags behind, finds this many runs."""

    async def found() -> bool:
        return await count(connection, query, rate=Rate(FAST)) == number

    await until(found)


async def settled(handle: WorkflowHandle[Any, Any], number: int) -> None:
    """Wait until a run's history has this many completed workflow tasks."""

    async def reached() -> bool:
        events = (await handle.fetch_history()).events
        return sum(event.HasField("workflow_task_completed_event_attributes") for event in events) >= number

    await until(reached)


# workflow id → what Ends is asked for; in the order of their start.
ENDS = {
    "signal-1": "on signal",
    "signal-2": "on signal",
    "timer-1": "on timer",
    "done-1": "completed",
    "done-2": "completed",
    "done-3": "completed",
    "patched-1": "patched",
    "patched-2": "patched",
    "failed-1": "failed",
    "cancelled-1": "cancelled",
    "terminated-1": "terminated",
    "late-1": "timed out",
    "continued-1": "continued",
}
# Those, the run that continued-1 goes on as, one Rare run, two of Pinned.
RUNS = len(ENDS) + 4
OPEN = {"signal-1", "signal-2", "timer-1", "pinned-waiting"}
BUILD_ID = "build-17"


async def filled(client: Client) -> Connection:
    """Fill a namespace with runs of every status, patched and not, on versioned workers and not."""
    connection = await new_namespace(client)
    own = connection.client
    async with working(own) as queue:
        for workflow_id, how in ENDS.items():
            handle = await own.start_workflow(
                Ends.run,
                how,
                id=workflow_id,
                task_queue=queue,
                run_timeout=timedelta(seconds=3) if how == "timed out" else None,
            )
            if how in {"on signal", "on timer", "cancelled", "terminated"}:
                await settled(handle, 2)
            if how == "cancelled":
                await handle.cancel()
            if how == "terminated":
                await handle.terminate()
            if workflow_id not in OPEN:
                with contextlib.suppress(WorkflowFailureError):
                    await handle.result()
        await own.execute_workflow(Rare.run, id="rare-1", task_queue=queue)
    async with working_versioned(own, "shop", BUILD_ID) as queue:
        await own.execute_workflow(Pinned.run, "done", id="pinned-done", task_queue=queue)
        await settled(await own.start_workflow(Pinned.run, "waiting", id="pinned-waiting", task_queue=queue), 1)
    # The deployment's own workflows run in the namespace, and belong to Temporal.
    await listed(connection, RUNS)
    return connection
