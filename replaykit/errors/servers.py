"""Errors of servers: of Temporal, of codecs, and of the demo's own."""

from replaykit.errors.problem import ReplaykitError


class CodecServerFailed(ReplaykitError):
    """The codec server cannot be reached, refuses, or answers what is no answer."""

    slug = "codec-server-failed"


class ServerError(ReplaykitError):
    """A Temporal server could not be asked."""

    slug = "server-error"


class NoServer(ServerError):
    """No Temporal server answers at the address."""

    slug = "no-server"


class NoPermission(ServerError):
    """The server refuses the credentials."""

    slug = "no-permission"


class NamespaceMissing(ServerError):
    """The server does not know the namespace."""

    slug = "namespace-missing"


class RunMissing(ServerError):
    """The server does not know the workflow or the run."""

    slug = "run-missing"


class QueryInvalid(ServerError):
    """The server cannot read the visibility query."""

    slug = "query-invalid"


class ServerBusy(ServerError):
    """The server kept asking to slow down."""

    slug = "server-busy"


class DemoError(ReplaykitError):
    """The demo could not be played."""

    slug = "demo-error"


class NoTemporalCli(DemoError):
    """The `temporal` command that starts the embedded dev server is not on PATH."""

    slug = "no-temporal-cli"
