"""`replaykit export`: what is asked for; the work is in exporting.py, which loads the SDK."""

import time
from collections.abc import Callable, Coroutine
from dataclasses import replace
from pathlib import Path
from typing import Any, TypeAlias

import click

from replaykit.adapters.variables import NAMESPACE
from replaykit.cli.codec_options import codec_options
from replaykit.cli.export_options import RELATIONS, connection_of, export_options
from replaykit.cli.faces import run
from replaykit.cli.lazy import load
from replaykit.cli.options import code_options, config_of_project, with_options
from replaykit.errors import ConfigInvalid
from replaykit.model.manner import Manner
from replaykit.model.selection import Selection
from replaykit.model.wanted import Wanted
from replaykit.rules.since import since as point_in_time

Perform: TypeAlias = Callable[..., Coroutine[Any, Any, int]]

# A corpus that a person reads and git holds: a hundred histories of every kind there is.
MOST_SPREAD = 100


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
    wanted = replace(_wanted(workflow_ids, options, dry_run=dry_run), namespace=connection.get(NAMESPACE, ""))
    manner = Manner(
        update=options.pop("update"),
        redact=not options.pop("no_redact"),
        keep_encrypted=options.pop("keep_encrypted"),
        rps=options.pop("rps"),
    )
    config = with_options(config_of_project(), **options)
    perform: Perform = load("replaykit.cli.exporting").perform
    return await perform(
        wanted, manner, config, out=out, connection=connection, dry_run=dry_run, as_json=form == "json"
    )


def _wanted(workflow_ids: tuple[str, ...], options: dict[str, Any], *, dry_run: bool) -> Wanted:
    """Take the options that choose histories out of all."""
    run_id, locations = options.pop("run_id"), options.pop("locations")
    query, since, stratify = options.pop("query"), options.pop("since"), options.pop("stratify")
    limit, sample, open_only = options.pop("limit"), options.pop("sample"), options.pop("open_only")
    choosing = bool(query or stratify or since or limit or sample or open_only)
    if locations and not (workflow_ids or query or stratify):
        _agree_with_files(since=since, limit=limit, sample=sample, open_only=open_only, follow=options["follow"])
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
    if not all(workflow_ids):
        raise ConfigInvalid(
            "A workflow id is empty.",
            cause="no run has an empty id: a shell variable that is not set gives one",
            fix="replaykit export WORKFLOW_ID",
        )
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


def _agree_with_files(**options: object) -> None:
    given = [f"--{name.replace('_', '-')}" for name, value in options.items() if value]
    if given:
        raise ConfigInvalid(
            f"No server is asked here, and {' and '.join(given)} would choose among its runs.",
            cause="histories come from files (--from), all that are there",
            fix="leave it out, or say which runs of the server to take beside the files: --stratify, --query, ids",
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
