"""`replaykit cassette show`: what a cassette holds."""

from pathlib import Path

import click

from replaykit.cli.exit_codes import ExitCode
from replaykit.cli.faces import run, width
from replaykit.jobs.cassettes import bill, read
from replaykit.report.cassettes import cassette_lines


@click.command(name="show")
@click.argument("file", metavar="FILE")
def command(file: str) -> None:
    """Show what the cassette in FILE holds: what was asked, when, and what was answered.

    Exit codes: 0 shown, 2 the file is no usable cassette.
    """
    run(_show(Path(file)))


async def _show(path: Path) -> int:
    cassette = read(path)
    cost, priced = bill(cassette)
    for line in cassette_lines(cassette, bill=cost, priced=priced, width=width()):
        click.echo(line)
    return ExitCode.CLEAN
