"""A shadow is followed: its progress on stderr, its report on stdout, and how to come back to it."""

import asyncio
import sys
from collections.abc import AsyncGenerator, Mapping
from contextlib import aclosing
from pathlib import PurePath

import click

from replaykit.cli.exit_codes import ExitCode
from replaykit.cli.faces import paint_for
from replaykit.cli.progress import Progress
from replaykit.config import DriftPolicy
from replaykit.jobs.shadow import Advanced, Begun, Ended, Event, Silent, follow, start, stop
from replaykit.model.shadow import Asked, Report
from replaykit.report.command import quoted
from replaykit.report.json_text import json_text
from replaykit.report.shadow import report_json, report_lines


async def started(
    asked: Asked,
    *,
    workflow_id: str,
    task_queue: str,
    connection: Mapping[str, str],
    drift: DriftPolicy,
    as_json: bool,
) -> int:
    """Start a shadow and follow it; returns the command's exit code."""
    events = start(asked, workflow_id=workflow_id, task_queue=task_queue, connection=connection)
    return await _shown(events, workflow_id, drift=drift, as_json=as_json)


async def followed(workflow_id: str, *, connection: Mapping[str, str], drift: DriftPolicy, as_json: bool) -> int:
    """Follow a shadow that runs; returns the command's exit code."""
    return await _shown(follow(workflow_id, connection=connection), workflow_id, drift=drift, as_json=as_json)


async def stopped(workflow_id: str, *, connection: Mapping[str, str], drift: DriftPolicy, as_json: bool) -> int:
    """Stop a shadow; returns the command's exit code."""
    return _reported(await stop(workflow_id, connection=connection), drift=drift, as_json=as_json)


async def _shown(events: AsyncGenerator[Event, None], workflow_id: str, *, drift: DriftPolicy, as_json: bool) -> int:
    progress: Progress | None = None
    begun, seen = False, 0
    try:
        async with aclosing(events) as all_events:
            async for event in all_events:
                match event:
                    case Begun(name, expected):
                        begun = True
                        click.echo(f"Shadow {name} runs.", err=True)
                        progress = Progress("shadow", expected)
                    case Advanced(now) if progress:
                        done = now.tally.total + now.tally.skipped
                        progress.step(done - seen)
                        seen = done
                    case Silent():
                        if progress:
                            progress.clear()
                        click.echo("Note: no worker answers; the shadow waits for one.", err=True)
                    case Ended(report):
                        if progress:
                            progress.clear()
                        return _reported(report, drift=drift, as_json=as_json)
                    case _:
                        pass
    except asyncio.CancelledError:
        if progress:
            progress.clear()
        if begun:
            name = quoted(workflow_id)
            click.echo(f"It goes on. Back to it:  replaykit shadow follow {name}", err=True)
            click.echo(f"Stop it:     replaykit shadow stop {name}", err=True)
        raise
    raise AssertionError(workflow_id)


def _reported(report: Report, *, drift: DriftPolicy, as_json: bool) -> int:
    code = _exit_code(report, drift)
    if as_json:
        click.echo(json_text(report_json(report, exit_code=code)))
        return code
    for line in report_lines(report, paint=paint_for(sys.stdout), following=_following(report, code)):
        click.echo(line)
    return code


def _exit_code(report: Report, drift: DriftPolicy) -> ExitCode:
    tally = report.tally
    if tally.diverged or (tally.drifted and drift is DriftPolicy.FAIL):
        return ExitCode.FINDINGS
    if tally.inconclusive or not tally.replayed:
        return ExitCode.INCONCLUSIVE
    return ExitCode.CLEAN


def _following(report: Report, code: ExitCode) -> str:
    if code is ExitCode.CLEAN:
        return "keep what is telling: replaykit export --update"
    # <directory of findings>/<workflow type>/<file>, as the workers see it.
    written = [str(PurePath(cause.example.path).parent.parent) for cause in report.causes if cause.example.path]
    if written:
        return (
            f"mend what is shown above, then, where the workers have written it: replaykit replay {quoted(written[0])}"
        )
    return "a broader --query or --sample; temporal workflow list   shows what there is"
