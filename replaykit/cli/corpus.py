"""`replaykit corpus`: a corpus that stays small, and what it covers."""

import sys
import time
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import aclosing
from pathlib import Path
from typing import Any

import click

from replaykit.cli.codec_options import codec_options
from replaykit.cli.exit_codes import ExitCode
from replaykit.cli.faces import paint_for, run, width
from replaykit.cli.options import code_options, config_of_project, with_options
from replaykit.cli.progress import Progress
from replaykit.config import Config
from replaykit.errors import ReplaykitError
from replaykit.jobs.corpus import Counted, Deleted, Event, Planned, Surveyed, count, minimize
from replaykit.jobs.given import Found
from replaykit.model.corpus import Plan, Stats
from replaykit.report.command import options_text, quoted, relative
from replaykit.report.json_text import json_text
from replaykit.report.plan import plan_json, plan_lines, plan_markdown
from replaykit.report.reading import Reading
from replaykit.report.stats import stats_json, stats_lines, stats_markdown

_FORMAT = click.option(
    "--format",
    "form",
    type=click.Choice(["text", "json", "markdown"]),
    default="text",
    show_default=True,
    help="How the result is written to stdout.",
)


@click.group(name="corpus")
def command() -> None:
    """Keep a corpus of histories small, and say what it covers."""


@command.command(name="minimize")
@click.argument("paths", nargs=-1, metavar="[PATH]...")
@code_options
@codec_options
@click.option("--apply", is_flag=True, help="Delete the histories that the others cover. Default: only say which.")
@_FORMAT
def minimize_command(paths: tuple[str, ...], form: str, *, apply: bool, **options: Any) -> None:  # noqa: ANN401 - click's values
    """Keep the smallest set of histories below PATH that covers what all of them cover.

    What counts: the lines and branches of workflow code that a replay reaches, the sequence of steps with loops folded,
    patches, failures, retries, signals and updates, statuses, SDK versions. Open runs are preferred. What cannot be
    replayed is kept and named.

    Exit codes: 0 done, 2 usage or configuration, 3 there is no history.
    """
    config, given, reading, asked = _prepared(paths, options)
    run(_minimize(config, given, reading, form=form, apply=apply, asked=asked))


@command.command(name="stats")
@click.argument("paths", nargs=-1, metavar="[PATH]...")
@code_options
@codec_options
@click.option(
    "--retention",
    type=click.FloatRange(min=0),
    metavar="DAYS",
    help="Name the runs that ended longer ago than your namespace keeps them. Default: not asked.",
)
@_FORMAT
def stats_command(paths: tuple[str, ...], form: str, retention: float | None, **options: Any) -> None:  # noqa: ANN401 - click's values
    """Say what the histories below PATH are, and which lines of workflow code none of them reaches.

    Exit codes: 0 done, 2 usage or configuration, 3 there is no history.
    """
    config, given, reading, asked = _prepared(paths, options)
    run(_stats(config, given, reading, form=form, retention=retention, asked=asked))


def _prepared(paths: tuple[str, ...], options: dict[str, Any]) -> tuple[Config, tuple[str, ...], Reading, str]:
    """Return the settings, the paths, who reads, and how paths and options are repeated in a command to paste."""
    try:
        configured = config_of_project()
        config = with_options(configured, **options)
    except ReplaykitError as error:
        click.echo(str(error), err=True)
        sys.exit(error.exit_code)
    base = str(Path.cwd())
    given = paths or tuple(relative(str(Path(config.root) / path), base) for path in config.histories)
    reading = Reading(width=width(), base=base, paint=paint_for(sys.stdout))
    asked = " ".join([*(quoted(relative(path, base)) for path in given), options_text(configured, config)]).rstrip()
    return config, given, reading, asked


async def _minimize(
    config: Config, paths: tuple[str, ...], reading: Reading, *, form: str, apply: bool, asked: str
) -> int:
    events = minimize(config, paths, base=Path(reading.base), apply=apply)
    planned, code = None, ExitCode.INCONCLUSIVE
    async with aclosing(_watched(events, "survey")) as rest:
        async for event in rest:
            if isinstance(event, Planned):
                planned = event.plan
    if planned is None:
        return code
    code = ExitCode.CLEAN if planned.kept else ExitCode.INCONCLUSIVE
    _echo_plan(planned, reading, form=form, applied=apply, asked=asked, code=code)
    return code


async def _stats(
    config: Config, paths: tuple[str, ...], reading: Reading, *, form: str, retention: float | None, asked: str
) -> int:
    events = count(config, paths, base=Path(reading.base), now=time.time(), retention=retention)
    counted, code = None, ExitCode.INCONCLUSIVE
    async with aclosing(_watched(events, "survey")) as rest:
        async for event in rest:
            if isinstance(event, Counted):
                counted = event.stats
    if counted is None:
        return code
    code = ExitCode.CLEAN if counted.types else ExitCode.INCONCLUSIVE
    _echo_stats(counted, reading, form=form, asked=asked, code=code)
    return code


async def _watched(events: AsyncIterator[Event], label: str) -> AsyncGenerator[Planned | Deleted | Counted, None]:
    """Show the progress of a survey, and hand on what comes of it."""
    progress: Progress | None = None
    async for event in events:
        match event:
            case Found(total):
                progress = Progress(label, total)
            case Surveyed():
                if progress:
                    progress.step()
            case _:
                if progress:
                    progress.clear()
                yield event


def _echo_plan(plan: Plan, reading: Reading, *, form: str, applied: bool, asked: str, code: ExitCode) -> None:
    if form == "json":
        _echo_json(plan_json(plan, applied=applied, exit_code=code))
    elif form == "markdown":
        click.echo("\n".join(plan_markdown(plan, applied=applied)))
    else:
        following = f"replaykit corpus stats {asked}"
        if plan.dropped and not applied:
            following = (
                f"nothing was deleted; to delete {len(plan.dropped):,}: replaykit corpus minimize {asked} --apply"
            )
        for line in plan_lines(plan, reading, applied=applied, following=following):
            click.echo(line)


def _echo_stats(stats: Stats, reading: Reading, *, form: str, asked: str, code: ExitCode) -> None:
    if form == "json":
        _echo_json(stats_json(stats, exit_code=code))
    elif form == "markdown":
        click.echo("\n".join(stats_markdown(stats)))
    else:
        for line in stats_lines(stats, reading, following=f"replaykit corpus minimize {asked}"):
            click.echo(line)


def _echo_json(form: dict[str, Any]) -> None:
    click.echo(json_text(form))
