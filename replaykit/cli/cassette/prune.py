"""`replaykit cassette prune`: recordings are taken out of a cassette."""

from pathlib import Path

import click

from replaykit.cli.exit_codes import ExitCode
from replaykit.cli.faces import run
from replaykit.jobs.cassettes import prune
from replaykit.report.cassettes import pruned_line


@click.command(name="prune")
@click.argument("file", metavar="FILE")
@click.option("--number", "-n", "numbers", type=int, multiple=True, metavar="N", help="A recording's number in `show`.")
@click.option("--name", "names", multiple=True, metavar="NAME", help="An activity, all of whose recordings go.")
def command(file: str, numbers: tuple[int, ...], names: tuple[str, ...]) -> None:
    """Take recordings out of the cassette in FILE: those that tests report as not asked for, for instance.

    Exit codes: 0 done, 2 the file is no usable cassette, or holds none of what was named.
    """
    if not numbers and not names:
        raise click.UsageError("say what goes: --number N or --name NAME")
    run(_prune(Path(file), numbers, names))


async def _prune(path: Path, numbers: tuple[int, ...], names: tuple[str, ...]) -> int:
    cassette, going = prune(path, numbers, names=names)
    click.echo(pruned_line(cassette, going, str(path)), err=not going)
    return ExitCode.CLEAN if going else ExitCode.USAGE
