"""`replaykit cassette show`: what a cassette holds."""

from pathlib import Path

import click

from replaykit.cli.exit_codes import ExitCode
from replaykit.cli.faces import run, width
from replaykit.jobs.cassettes import read
from replaykit.report.cassettes import cassette_lines


@click.command(name="show")
@click.argument("file", metavar="FILE")
def command(file: str) -> None:
    """Show what the cassette in FILE holds: what was asked, when, and what was answered.

    Exit codes: 0 shown, 2 the file is no usable cassette.
    """
    run(_show(Path(file)))


async def _show(path: Path) -> int:
    for line in cassette_lines(read(path), width=width()):
        click.echo(line)
    return ExitCode.CLEAN
