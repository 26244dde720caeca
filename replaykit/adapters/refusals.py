"""What a server's refusal means to the person who asked."""

from temporalio.api.errordetails.v1 import NamespaceNotFoundFailure
from temporalio.service import RPCError, RPCStatusCode

from replaykit.adapters.connect import Connection, no_permission
from replaykit.errors import NamespaceMissing, NoServer, ServerBusy, ServerError

LONGEST_SAID = 160


def explained(error: RPCError, connection: Connection, what: str) -> ServerError:
    """Make the error of a refusal that has nothing to do with the run or query asked for; `what` was not given."""
    if error.status in {RPCStatusCode.PERMISSION_DENIED, RPCStatusCode.UNAUTHENTICATED}:
        return no_permission(connection.address, connection.namespace)
    if no_namespace(error):
        return NamespaceMissing(
            f"The Temporal server at {connection.address} knows no namespace {connection.namespace}.",
            cause=f"{connection.origin}; the namespace comes from --namespace, TEMPORAL_NAMESPACE or the profile",
            fix="temporal operator namespace list      then      replaykit export --namespace NAME",
        )
    said = (
        f"{error.status.name}: {error.message.splitlines()[0][:LONGEST_SAID] if error.message else 'no reason given'}"
    )
    if error.status is RPCStatusCode.RESOURCE_EXHAUSTED:
        return server_busy(connection.address, what, said)
    return NoServer(
        f"The Temporal server at {connection.address} did not give {what}.",
        cause=said,
        fix="try again; if it stays: temporal workflow list",
    )


def no_namespace(error: RPCError) -> bool:
    """Tell whether the server does not know the namespace, rather than something in it."""
    if error.status is not RPCStatusCode.NOT_FOUND:
        return False
    failure = NamespaceNotFoundFailure.DESCRIPTOR
    return any(detail.Is(failure) for detail in error.grpc_status.details)


def server_busy(address: str, what: str, said: str) -> ServerBusy:
    """Make the error of a server that kept asking to slow down."""
    return ServerBusy(
        f"The Temporal server at {address} was too busy to give {what}.",
        cause=f"{said} (asked again and again, ever more slowly)",
        fix="wait, then run the same command with a lower rate: --rps 5",
    )
