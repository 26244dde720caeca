"""The runs of a namespace, listed page by page as the server's visibility has them."""

import json
from collections.abc import AsyncIterator, Mapping

from google.protobuf.timestamp_pb2 import Timestamp
from temporalio.api.common.v1 import Payload
from temporalio.api.enums.v1 import WorkflowExecutionStatus
from temporalio.api.workflow.v1 import WorkflowExecutionInfo
from temporalio.api.workflowservice.v1 import (
    CountWorkflowExecutionsRequest,
    DescribeNamespaceRequest,
    ListWorkflowExecutionsRequest,
)
from temporalio.service import RPCError, RPCStatusCode

from replaykit.adapters.connect import Connection
from replaykit.adapters.rate import Rate
from replaykit.adapters.refusals import explained
from replaykit.errors import ServerError
from replaykit.model.history import Identity, RunStatus
from replaykit.model.run import Run
from replaykit.rules.query import query_invalid

# Half of what servers allow (frontend.visibilityMaxPageSize): memos come along, and may be large.
PAGE = 500

_STATUSES = {
    WorkflowExecutionStatus.WORKFLOW_EXECUTION_STATUS_COMPLETED: RunStatus.COMPLETED,
    WorkflowExecutionStatus.WORKFLOW_EXECUTION_STATUS_FAILED: RunStatus.FAILED,
    WorkflowExecutionStatus.WORKFLOW_EXECUTION_STATUS_CANCELED: RunStatus.CANCELLED,
    WorkflowExecutionStatus.WORKFLOW_EXECUTION_STATUS_TERMINATED: RunStatus.TERMINATED,
    WorkflowExecutionStatus.WORKFLOW_EXECUTION_STATUS_CONTINUED_AS_NEW: RunStatus.CONTINUED_AS_NEW,
    WorkflowExecutionStatus.WORKFLOW_EXECUTION_STATUS_TIMED_OUT: RunStatus.TIMED_OUT,
}


async def runs(connection: Connection, query: str, *, rate: Rate, page_size: int = PAGE) -> AsyncIterator[Run]:
    """Yield the runs that a visibility query finds, in the server's order: open ones first, then the newest closed.

    One page is held at a time. A run that closes while the list is read can be listed twice: open, then closed.

    Raises:
        QueryInvalid: The server cannot read the query.
        ServerError: The server cannot be asked.
    """
    request = ListWorkflowExecutionsRequest(namespace=connection.namespace, query=query, page_size=page_size)
    while True:
        try:
            page = await rate.ask(connection.client.workflow_service.list_workflow_executions, request)
        except RPCError as error:
            raise not_listed(error, connection, query) from None
        for execution in page.executions:
            yield run_of(execution, connection.namespace)
        if not page.next_page_token:
            return
        request.next_page_token = page.next_page_token


async def count(connection: Connection, query: str, *, rate: Rate) -> int:
    """Count the runs that a visibility query finds.

    Raises:
        QueryInvalid: The server cannot read the query.
        ServerError: The server cannot be asked.
    """
    request = CountWorkflowExecutionsRequest(namespace=connection.namespace, query=query)
    try:
        return (await rate.ask(connection.client.workflow_service.count_workflow_executions, request)).count
    except RPCError as error:
        raise not_listed(error, connection, query) from None


async def retention(connection: Connection, *, rate: Rate) -> float:
    """Return for how many seconds the namespace keeps closed runs.

    Raises:
        ServerError: The server cannot be asked.
    """
    request = DescribeNamespaceRequest(namespace=connection.namespace)
    try:
        described = await rate.ask(connection.client.workflow_service.describe_namespace, request)
    except RPCError as error:
        raise explained(error, connection, f"the retention of namespace {connection.namespace}") from None
    kept = described.config.workflow_execution_retention_ttl
    return kept.seconds + kept.nanos / 1e9


def not_listed(error: RPCError, connection: Connection, query: str) -> ServerError:
    """Say why runs could not be listed."""
    if error.status is RPCStatusCode.INVALID_ARGUMENT:
        return query_invalid(query, error.message)
    return explained(error, connection, f"the runs of namespace {connection.namespace}")


def run_of(execution: WorkflowExecutionInfo, namespace: str) -> Run:
    """Read one entry of the server's list. A status unknown here, as paused once was, is that of an open run."""
    attributes = execution.search_attributes.indexed_fields
    return Run(
        identity=Identity(
            workflow_id=execution.execution.workflow_id,
            run_id=execution.execution.run_id,
            workflow_type=execution.type.name,
            task_queue=execution.task_queue,
            namespace=namespace,
        ),
        status=_STATUSES.get(execution.status, RunStatus.OPEN),
        started=_seconds(execution.start_time),
        closed=_seconds(execution.close_time) if execution.HasField("close_time") else None,
        patches=tuple(sorted(_keywords(attributes, "TemporalChangeVersion"))),
        build_id=_build_id(execution, attributes),
        length=execution.history_length,
        behavior="".join(_keywords(attributes, "TemporalWorkflowVersioningBehavior")[:1]),
    )


def _seconds(time: Timestamp) -> float:
    return time.seconds + time.nanos / 1e9


def _keywords(attributes: Mapping[str, Payload], name: str) -> list[str]:
    if name not in attributes:
        return []
    value = json.loads(attributes[name].data or "null")
    return [value] if isinstance(value, str) else list(value or [])


def _build_id(execution: WorkflowExecutionInfo, attributes: Mapping[str, Payload]) -> str:
    # Server 1.32 lists neither versioning_info nor a version stamp, but search attributes: the deployment version as
    # "deployment:build id" ("deployment.build id" before 1.28), and BuildIds, which hold "pinned:deployment:id",
    # "assigned:id" and "versioned:id" beside "unversioned:id". The last of these is no build id of versioned workers:
    # SDKs make it up from a hash of the code.
    if deployed := _keywords(attributes, "TemporalWorkerDeploymentVersion"):
        version = deployed[0]
        return version.partition(":" if ":" in version else ".")[2]
    if version := execution.versioning_info.deployment_version.build_id:
        return version
    for entry in reversed(_keywords(attributes, "BuildIds")):
        kind, _, rest = entry.partition(":")
        if kind == "pinned":
            return rest.partition(":")[2]
        if kind in {"assigned", "versioned"}:
            return rest
    stamp = execution.most_recent_worker_version_stamp
    return stamp.build_id if stamp.use_versioning else ""
