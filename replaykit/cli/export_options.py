"""The options of `replaykit export`: where the server is, which runs, and what becomes of them."""

from collections.abc import Callable
from typing import Any, TypeVar

import click

from replaykit.adapters.variables import ADDRESS, CONFIG_FILE, NAMESPACE, PROFILE
from replaykit.cli.values import TEXT, Number

F = TypeVar("F", bound=Callable[..., Any])

# Each option by its parameter's name, with the environment variable of temporalio.envconfig that it overrides.
VARIABLES = {
    "address": ADDRESS,
    "namespace": NAMESPACE,
    "api_key": "TEMPORAL_API_KEY",
    "profile": PROFILE,
    "config_file": CONFIG_FILE,
    "tls": "TEMPORAL_TLS",
    "tls_client_cert_path": "TEMPORAL_TLS_CLIENT_CERT_PATH",
    "tls_client_key_path": "TEMPORAL_TLS_CLIENT_KEY_PATH",
    "tls_server_ca_cert_path": "TEMPORAL_TLS_SERVER_CA_CERT_PATH",
    "tls_server_name": "TEMPORAL_TLS_SERVER_NAME",
}
RELATIONS = ("children", "parents", "continue-as-new", "reset")

_CONNECTION = (
    click.option("--address", type=TEXT, metavar="HOST:PORT", help="The server's address. [env: TEMPORAL_ADDRESS]"),
    click.option("--namespace", "-n", type=TEXT, metavar="NAME", help="The namespace. [env: TEMPORAL_NAMESPACE]"),
    click.option(
        "--api-key",
        type=TEXT,
        metavar="KEY",
        help="The API key; better set in the environment, where no process list shows it. [env: TEMPORAL_API_KEY]",
    ),
    click.option("--profile", type=TEXT, metavar="NAME", help="The profile of temporal.toml. [env: TEMPORAL_PROFILE]"),
    click.option(
        "--config-file",
        type=click.Path(exists=True, dir_okay=False),
        metavar="FILE",
        help="The temporal.toml to read. [env: TEMPORAL_CONFIG_FILE]",
    ),
    click.option("--tls/--no-tls", default=None, help="Use TLS. [env: TEMPORAL_TLS]"),
    click.option(
        "--tls-client-cert-path", metavar="FILE", help="The client certificate. [env: TEMPORAL_TLS_CLIENT_CERT_PATH]"
    ),
    click.option(
        "--tls-client-key-path",
        type=TEXT,
        metavar="FILE",
        help="The client certificate's key. [env: TEMPORAL_TLS_CLIENT_KEY_PATH]",
    ),
    click.option(
        "--tls-server-ca-cert-path",
        type=TEXT,
        metavar="FILE",
        help="The server's CA certificate. [env: TEMPORAL_TLS_SERVER_CA_CERT_PATH]",
    ),
    click.option(
        "--tls-server-name",
        type=TEXT,
        metavar="NAME",
        help="The name the server's certificate must bear. [env: TEMPORAL_TLS_SERVER_NAME]",
    ),
)

_CHOICE = (
    click.option(
        "--run-id", type=TEXT, metavar="RUN_ID", help="The run to export, of one workflow id. Default: its latest run."
    ),
    click.option(
        "--query", "-q", type=TEXT, metavar="QUERY", help="Export the runs that match, in the server's own syntax."
    ),
    click.option(
        "--stratify",
        is_flag=True,
        help="Take some of every kind: type, status, patches, build id, last events. The default where nothing else "
        "says which runs.",
    ),
    click.option(
        "--limit",
        type=click.IntRange(1),
        metavar="N",
        help="Take at most N runs, shared among the kinds. Default: 100 with --stratify.",
    ),
    click.option(
        "--sample",
        type=Number(0, 1, min_open=True),
        metavar="RATE",
        help="Take this share of the runs, such as 0.1; the same ones every time.",
    ),
    click.option(
        "--since",
        type=TEXT,
        metavar="WHEN",
        help="Leave out what closed before: 7d, 12h, 30m ago, or a date. Open runs are always taken.",
    ),
    click.option("--open-only", is_flag=True, help="Take open runs alone."),
    click.option(
        "--follow",
        type=TEXT,
        metavar="KINDS",
        help=f"Take related runs along: {','.join(RELATIONS)}, or some of these.",
    ),
    click.option(
        "--from",
        "locations",
        multiple=True,
        type=TEXT,
        metavar="PATH|URL",
        help="Read histories from files instead of a server: Temporal Cloud exports, JSON of the CLI and the Web UI, "
        ".binpb; packed, in directories, or at a URL. May be repeated.",
    ),
    click.option("--dry-run", is_flag=True, help="Show the kinds of runs and what would be taken; fetch no history."),
)

_WRITING = (
    click.option(
        "--out",
        default="fixtures",
        show_default=True,
        type=TEXT,
        metavar="DIR",
        help="Directory of the corpus; files are named <workflow type>/<workflow id>.json.",
    ),
    click.option(
        "--update",
        is_flag=True,
        help="Add only runs that bring a new shape: a line of workflow code, steps, a patch, a failure, a signal, "
        "an end.",
    ),
    click.option("--rps", type=Number(0, min_open=True), metavar="N", help="Requests a second, at most. Default: 10."),
    click.option(
        "--keep-encrypted",
        is_flag=True,
        help="Write payloads as the server holds them: a replay needs the codec, and redaction cannot see inside.",
    ),
    click.option(
        "--no-redact",
        is_flag=True,
        help="Write secrets and personal data as they are. Without it they are replaced by pseudonyms.",
    ),
    click.option(
        "--format",
        "form",
        type=click.Choice(["text", "json"]),
        default="text",
        show_default=True,
        help="How the result is written to stdout.",
    ),
)


def export_options(function: F) -> F:
    """Add all options of the command."""
    for option in reversed((*_CHOICE, *_WRITING, *_CONNECTION)):
        function = option(function)
    return function


def connection_options(function: F) -> F:
    """Add the options that say where the server is."""
    for option in reversed(_CONNECTION):
        function = option(function)
    return function


def connection_of(options: dict[str, Any]) -> dict[str, str]:
    """Take the connection's options out of all, as the environment variables that they override."""
    given = {name: options.pop(name) for name in VARIABLES}
    return {
        VARIABLES[name]: str(value).lower() if isinstance(value, bool) else value
        for name, value in given.items()
        if value is not None
    }
