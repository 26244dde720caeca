"""`replaykit shadow start`: what is asked for; following.py, which loads the SDK, does the rest."""

import uuid
from typing import Any

import click

from replaykit.cli.export_options import connection_of, connection_options
from replaykit.cli.faces import run
from replaykit.cli.lazy import load
from replaykit.cli.options import config_of_project
from replaykit.cli.shadow.options import drift_of, result_options, task_queue_option
from replaykit.cli.values import TEXT, Number
from replaykit.model.shadow import Asked
from replaykit.rules.since import lasting


@click.command(name="start")
@click.option(
    "--query", "-q", type=TEXT, metavar="QUERY", help="Judge the runs that match, in the server's own syntax."
)
@click.option(
    "--sample",
    type=Number(0, 1, min_open=True),
    metavar="RATE",
    help="Take this share of the runs, such as 0.1; the same ones every time.",
)
@click.option("--limit", type=click.IntRange(1), metavar="N", help="Stop after N histories.")
@click.option("--for", "lasts", type=TEXT, metavar="TIME", help="Stop after this time: 90s, 10m, 1h.")
@click.option("--until-first-divergence", is_flag=True, help="Stop when a history has diverged.")
@click.option(
    "--shard-size",
    type=click.IntRange(1, 500),
    default=20,
    show_default=True,
    metavar="N",
    help="Histories that a worker takes at a time.",
)
@click.option(
    "--shards-at-once",
    type=click.IntRange(1, 500),
    default=16,
    show_default=True,
    metavar="N",
    help="Shards under way together, on all workers; each worker takes two.",
)
@click.option(
    "--lost-after",
    type=Number(2),
    default=10,
    show_default=True,
    metavar="SECONDS",
    help="A worker that is silent for so long is lost, and another takes over its shards.",
)
@click.option(
    "--continue-after",
    type=click.IntRange(1),
    default=500,
    show_default=True,
    metavar="N",
    help="Continue the workflow as new after N shards and lists; its history stays short.",
)
@click.option(
    "--id",
    "workflow_id",
    type=TEXT,
    metavar="WORKFLOW_ID",
    help="The shadow's own workflow id; one that runs already under it is followed instead. Default: a new one.",
)
@task_queue_option
@result_options
@connection_options
def command(form: str, drift: str | None, **options: Any) -> None:  # noqa: ANN401 - click's values
    """Start a shadow on the cluster, and follow it to its report.

    Ctrl-C leaves it running, and says how to come back to it or stop it.

    Exit codes: 0 clean, 1 findings, 2 it could not be done, 3 inconclusive or nothing replayed.
    """
    run(_start(form, drift, **options), used_client=True)


async def _start(
    form: str,
    drift: str | None,
    *,
    workflow_id: str | None,
    task_queue: str,
    lasts: str | None,
    **options: Any,  # noqa: ANN401
) -> int:
    connection = connection_of(options)
    policy = drift_of(config_of_project(), drift)
    asked = Asked(
        query=options["query"] or "",
        sample=options["sample"] or 1.0,
        limit=options["limit"],
        seconds=lasting(lasts) if lasts else None,
        until_divergence=options["until_first_divergence"],
        shard_size=options["shard_size"],
        at_once=options["shards_at_once"],
        lost_after=options["lost_after"],
        shards_a_run=options["continue_after"],
    )
    name = workflow_id or f"replaykit-shadow-{uuid.uuid4().hex[:12]}"
    following = load("replaykit.cli.shadow.following")
    code: int = await following.started(
        asked, workflow_id=name, task_queue=task_queue, connection=connection, drift=policy, as_json=form == "json"
    )
    return code
