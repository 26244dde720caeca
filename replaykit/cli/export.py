"""`replaykit export`: histories from a Temporal server."""

import os
from pathlib import Path

import click

from replaykit.adapters.connect import ADDRESS, CONFIG_FILE, NAMESPACE, PROFILE
from replaykit.adapters.corpus import shown
from replaykit.cli.exit_codes import ExitCode
from replaykit.cli.faces import run
from replaykit.errors import ConfigInvalid
from replaykit.jobs.export import Exported, NotExported, export
from replaykit.report.summary import plural

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


@click.command(name="export")
@click.argument("workflow_ids", nargs=-1, required=True, metavar="WORKFLOW_ID...")
@click.option("--run-id", metavar="RUN_ID", help="The run to export, of one workflow id. Default: its latest run.")
@click.option(
    "--out",
    default="fixtures",
    show_default=True,
    metavar="DIR",
    help="Directory of the corpus; files are named <workflow type>/<workflow id>.json.",
)
@click.option("--address", metavar="HOST:PORT", help="The server's address. [env: TEMPORAL_ADDRESS]")
@click.option("--namespace", "-n", metavar="NAME", help="The namespace. [env: TEMPORAL_NAMESPACE]")
@click.option(
    "--api-key",
    metavar="KEY",
    help="The API key; better set in the environment, where no process list shows it. [env: TEMPORAL_API_KEY]",
)
@click.option("--profile", metavar="NAME", help="The profile of temporal.toml. [env: TEMPORAL_PROFILE]")
@click.option("--config-file", metavar="FILE", help="The temporal.toml to read. [env: TEMPORAL_CONFIG_FILE]")
@click.option("--tls/--no-tls", default=None, help="Use TLS. [env: TEMPORAL_TLS]")
@click.option(
    "--tls-client-cert-path",
    metavar="FILE",
    help="The client certificate. [env: TEMPORAL_TLS_CLIENT_CERT_PATH]",
)
@click.option(
    "--tls-client-key-path",
    metavar="FILE",
    help="The client certificate's key. [env: TEMPORAL_TLS_CLIENT_KEY_PATH]",
)
@click.option(
    "--tls-server-ca-cert-path",
    metavar="FILE",
    help="The server's CA certificate. [env: TEMPORAL_TLS_SERVER_CA_CERT_PATH]",
)
@click.option(
    "--tls-server-name",
    metavar="NAME",
    help="The name the server's certificate must bear. [env: TEMPORAL_TLS_SERVER_NAME]",
)
def command(workflow_ids: tuple[str, ...], run_id: str | None, out: str, **options: str | bool | None) -> None:
    """Export the histories of WORKFLOW_ID... as files that replay, the Web UI and the SDK all read.

    The server comes from the environment (TEMPORAL_ADDRESS, ...) and temporal.toml, as for the temporal CLI; options
    override it. Payloads are written as the server holds them: look at what they hold before you commit a file.

    Exit codes: 0 all exported, 2 something could not be exported.
    """
    run(_export(workflow_ids, run_id, Path(out), options), used_client=True)


async def _export(
    workflow_ids: tuple[str, ...], run_id: str | None, out: Path, options: dict[str, str | bool | None]
) -> int:
    if run_id and len(workflow_ids) != 1:
        raise ConfigInvalid(
            "--run-id goes with one workflow id.",
            cause=f"{len(workflow_ids)} workflow ids are given, and a run id belongs to one of them",
            fix="replaykit export WORKFLOW_ID --run-id RUN_ID",
        )
    connection = {
        VARIABLES[name]: str(value).lower() if isinstance(value, bool) else value
        for name, value in options.items()
        if value is not None
    }
    here = Path.cwd()
    done = 0
    failed = 0
    async for event in export(workflow_ids, run_id=run_id, out=out, connection=connection):
        match event:
            case Exported(path, identity, events):
                done += 1
                click.echo(
                    f"{shown(here / path, here)}   {identity.workflow_type} · {identity.workflow_id} "
                    f"(run …{identity.run_id[-8:]}), {plural(events, 'event', 'events')}"
                )
            case NotExported(_, problem):
                failed += 1
                click.echo(problem.render(), err=True)
    total = plural(done, "history", "histories")
    click.echo(f"{total} exported" + (f", {failed} failed" if failed else ""))
    if done:
        click.echo(f"Next:  replaykit replay {out}{os.sep}")
    return ExitCode.USAGE if failed else ExitCode.CLEAN
