"""One run's history is fetched from a Temporal server."""

from collections.abc import AsyncIterator
from dataclasses import dataclass

from temporalio.api.common.v1 import WorkflowExecution
from temporalio.api.history.v1 import HistoryEvent
from temporalio.api.workflowservice.v1 import DescribeWorkflowExecutionRequest, GetWorkflowExecutionHistoryRequest
from temporalio.client import WorkflowHistory
from temporalio.service import RPCError, RPCStatusCode

from replaykit.adapters.connect import Connection
from replaykit.adapters.rate import Rate
from replaykit.adapters.refusals import explained, no_namespace
from replaykit.errors import RunMissing, ServerError
from replaykit.model.history import Identity

SERVERS_OWN = 0
"""The page size that leaves it to the server: 256 batches of events, unless it is configured otherwise."""


@dataclass(frozen=True, slots=True)
class Fetched:
    """A run's identity, with its actual run id, and its history."""

    identity: Identity
    history: WorkflowHistory


async def fetch(
    connection: Connection, workflow_id: str, *, run_id: str | None = None, rate: Rate | None = None
) -> Fetched:
    """Fetch a run's whole history; the latest run of the workflow id where no run id is given.

    Raises:
        RunMissing: The server does not know the workflow id or the run.
        NamespaceMissing: The server does not know the namespace.
        NoPermission: The server refuses the credentials.
        ServerBusy: The server kept asking to slow down.
        NoServer: The server went away.
    """
    rate = rate or Rate()
    # Pinned to one run: one that continues as new meanwhile does not change what is fetched.
    pinned = run_id or await latest_run(connection, workflow_id, rate=rate)
    return await fetch_run(connection, workflow_id, run_id=pinned, rate=rate)


async def latest_run(connection: Connection, workflow_id: str, *, rate: Rate) -> str:
    """Return the run id of a workflow's latest run.

    Raises:
        ServerError: As `fetch`.
    """
    request = DescribeWorkflowExecutionRequest(
        namespace=connection.namespace, execution=WorkflowExecution(workflow_id=workflow_id)
    )
    try:
        described = await rate.ask(connection.client.workflow_service.describe_workflow_execution, request)
    except RPCError as error:
        raise not_fetched(error, connection, workflow_id) from None
    return described.workflow_execution_info.execution.run_id


async def fetch_run(
    connection: Connection, workflow_id: str, *, run_id: str, rate: Rate, page_size: int = SERVERS_OWN
) -> Fetched:
    """Fetch the history of one run whose run id is known; its first event says the rest of who it is.

    A run that goes on meanwhile ends where it stood when a page was read: a history as it was a moment ago. One that
    the server has archived is answered by the same request, paged alike, for it names the run and skips no archive
    (`historyArchived` and `getArchivedHistory` in the server's service/frontend/workflow_handler.go).

    Raises:
        ServerError: As `fetch`; `RunMissing` also where the run was deleted while it was read.
    """
    events: list[HistoryEvent] = []
    try:
        async for page in pages(connection, workflow_id, run_id=run_id, rate=rate, page_size=page_size):
            events += page
    except RPCError as error:
        raise not_fetched(error, connection, workflow_id, run_id) from None
    if not events:
        raise _run_missing(connection, workflow_id, run_id)
    began = events[0].workflow_execution_started_event_attributes
    identity = Identity(
        workflow_id=workflow_id,
        run_id=run_id,
        workflow_type=began.workflow_type.name,
        task_queue=began.task_queue.name,
        namespace=connection.namespace,
    )
    return Fetched(identity, WorkflowHistory(workflow_id, events))


async def pages(
    connection: Connection, workflow_id: str, *, run_id: str, rate: Rate, page_size: int = SERVERS_OWN
) -> AsyncIterator[list[HistoryEvent]]:
    """Yield a run's events page by page; a page may be empty.

    Raises:
        RPCError: The server refuses.
    """
    request = GetWorkflowExecutionHistoryRequest(
        namespace=connection.namespace,
        execution=WorkflowExecution(workflow_id=workflow_id, run_id=run_id),
        maximum_page_size=page_size,
    )
    while True:
        answer = await rate.ask(connection.client.workflow_service.get_workflow_execution_history, request)
        yield list(answer.history.events)
        if not answer.next_page_token:
            return
        request.next_page_token = answer.next_page_token


def not_fetched(error: RPCError, connection: Connection, workflow_id: str, run_id: str | None = None) -> ServerError:
    """Say why a run could not be fetched."""
    gone = error.status in {RPCStatusCode.NOT_FOUND, RPCStatusCode.INVALID_ARGUMENT}
    if gone and not no_namespace(error):
        return _run_missing(connection, workflow_id, run_id)
    return explained(error, connection, f"the history of {workflow_id}")


def _run_missing(connection: Connection, workflow_id: str, run_id: str | None) -> RunMissing:
    run = f" with run id {run_id}" if run_id else ""
    # A server looks into its archive where it is asked for a run, and never for the latest one of a workflow id.
    archived = "" if run_id else "; for an archived run add --run-id RUN_ID"
    return RunMissing(
        f"No workflow {workflow_id}{run} in namespace {connection.namespace}.",
        cause=f"the server at {connection.address} does not know it: mistyped, other namespace, or past retention"
        + (", and in no archive" if run_id else ""),
        fix=f"temporal workflow list --namespace {connection.namespace}{archived}",
    )
