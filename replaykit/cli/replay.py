"""`replaykit replay`: every history against the workflow code."""

import sys
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import click

from replaykit.cli.codec_options import codec_options
from replaykit.cli.exit_codes import ExitCode, of_replay
from replaykit.cli.faces import run
from replaykit.cli.options import config_of_project, replay_options, with_options
from replaykit.cli.progress import Progress
from replaykit.cli.reading import paths_of, reading_of
from replaykit.config import Config, DriftPolicy
from replaykit.errors import ReplaykitError
from replaykit.jobs.given import Found
from replaykit.jobs.replay import Finished, Judged, replay
from replaykit.model.case import Judgement
from replaykit.model.summary import Summary
from replaykit.model.verdict import Clean, Drifted
from replaykit.report.command import quoted, relative
from replaykit.report.finding import cluster_finding, finding
from replaykit.report.json_form import judgement_json, report_json
from replaykit.report.json_text import json_text
from replaykit.report.reading import Reading
from replaykit.report.summary import summary_lines
from replaykit.rules.clusters import clusters


@click.command(name="replay")
@click.argument("paths", nargs=-1, metavar="[PATH]...")
@replay_options
@codec_options
@click.option(
    "--drift",
    type=click.Choice([policy.value for policy in DriftPolicy]),
    help="What a drifted history does: fail (exit 1), warn, ignore. Default: fail.",
)
@click.option(
    "--format",
    "form",
    type=click.Choice(["text", "json"]),
    default="text",
    show_default=True,
    help="How the result is written to stdout.",
)
@click.option("--verbose", "-v", is_flag=True, help="Show clean histories, Core's own words and full tracebacks.")
def command(paths: tuple[str, ...], form: str, *, verbose: bool, **options: Any) -> None:  # noqa: ANN401 - click's values
    """Replay histories below PATH against the workflow code, and say what diverges.

    PATH is a history file or a directory of them. Default: [tool.replaykit] histories.

    Exit codes: 0 clean, 1 findings, 2 usage or configuration, 3 inconclusive or nothing replayed.
    """
    try:
        configured = config_of_project()
        config = with_options(configured, **options)
    except ReplaykitError as error:
        click.echo(str(error), err=True)
        sys.exit(error.exit_code)
    base = Path.cwd()
    given = paths_of(paths, config)
    reading = reading_of(configured, config, verbose=verbose)
    run(_replay(config, given, base, reading, as_json=form == "json"))


@dataclass(slots=True)
class _Collected:
    """What is shown at the end, for findings are gathered by their cause."""

    found: list[Judgement] = field(default_factory=list)
    clean: list[Judgement] = field(default_factory=list)
    entries: list[dict[str, Any]] = field(default_factory=list)
    summary: Summary = field(default_factory=Summary)

    def add(self, judgement: Judgement, reading: Reading, *, as_json: bool) -> None:
        """Keep of a judgement what will be shown of it, and no more: a corpus may be large."""
        if as_json:
            self.entries.append(judgement_json(judgement))
        if not isinstance(judgement.verdict, Clean):
            self.found.append(judgement)
        elif reading.verbose and not as_json:
            self.clean.append(judgement)


async def _replay(config: Config, paths: tuple[str, ...], base: Path, reading: Reading, *, as_json: bool) -> int:
    drift = config.drift or DriftPolicy.FAIL
    collected = _Collected()
    progress: Progress | None = None
    async for event in replay(config, paths, base=base):
        match event:
            case Found(total):
                progress = Progress("replay", total)
            case Judged(judgement, _):
                collected.add(judgement, reading, as_json=as_json)
                if progress:
                    progress.step()
            case Finished(summary):
                collected.summary = summary
                if progress:
                    progress.clear()
    code = of_replay(collected.summary, drift)
    if as_json:
        _echo_json(collected, code)
    else:
        shown = " ".join(quoted(relative(path, str(base))) for path in paths)
        _echo_text(collected, code, drift, reading, shown)
    return code


def _echo_json(collected: _Collected, code: ExitCode) -> None:
    entries = sorted(collected.entries, key=lambda entry: entry["path"])
    report = report_json(entries, clusters(collected.found), collected.summary, exit_code=code)
    click.echo(json_text(report))


def _echo_text(collected: _Collected, code: ExitCode, drift: DriftPolicy, reading: Reading, paths: str) -> None:
    for judgement in sorted(collected.clean, key=lambda j: j.case.shown):
        click.echo(finding(judgement, reading))
    for cluster in clusters(collected.found):
        if drift is not DriftPolicy.IGNORE or not isinstance(cluster.example.verdict, Drifted):
            click.echo(cluster_finding(cluster, reading) + "\n")
    again = f"replaykit replay {paths} {reading.options}".rstrip()
    gate = f"pytest --replay-histories {paths}"
    following = (
        _gate_command(gate, reading.options) if code is ExitCode.CLEAN else f"mend what is shown above, then: {again}"
    )
    for line in summary_lines(collected.summary, following=following, paint=reading.paint):
        click.echo(line)


def _gate_command(gate: str, options: str) -> str:
    """Say how the same becomes a gate; with options of the command line, they belong into the configuration first."""
    if options:
        return f"write {options} into [tool.replaykit], then put it into CI: {gate}"
    return f"put it into CI: {gate}"
