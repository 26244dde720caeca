"""One run's history is fetched from a Temporal server."""

from dataclasses import dataclass

from temporalio.client import WorkflowHistory
from temporalio.service import RPCError, RPCStatusCode

from replaykit.adapters.connect import Connection, no_permission
from replaykit.errors import NamespaceMissing, NoServer, RunMissing, ServerError
from replaykit.model.history import Identity


@dataclass(frozen=True, slots=True)
class Fetched:
    """A run's identity, with its actual run id, and its history."""

    identity: Identity
    history: WorkflowHistory


async def fetch(connection: Connection, workflow_id: str, *, run_id: str | None = None) -> Fetched:
    """Fetch a run's whole history; the latest run of the workflow id where no run id is given.

    Raises:
        RunMissing: The server does not know the workflow id or the run.
        NamespaceMissing: The server does not know the namespace.
        NoPermission: The server refuses the credentials.
        NoServer: The server went away.
    """
    try:
        described = await connection.client.get_workflow_handle(workflow_id, run_id=run_id).describe()
        # Pinned to the run described: a run that continues as new meanwhile does not change what is fetched.
        pinned = connection.client.get_workflow_handle(workflow_id, run_id=described.run_id)
        history = await pinned.fetch_history()
    except RPCError as error:
        raise _explained(error, connection, workflow_id, run_id) from None
    identity = Identity(
        workflow_id=workflow_id,
        run_id=described.run_id,
        workflow_type=described.workflow_type,
        task_queue=described.task_queue,
        namespace=connection.namespace,
    )
    return Fetched(identity, history)


def _explained(error: RPCError, connection: Connection, workflow_id: str, run_id: str | None) -> ServerError:
    namespace = connection.namespace
    if error.status in {RPCStatusCode.PERMISSION_DENIED, RPCStatusCode.UNAUTHENTICATED}:
        return no_permission(connection.address, namespace)
    if error.status is RPCStatusCode.NOT_FOUND and "amespace" in error.message:
        return NamespaceMissing(
            f"The Temporal server at {connection.address} knows no namespace {namespace}.",
            cause=f"{connection.origin}; the namespace comes from --namespace, TEMPORAL_NAMESPACE or the profile",
            fix="temporal operator namespace list      then      replaykit export --namespace NAME",
        )
    if error.status in {RPCStatusCode.NOT_FOUND, RPCStatusCode.INVALID_ARGUMENT}:
        run = f" with run id {run_id}" if run_id else ""
        return RunMissing(
            f"No workflow {workflow_id}{run} in namespace {namespace}.",
            cause=f"the server at {connection.address} does not know it: mistyped, other namespace, or past retention",
            fix=f"temporal workflow list --namespace {namespace}",
        )
    return NoServer(
        f"The Temporal server at {connection.address} did not give the history of {workflow_id}.",
        cause=f"{error.status.name}: {error.message.splitlines()[0][:160] if error.message else 'no reason given'}",
        fix="try again; if it stays: temporal workflow show -w WORKFLOW_ID",
    )
