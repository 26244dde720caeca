"""`replaykit cassette from-history`: the answers of production, without any call."""

import sys
from pathlib import Path
from typing import Any

import click

from replaykit.cli.codec_options import codec_options
from replaykit.cli.exit_codes import ExitCode
from replaykit.cli.faces import run
from replaykit.cli.options import config_of_project, with_options
from replaykit.config import Config
from replaykit.errors import ReplaykitError
from replaykit.jobs.from_history import from_history
from replaykit.report.cassettes import made_lines


@click.command(name="from-history")
@click.argument("files", metavar="FILE...", nargs=-1, required=True)
@click.option("--out", "-o", required=True, metavar="FILE", help="The cassette to write.")
@click.option("--force", is_flag=True, help="Write over a cassette that exists.")
@click.option(
    "--volatile",
    multiple=True,
    metavar="FIELD",
    help="What differs from run to run: `activity:plan input[0].key` or `pattern:uuid`; may be repeated.",
)
@click.option(
    "--expires",
    default="",
    metavar="TIME",
    help="How long the answers are good: `12h`, `90d`, `26w`; without it for ever.",
)
@click.option(
    "--factory",
    metavar="MODULE:FUNCTION",
    help="Function that returns your Worker's keyword arguments; its data_converter decodes the payloads.",
)
@codec_options
def command(
    files: tuple[str, ...],
    out: str,
    volatile: tuple[str, ...],
    expires: str,
    *,
    force: bool,
    **options: Any,  # noqa: ANN401 - click's values
) -> None:
    """Make a cassette of all activity answers in exported histories; nothing is called.

    Answers of one question come in the order in which their activities were scheduled. Local activities, whose input no
    history holds, are answered by type and order. Of a retried activity a history keeps the last answer only.

    Exit codes: 0 written, 2 usage or configuration, 3 a file is no usable history.
    """
    try:
        config = with_options(config_of_project(), **options)
    except ReplaykitError as error:
        click.echo(str(error), err=True)
        sys.exit(error.exit_code)
    run(_make(config, [Path(file) for file in files], Path(out), volatile, expires, force=force))


async def _make(
    config: Config, files: list[Path], out: Path, volatile: tuple[str, ...], expires: str, *, force: bool
) -> int:
    made = await from_history(config, files, out=out, declared=volatile, expires=expires, force=force)
    for line in made_lines(
        made.cassette, out=str(out), histories=made.histories, unanswered=made.unanswered, retried=made.retried
    ):
        click.echo(line)
    return ExitCode.CLEAN
