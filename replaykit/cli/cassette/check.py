"""`replaykit cassette check`: whether cassettes can be used."""

from pathlib import Path

import click

from replaykit.cli.exit_codes import ExitCode
from replaykit.cli.faces import run
from replaykit.errors import ReplaykitError
from replaykit.jobs.cassettes import check
from replaykit.report.cassettes import checked_line


@click.command(name="check")
@click.argument("files", metavar="FILE...", nargs=-1, required=True)
def command(files: tuple[str, ...]) -> None:
    """Read cassettes whole, and say what is wrong with those that cannot be used.

    What a killed recording left beside a cassette is merged into it.

    Exit codes: 0 all can be used, 2 at least one cannot.
    """
    run(_check([Path(file) for file in files]))


async def _check(paths: list[Path]) -> int:
    worst: int = ExitCode.CLEAN
    for path in paths:
        try:
            cassette, recording = check(path)
        except ReplaykitError as error:
            click.echo(str(error), err=True)
            worst = error.exit_code
        else:
            click.echo(checked_line(cassette, str(path), recording=recording))
    return worst
