"""`replaykit gate`: what changed between a base revision and the working tree, by every history."""

import os
import sys
import time
from collections.abc import Iterator
from contextlib import aclosing
from pathlib import Path
from typing import Any

import click
from click.core import ParameterSource

from replaykit.adapters.variables import ADDRESS
from replaykit.cli.change_codes import of_gate
from replaykit.cli.codec_options import codec_options
from replaykit.cli.exit_codes import ExitCode
from replaykit.cli.export_options import VARIABLES, connection_of, connection_options
from replaykit.cli.faces import run
from replaykit.cli.gate_forms import Forms, form_options, forms_of
from replaykit.cli.lazy import load
from replaykit.cli.options import code_options, config_of_project, with_options
from replaykit.cli.progress import Progress
from replaykit.cli.reading import paths_of, reading_of
from replaykit.cli.values import TEXT
from replaykit.config import Config, DriftPolicy
from replaykit.errors import ReplaykitError
from replaykit.jobs.gate import Gated, Reported, gate
from replaykit.jobs.gate_blind import Wish
from replaykit.jobs.given import Found
from replaykit.report.command import quoted, relative
from replaykit.report.gate_json import gate_json
from replaykit.report.json_text import json_text
from replaykit.report.reading import Reading
from replaykit.rules.since import since

DECIDING = {"drift", "min_coverage", "require_fresh", "limit", *VARIABLES} - {"api_key"}


@click.command(name="gate")
@click.argument("paths", nargs=-1, metavar="[PATH]...")
@click.option("--base", "revision", required=True, type=TEXT, metavar="REV", help="Git revision to compare with.")
@code_options
@codec_options
@click.option(
    "--drift",
    type=click.Choice([policy.value for policy in DriftPolicy]),
    help="What a drifted history does: fail (exit 1), warn, ignore. Default: fail.",
)
@click.option(
    "--min-coverage",
    type=click.FloatRange(0, 100),
    metavar="PERCENT",
    help="Fail where histories reach less of the changed lines of workflow code. Default: only name them.",
)
@click.option(
    "--require-fresh",
    type=TEXT,
    metavar="14d",
    help="Fail where the newest history of a workflow type is older. Default: not asked.",
)
@connection_options
@click.option(
    "--limit",
    type=click.IntRange(0),
    default=100,
    show_default=True,
    metavar="N",
    help="Read the histories of at most N open runs of the server, where a patch was changed.",
)
@click.option("--no-cache", is_flag=True, help="Replay every history with both versions, whatever earlier runs found.")
@click.option(
    "--format",
    "form",
    type=click.Choice(["text", "json"]),
    default="text",
    show_default=True,
    help="How the result is written to stdout.",
)
@form_options
@click.option("--verbose", "-v", is_flag=True, help="Show Core's own words and full tracebacks.")
def command(
    paths: tuple[str, ...],
    revision: str,
    form: str,
    min_coverage: float | None,
    require_fresh: str | None,
    *,
    no_cache: bool,
    verbose: bool,
    **options: Any,  # noqa: ANN401 - click's values
) -> None:
    """Say what the change from a base revision to the working tree does to the runs below PATH.

    Both versions replay the histories. What base does not replay either is not the change; where head asks for
    something else than base, it is. What no history can tell of the change is named.

    PATH is a history file or a directory of them. Default: [tool.replaykit] histories.

    Where the change touches a patch, a server is asked for open runs if an option names it, or TEMPORAL_ADDRESS does:
    only those can show that a deprecation or a removal is safe.

    Exit codes: 0 passed, 1 findings, 2 usage or configuration, 3 inconclusive or nothing replayed.
    """
    demanded = " ".join(_demanded(click.get_current_context()))
    connection, limit = connection_of(options), options.pop("limit")
    try:
        forms = forms_of(options, form=form)
        configured = config_of_project()
        config = with_options(configured, **options)
        fresh = None if require_fresh is None else since(require_fresh, now=time.time(), option="--require-fresh")
    except ReplaykitError as error:
        click.echo(str(error), err=True)
        sys.exit(error.exit_code)
    given = paths_of(paths, config)
    reading = reading_of(configured, config, verbose=verbose)
    asked = connection if connection or os.environ.get(ADDRESS) else None
    wish = Wish(revision, not no_cache, min_coverage, fresh, asked, limit)
    job = _gate(config, configured, given, wish, reading, forms=forms, as_json=form == "json", demanded=demanded)
    run(job, used_client=asked is not None)


async def _gate(  # noqa: PLR0913 - what the command line holds
    config: Config,
    configured: Config,
    paths: tuple[str, ...],
    wish: Wish,
    reading: Reading,
    *,
    forms: Forms,
    as_json: bool,
    demanded: str,
) -> int:
    reported: Reported | None = None
    progress: Progress | None = None
    async with aclosing(gate(config, configured, paths, wish, base=Path(reading.base))) as events:
        async for event in events:
            match event:
                case Found(total):
                    progress = Progress("gate", total)
                case Gated():
                    if progress:
                        progress.step()
                case Reported():
                    reported = event
                    if progress:
                        progress.clear()
    if reported is None:
        return ExitCode.INCONCLUSIVE
    report = reported.report
    drift = config.drift or DriftPolicy.FAIL
    code = of_gate(report, drift)
    shown = " ".join(quoted(relative(path, reading.base)) for path in paths)
    following = _following(code, wish, shown, reading.options, demanded)
    if as_json:
        click.echo(json_text(gate_json(report, exit_code=code)))
    else:
        printing = load("replaykit.cli.gate_printing")
        for line in printing.printed(report, reading, following=following, annotated=forms.annotations):
            click.echo(line)
    if forms.is_any:
        writing = load("replaykit.cli.gate_writing")
        drift_fails = drift is DriftPolicy.FAIL
        writing.write_forms(forms, report, reading, exit_code=code, drift_fails=drift_fails, following=following)
    return code


def _demanded(context: click.Context) -> Iterator[str]:
    """Yield the options that decide what passes, as they were given; a key belongs into the environment."""
    for param in context.command.params:
        name, value = str(param.name), context.params[str(param.name)]
        if name not in DECIDING or context.get_parameter_source(name) is not ParameterSource.COMMANDLINE:
            continue
        if isinstance(value, bool):
            yield param.opts[0] if value else param.secondary_opts[0]
        else:
            yield f"{param.opts[0]} {quoted(f'{value:g}' if isinstance(value, float) else str(value))}"


def _following(code: ExitCode, wish: Wish, *more: str) -> str:
    again = " ".join(["replaykit gate --base", quoted(wish.base), *filter(None, more)])
    return f"put it into CI: {again}" if code is ExitCode.CLEAN else f"mend what is shown above, then: {again}"
