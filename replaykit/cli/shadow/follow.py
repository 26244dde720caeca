"""`replaykit shadow follow`: back to a shadow that was left running."""

from typing import Any

import click

from replaykit.cli.export_options import connection_of, connection_options
from replaykit.cli.faces import run
from replaykit.cli.lazy import load
from replaykit.cli.options import config_of_project
from replaykit.cli.shadow.options import drift_of, result_options


@click.command(name="follow")
@click.argument("workflow_id")
@result_options
@connection_options
def command(workflow_id: str, form: str, drift: str | None, **options: Any) -> None:  # noqa: ANN401 - click's values
    """Follow the shadow WORKFLOW_ID to its report; show the report of one that has ended.

    Exit codes: 0 clean, 1 findings, 2 it could not be done, 3 inconclusive or nothing replayed.
    """
    run(_follow(workflow_id, form, drift, **options), used_client=True)


async def _follow(workflow_id: str, form: str, drift: str | None, **options: Any) -> int:  # noqa: ANN401 - click's values
    connection = connection_of(options)
    policy = drift_of(config_of_project(), drift)
    following = load("replaykit.cli.shadow.following")
    code: int = await following.followed(workflow_id, connection=connection, drift=policy, as_json=form == "json")
    return code
