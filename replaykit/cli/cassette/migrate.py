"""`replaykit cassette migrate`: vcrpy's cassettes become one of ours."""

from pathlib import Path

import click

from replaykit.cli.exit_codes import ExitCode
from replaykit.cli.faces import run
from replaykit.jobs.migrate import migrate
from replaykit.report.cassettes import migrated_lines


@click.command(name="migrate")
@click.argument("files", metavar="VCR_FILE...", nargs=-1, required=True)
@click.option("--out", "-o", required=True, metavar="FILE", help="The cassette to write.")
@click.option("--force", is_flag=True, help="Write over a cassette that exists.")
def command(files: tuple[str, ...], out: str, *, force: bool) -> None:
    """Make a cassette of the HTTP layer from cassettes of vcrpy, YAML or JSON.

    Headers of requests are left out, and so are those of answers that hold secrets; what else is secret is redacted.

    Exit codes: 0 written, 2 a file is no usable cassette of vcrpy, or the one to write exists.
    """
    run(_migrate([Path(file) for file in files], Path(out), force=force))


async def _migrate(paths: list[Path], out: Path, *, force: bool) -> int:
    for line in migrated_lines(migrate(paths, out=out, force=force), str(out)):
        click.echo(line)
    return ExitCode.CLEAN
