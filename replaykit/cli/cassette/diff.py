"""`replaykit cassette diff`: how one cassette differs from another."""

from pathlib import Path

import click

from replaykit.cli.exit_codes import ExitCode
from replaykit.cli.faces import run
from replaykit.jobs.cassettes import diff
from replaykit.report.cassettes import diff_lines


@click.command(name="diff")
@click.argument("old", metavar="OLD")
@click.argument("new", metavar="NEW")
def command(old: str, new: str) -> None:
    """Compare two cassettes by what was asked: other answers, new questions, questions that are gone.

    Exit codes: 0 they ask and answer the same, 1 they differ, 2 a file is no usable cassette.
    """
    run(_diff(Path(old), Path(new)))


async def _diff(old: Path, new: Path) -> int:
    comparison = diff(old, new)
    for line in diff_lines(comparison):
        click.echo(line)
    return ExitCode.CLEAN if comparison.same else ExitCode.FINDINGS
