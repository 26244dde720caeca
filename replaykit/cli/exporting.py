"""An export is done and told about: its result on stdout, its progress on stderr."""

import os
from collections.abc import AsyncGenerator, Mapping
from contextlib import aclosing
from pathlib import Path
from typing import Any, TypeVar

import click

from replaykit.adapters.corpus import shown
from replaykit.cli.exit_codes import ExitCode
from replaykit.cli.faces import width
from replaykit.cli.progress import Progress
from replaykit.config import Config
from replaykit.jobs.export import (
    Event,
    Expected,
    Exported,
    Familiar,
    Finished,
    Looked,
    Looking,
    Measured,
    Measuring,
    NotExported,
    Remark,
    Stale,
    There,
    export,
    look,
)
from replaykit.model.manner import Manner
from replaykit.model.selection import Selection
from replaykit.model.wanted import Wanted
from replaykit.report.exports import exported_json, exported_line, exports_json, exports_lines
from replaykit.report.json_form import problem_json
from replaykit.report.json_text import json_text
from replaykit.report.strata import strata_json, strata_lines
from replaykit.rules.strata import Share

# What takes the bar one step further.
_COUNTED = (Measured, Exported, There, Familiar, NotExported)
# What is said on the bar alone.
_TOLD = (Measuring, Measured, Looking, Looked)
T = TypeVar("T")


async def perform(
    wanted: Wanted,
    manner: Manner,
    config: Config,
    *,
    out: Path,
    connection: Mapping[str, str],
    dry_run: bool,
    as_json: bool,
) -> int:
    """Do what the command was asked for; returns its exit code."""
    if dry_run and wanted.selection is not None:
        shares = await _kinds(wanted.selection, manner, connection)
        return _strata(shares, update=manner.update, as_json=as_json)
    events = export(wanted, manner, config, out=out, base=Path.cwd(), connection=connection)
    return await _as_json(events) if as_json else await _as_text(events, out)


async def _kinds(selection: Selection, manner: Manner, connection: Mapping[str, str]) -> tuple[Share, ...]:
    async with aclosing(_watched(look(selection, rps=manner.rps, connection=connection))) as watched:
        return [found async for found in watched if isinstance(found, tuple)][-1]


def _strata(shares: tuple[Share, ...], *, update: bool, as_json: bool) -> int:
    if as_json:
        click.echo(json_text({"strata": strata_json(shares)}))
    else:
        for line in strata_lines(shares, width=width(), update=update):
            click.echo(line)
    return ExitCode.CLEAN if shares else ExitCode.INCONCLUSIVE


async def _as_text(events: AsyncGenerator[Event, None], out: Path) -> int:
    base = Path.cwd()
    code = ExitCode.CLEAN
    async with aclosing(_watched(events)) as watched:
        async for event in watched:
            match event:
                case Exported(path, identity, count, checked, brings):
                    click.echo(exported_line(shown(path, base), identity, count, checked, brings))
                case NotExported(_, problem):
                    code = ExitCode.USAGE
                    click.echo(problem.render(), err=True)
                case Remark(text):
                    click.echo(f"Note: {text}", err=True)
                case Stale(path, why):
                    click.echo(f"Stale: {path}: {why}")
                case Finished(exports, key_id, problems):
                    following = f"replaykit replay {out}{os.sep}" if exports.exported or exports.there else ""
                    for line in exports_lines(exports, key_id=key_id, problems=problems, following=following):
                        click.echo(line)
                case _:
                    pass
    return code


async def _as_json(events: AsyncGenerator[Event, None]) -> int:
    code = ExitCode.CLEAN
    base = Path.cwd()
    entries: list[dict[str, Any]] = []
    async with aclosing(_watched(events)) as watched:
        async for event in watched:
            match event:
                case Exported(path, identity, count, checked, brings):
                    entries.append(exported_json(shown(path, base), identity, count, checked, brings))
                case NotExported(name, problem):
                    code = ExitCode.USAGE
                    entries.append({"name": name, "problem": problem_json(problem)})
                case Stale(path, why):
                    entries.append({"path": path, "stale": why})
                case Finished(exports, key_id, problems):
                    report = exports_json(entries, exports, key_id=key_id, problems=problems)
                    click.echo(json_text(report))
                case _:
                    pass
    return code


async def _watched(events: AsyncGenerator[T, None]) -> AsyncGenerator[T, None]:
    """Show progress on stderr while events go by."""
    progress: Progress | None = None
    try:
        async with aclosing(events) as all_events:
            async for event in all_events:
                match event:
                    case Measuring(total):
                        progress = Progress("replay the corpus", total)
                    case Looking(what, total):
                        progress = Progress(what, total)
                        progress.step(0)
                    case Looked(count) if progress:
                        progress.step(count)
                    case Expected(total):
                        progress = Progress("export", total)
                    case _:
                        pass
                if progress and not isinstance(event, _TOLD):
                    progress.clear()
                yield event
                if progress and isinstance(event, _COUNTED):
                    progress.step()
    finally:
        if progress:
            progress.clear()
