"""`replaykit cassette merge`: several cassettes become one."""

from pathlib import Path

import click

from replaykit.cli.exit_codes import ExitCode
from replaykit.cli.faces import run
from replaykit.jobs.cassettes import merge
from replaykit.report.cassettes import written_line


@click.command(name="merge")
@click.argument("files", metavar="FILE...", nargs=-1, required=True)
@click.option("--out", "-o", required=True, metavar="FILE", help="The cassette to write.")
@click.option("--force", is_flag=True, help="Write over a cassette that exists.")
def command(files: tuple[str, ...], out: str, *, force: bool) -> None:
    """Merge cassettes into one, in the order of recording; what several hold alike is kept once.

    Exit codes: 0 written, 2 a file is no usable cassette, or the one to write exists.
    """
    run(_merge([Path(file) for file in files], Path(out), force=force))


async def _merge(paths: list[Path], out: Path, *, force: bool) -> int:
    click.echo(written_line(merge(paths, out=out, force=force), str(out)))
    return ExitCode.CLEAN
