"""`replaykit inspect`: one history as a list of steps."""

import sys
from pathlib import Path
from typing import Any

import click

from replaykit.cli.codec_options import codec_options
from replaykit.cli.exit_codes import ExitCode
from replaykit.cli.faces import paint_for, run, width
from replaykit.cli.options import config_of_project, with_options
from replaykit.config import Config
from replaykit.errors import ReplaykitError
from replaykit.jobs.inspect import inspect
from replaykit.report.json_form import history_json
from replaykit.report.json_text import json_text
from replaykit.report.reading import Reading
from replaykit.report.table import history_lines


@click.command(name="inspect")
@click.argument("file", metavar="FILE")
@click.option(
    "--format",
    "form",
    type=click.Choice(["text", "json"]),
    default="text",
    show_default=True,
    help="How the history is written to stdout.",
)
@click.option(
    "--factory",
    metavar="MODULE:FUNCTION",
    help="Function that returns your Worker's keyword arguments; its data_converter decodes the payloads.",
)
@codec_options
def command(file: str, form: str, **options: Any) -> None:  # noqa: ANN401 - click's values
    """Show the history in FILE as a readable list of steps: time, step, input, result, attempts, failure.

    Exit codes: 0 shown, 2 usage or configuration, 3 the file is no usable history.
    """
    try:
        config = with_options(config_of_project(), **options)
    except ReplaykitError as error:
        click.echo(str(error), err=True)
        sys.exit(error.exit_code)
    run(_inspect(config, Path(file), as_json=form == "json"))


async def _inspect(config: Config, path: Path, *, as_json: bool) -> int:
    history = await inspect(config, path)
    if as_json:
        click.echo(json_text(history_json(history)))
    else:
        for line in history_lines(history, Reading(width=width(), paint=paint_for(sys.stdout))):
            click.echo(line)
    return ExitCode.CLEAN
