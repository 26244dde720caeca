"""Patches are judged and told about: the result on stdout, the progress on stderr."""

import sys
import time
from collections.abc import Mapping
from contextlib import aclosing
from pathlib import Path
from typing import Any

import click

from replaykit.cli.change_codes import of_patches
from replaykit.cli.exit_codes import ExitCode
from replaykit.cli.faces import paint_for, width
from replaykit.cli.progress import Progress
from replaykit.config import Config
from replaykit.jobs.given import Found
from replaykit.jobs.patches import Answered, Question, Read, patches
from replaykit.model.patches import Change, of_change
from replaykit.report.json_text import json_text
from replaykit.report.patches_json import patches_json
from replaykit.report.patches_text import patches_lines, sources_lines, total_lines
from replaykit.report.reading import Reading


async def perform(
    config: Config,
    paths: tuple[str, ...],
    *,
    corpus: tuple[str, ...],
    base: str,
    connection: Mapping[str, str] | None,
    as_json: bool,
    verbose: bool,
    **asked: Any,  # noqa: ANN401 - click's values
) -> int:
    """Do what the command was asked for; returns its exit code."""
    here = Path.cwd()
    histories = corpus or tuple(str(Path(config.root) / path) for path in config.histories)
    question = Question(paths, base, histories, connection, **asked)
    answered: Answered | None = None
    progress: Progress | None = None
    async with aclosing(patches(config, question, here=here)) as events:
        async for event in events:
            match event:
                case Found(total):
                    progress = Progress("read", total)
                case Read():
                    if progress:
                        progress.step()
                case Answered():
                    answered = event
    if progress:
        progress.clear()
    if answered is None:
        return ExitCode.INCONCLUSIVE
    counting = [
        verdict for verdict in answered.verdicts if of_change(verdict) or (not base and verdict.change is Change.KEPT)
    ]
    whole = not answered.unread and not answered.sites.unparsed
    code = of_patches(counting, whole=whole)
    if as_json:
        form = patches_json(answered.verdicts, unparsed=answered.sites.unparsed, unread=answered.unread, exit_code=code)
        click.echo(json_text(form))
        return code
    reading = Reading(width=width(), base=str(here), verbose=verbose, paint=paint_for(sys.stdout))
    for line in patches_lines(answered.verdicts, reading, now=time.time()):
        click.echo(line)
    for line in sources_lines(answered.sites, answered.unread):
        click.echo(line)
    for line in total_lines(
        answered.verdicts, counting, answered.sites, answered.histories, answered.server, base=base
    ):
        click.echo(line)
    return code
