"""`replaykit export`: histories from a Temporal server or from files become a corpus."""

import json
import os
import time
from collections.abc import AsyncGenerator
from contextlib import aclosing
from pathlib import Path
from typing import Any

import click

from replaykit.adapters.corpus import shown
from replaykit.cli.codec_options import codec_options
from replaykit.cli.exit_codes import ExitCode
from replaykit.cli.export_options import RELATIONS, connection_of, export_options
from replaykit.cli.faces import run, width
from replaykit.cli.options import code_options, config_of_project, with_options
from replaykit.cli.progress import Progress
from replaykit.errors import ConfigInvalid
from replaykit.jobs.export import (
    Event,
    Expected,
    Exported,
    Familiar,
    Finished,
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
from replaykit.report.strata import strata_json, strata_lines
from replaykit.rules.since import since as point_in_time

# A corpus that a person reads and git holds: a hundred histories of every kind there is.
MOST_SPREAD = 100
# What takes the bar one step further.
_COUNTED = (Measured, Exported, There, Familiar, NotExported)


@click.command(name="export")
@click.argument("workflow_ids", nargs=-1, metavar="[WORKFLOW_ID]...")
@export_options
@codec_options
@code_options
def command(workflow_ids: tuple[str, ...], out: str, form: str, *, dry_run: bool, **options: Any) -> None:  # noqa: ANN401 - click's values
    """Export histories as files that replay, the Web UI and the SDK all read.

    WORKFLOW_ID... names runs; --query, --stratify and --from choose them otherwise. Without any of these it is
    --stratify: some runs of every kind.

    The server comes from the environment (TEMPORAL_ADDRESS, ...) and temporal.toml, as for the temporal CLI; options
    override it. Payloads are decoded through your codec, and secrets and personal data replaced by pseudonyms, before
    anything touches the disk. Where workflows are configured, each history is replayed as it came and redacted, and
    written if both say the same.

    Exit codes: 0 all exported, 2 something could not be exported, 3 there was nothing to export.
    """
    run(_command(workflow_ids, Path(out), form, dry_run=dry_run, options=options), used_client=True)


async def _command(
    workflow_ids: tuple[str, ...], out: Path, form: str, *, dry_run: bool, options: dict[str, Any]
) -> int:
    connection = connection_of(options)
    wanted = _wanted(workflow_ids, options, dry_run=dry_run)
    manner = Manner(
        update=options.pop("update"),
        redact=not options.pop("no_redact"),
        keep_encrypted=options.pop("keep_encrypted"),
        rps=options.pop("rps"),
    )
    config = with_options(config_of_project(), **options)
    if dry_run and wanted.selection is not None:
        return await _dry_run(wanted.selection, manner, connection, as_json=form == "json")
    events = export(wanted, manner, config, out=out, base=Path.cwd(), connection=connection)
    if form == "json":
        return await _as_json(events)
    return await _as_text(events, out)


def _wanted(workflow_ids: tuple[str, ...], options: dict[str, Any], *, dry_run: bool) -> Wanted:
    """Take the options that choose histories out of all."""
    run_id, locations = options.pop("run_id"), options.pop("locations")
    query, since, stratify = options.pop("query"), options.pop("since"), options.pop("stratify")
    limit, sample, open_only = options.pop("limit"), options.pop("sample"), options.pop("open_only")
    choosing = bool(query or stratify or since or limit or sample or open_only)
    # An update looks at every run: what a run brings is known when it has been replayed.
    spread = stratify or not (query or options["update"])
    _agree(workflow_ids, run_id, choosing=choosing, dry_run=dry_run, locations=locations)
    selection = None
    if choosing or not (workflow_ids or locations):
        selection = Selection(
            query=query or "",
            since=point_in_time(since, now=time.time()) if since else None,
            open_only=open_only,
            sample=sample or 1.0,
            limit=limit or (MOST_SPREAD if spread else None),
            stratify=spread,
        )
    return Wanted(
        workflow_ids=workflow_ids,
        run_id=run_id,
        selection=selection,
        locations=tuple(locations),
        follow=_relations(options.pop("follow")),
    )


def _agree(
    workflow_ids: tuple[str, ...], run_id: str | None, *, choosing: bool, dry_run: bool, locations: tuple[str, ...]
) -> None:
    if run_id and len(workflow_ids) != 1:
        raise ConfigInvalid(
            "--run-id goes with one workflow id.",
            cause=f"{len(workflow_ids)} workflow ids are given, and a run id belongs to one of them",
            fix="replaykit export WORKFLOW_ID --run-id RUN_ID",
        )
    if workflow_ids and choosing:
        raise ConfigInvalid(
            "Runs are chosen by name or by what they are, not both.",
            cause="workflow ids are given, and options that choose among all runs",
            fix="leave the ids out, or write them into the query: --query \"WorkflowId IN ('order-1', 'order-2')\"",
        )
    if dry_run and (workflow_ids or (locations and not choosing)):
        raise ConfigInvalid(
            "--dry-run shows kinds of runs, and there is nothing to choose here.",
            cause="workflow ids or files are named one by one",
            fix="replaykit export --stratify --dry-run",
        )


def _relations(given: str | None) -> frozenset[str]:
    kinds = frozenset(filter(None, (kind.strip() for kind in (given or "").split(","))))
    unknown = sorted(kinds - set(RELATIONS))
    if unknown:
        raise ConfigInvalid(
            f"--follow knows no {', '.join(unknown)}.",
            cause=f"the relations are {', '.join(RELATIONS)}",
            fix=f"--follow {','.join(RELATIONS)}",
        )
    return kinds


async def _dry_run(selection: Selection, manner: Manner, connection: dict[str, str], *, as_json: bool) -> int:
    shares = await look(selection, rps=manner.rps, connection=connection)
    if as_json:
        click.echo(json.dumps({"strata": strata_json(shares)}, indent=2, ensure_ascii=False))
    else:
        for line in strata_lines(shares, width=width()):
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
                    click.echo(json.dumps(report, indent=2, ensure_ascii=False))
                case _:
                    pass
    return code


async def _watched(events: AsyncGenerator[Event, None]) -> AsyncGenerator[Event, None]:
    """Show progress on stderr while events go by."""
    progress: Progress | None = None
    try:
        async with aclosing(events) as all_events:
            async for event in all_events:
                match event:
                    case Measuring(total):
                        progress = Progress("replay the corpus", total)
                    case Expected(total):
                        progress = Progress("export", total)
                    case _:
                        pass
                if progress:
                    progress.clear()
                yield event
                if progress and isinstance(event, _COUNTED):
                    progress.step()
    finally:
        if progress:
            progress.clear()
