"""`replaykit cassette check`: whether cassettes can be used."""

from pathlib import Path

import click

from replaykit.cli.exit_codes import ExitCode
from replaykit.cli.faces import run
from replaykit.cli.options import config_of_project
from replaykit.config import ExpiryPolicy
from replaykit.errors import ReplaykitError
from replaykit.jobs.cassettes import age_problem, check
from replaykit.jobs.model_check import check_models
from replaykit.report.cassettes import checked_line
from replaykit.report.model_check import model_check_lines


@click.command(name="check")
@click.argument("files", metavar="FILE...", nargs=-1, required=True)
def command(files: tuple[str, ...]) -> None:
    """Read cassettes whole, and say what is wrong with those that cannot be used.

    What a killed recording left beside a cassette is merged into it.

    Answers of models, in OpenAI's forms, are held strictly against the models of the installed openai SDK: a field that
    is unknown, missing or of a wrong type is a finding. What could not be checked is said.

    Recordings that are older than their cassette allows are named; they are findings where [tool.replaykit] expiry is
    "error".

    Exit codes: 0 all can be used, 1 there are findings, 2 at least one cannot be used.
    """
    run(_check([Path(file) for file in files]))


async def _check(paths: list[Path]) -> int:
    worst: int = ExitCode.CLEAN
    policy = config_of_project().expiry
    for path in paths:
        try:
            cassette, recording = check(path)
        except ReplaykitError as error:
            click.echo(str(error), err=True)
            worst = max(worst, error.exit_code)
        else:
            click.echo(checked_line(cassette, str(path), recording=recording))
            models = check_models(cassette)
            for line in model_check_lines(models):
                click.echo(line)
            if models.drifted:
                worst = max(worst, ExitCode.FINDINGS)
            problem = age_problem(cassette, str(path))
            if problem is not None:
                click.echo(str(problem))
                worst = max(worst, ExitCode.FINDINGS if policy is ExpiryPolicy.ERROR else ExitCode.CLEAN)
    return worst
