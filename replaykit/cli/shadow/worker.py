"""`replaykit shadow worker`: a process that judges shards, with the team's workflow code."""

import sys
from pathlib import Path
from typing import Any

import click

from replaykit.cli.codec_options import codec_options
from replaykit.cli.exit_codes import ExitCode
from replaykit.cli.export_options import connection_of, connection_options
from replaykit.cli.faces import run
from replaykit.cli.lazy import load
from replaykit.cli.options import config_of_project, replay_options, with_options
from replaykit.cli.shadow.options import task_queue_option
from replaykit.cli.values import TEXT, Number
from replaykit.jobs.given import check_workflows
from replaykit.report.command import options_text
from replaykit.report.reading import Reading

# What is shown is read elsewhere, in a report of whoever started the shadow.
WIDTH = 100
RPS = 50.0


@click.command(name="worker")
@replay_options
@codec_options
@task_queue_option
@click.option(
    "--out",
    default="shadow-findings",
    show_default=True,
    type=TEXT,
    metavar="DIR",
    help="Directory of findings: histories that are not clean, as a corpus to replay. Workers may share it.",
)
@click.option(
    "--no-redact",
    is_flag=True,
    help="Write secrets and personal data as they are. Without it they are replaced by pseudonyms.",
)
@click.option(
    "--rps",
    type=Number(0, min_open=True),
    default=RPS,
    show_default=True,
    metavar="N",
    help="Requests a second that this worker sends for histories and lists, at most.",
)
@click.option(
    "--metrics",
    type=TEXT,
    metavar="HOST:PORT",
    help="Serve metrics for Prometheus at http://HOST:PORT/metrics. Without it there are none.",
)
@connection_options
def command(task_queue: str, out: str, **options: Any) -> None:  # noqa: ANN401 - click's values
    """Judge histories for shadows until Ctrl-C or SIGTERM.

    The workflow code is configured as for `replaykit replay`. Each history is fetched, decoded and replayed in
    processes with a deadline; where something is found, it is written to the directory of findings.

    Exit codes: 0 asked to end, 2 it could not work.
    """
    run(_work(task_queue, out, **options), used_client=True)


async def _work(task_queue: str, out: str, *, no_redact: bool, rps: float, metrics: str | None, **options: Any) -> int:  # noqa: ANN401 - click's values
    connection = connection_of(options)
    configured = config_of_project()
    config = with_options(configured, **options)
    check_workflows(config)
    reading = Reading(width=WIDTH, base=str(Path.cwd()), options=options_text(configured, config))
    job = load("replaykit.jobs.shadow_worker")

    def on_ready(ready: Any) -> None:  # noqa: ANN401 - a value of the job, which is loaded late
        for problem in ready.problems:
            click.echo(f"Not loaded: {problem.what}", err=True)
        where = f"task queue {task_queue} of namespace {ready.namespace} at {ready.address}"
        click.echo(f"Polls {where}; {ready.processes} replay processes.", err=True)
        sys.stderr.flush()

    manned = job.Manned(task_queue, Path.cwd() / out, redact=not no_redact, rps=rps, metrics=metrics or "")
    await job.work(config, manned, connection=connection, reading=reading, on_ready=on_ready)
    click.echo("Ended: what was under way goes to another worker.", err=True)
    return ExitCode.CLEAN
