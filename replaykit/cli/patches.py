"""`replaykit patches`: what is asked for; the work is in patching.py, which loads the SDK."""

import os
from collections.abc import Callable, Coroutine
from typing import Any, TypeAlias

import click

from replaykit.adapters.variables import ADDRESS
from replaykit.cli.export_options import connection_of, connection_options
from replaykit.cli.faces import run
from replaykit.cli.lazy import load
from replaykit.cli.options import config_of_project, with_options
from replaykit.cli.values import TEXT, Number

Perform: TypeAlias = Callable[..., Coroutine[Any, Any, int]]


@click.command(name="patches")
@click.argument("paths", nargs=-1, metavar="[PATH]...")
@click.option("--base", type=TEXT, metavar="REV", help="Judge the change since this revision of git, such as main.")
@click.option(
    "--corpus",
    multiple=True,
    type=TEXT,
    metavar="DIR",
    help="History file or directory of them; may be repeated. Default: [tool.replaykit] histories.",
)
@click.option(
    "--workflows",
    "-w",
    multiple=True,
    metavar="MODULE[:CLASS]",
    help="Module of workflows, where no PATH is given; may be repeated. Default: [tool.replaykit] workflows.",
)
@click.option(
    "--python-path",
    multiple=True,
    metavar="DIR",
    help="Directory that modules are looked for in; may be repeated. Default: the project's directory.",
)
@click.option(
    "--limit",
    type=click.IntRange(0),
    default=100,
    show_default=True,
    metavar="N",
    help="Read the histories of at most N open runs; visibility counts the others.",
)
@click.option("--rps", type=Number(0, min_open=True), metavar="N", help="Requests a second, at most. Default: 10.")
@connection_options
@click.option(
    "--format",
    "form",
    type=click.Choice(["text", "json"]),
    default="text",
    show_default=True,
    help="How the result is written to stdout.",
)
@click.option("--verbose", "-v", is_flag=True, help="Name every run in danger.")
def command(paths: tuple[str, ...], form: str, *, verbose: bool, **options: Any) -> None:  # noqa: ANN401 - click's values
    """Say how far each patch in the code has come, and whether the next step, or a change, is safe.

    PATH is a file or directory of workflow code; it is read, not imported. Default: the configured workflows and what
    they import.

    A server is asked where an option names it, or TEMPORAL_ADDRESS does: only its open runs can show that a
    deprecation or a removal is safe.

    Exit codes: 0 safe, 1 something is unsafe, 2 usage or configuration, 3 something could not be verified. With --base
    only what changed counts.
    """
    run(_command(paths, as_json=form == "json", verbose=verbose, options=options), used_client=True)


async def _command(paths: tuple[str, ...], *, as_json: bool, verbose: bool, options: dict[str, Any]) -> int:
    connection = connection_of(options)
    asked = bool(connection) or bool(os.environ.get(ADDRESS))
    base, corpus, limit, rps = (options.pop(name) for name in ("base", "corpus", "limit", "rps"))
    config = with_options(config_of_project(), **options)
    perform: Perform = load("replaykit.cli.patching").perform
    return await perform(
        config,
        paths,
        base=base or "",
        corpus=corpus,
        connection=connection if asked else None,
        limit=limit,
        rps=rps,
        as_json=as_json,
        verbose=verbose,
    )
