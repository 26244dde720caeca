"""`replaykit replay`: every history against the workflow code."""

import json
import sys
from pathlib import Path
from typing import Any

import click

from replaykit.cli.exit_codes import of_replay
from replaykit.cli.faces import paint_for, run, width
from replaykit.cli.options import config_from, replay_options
from replaykit.cli.progress import Progress
from replaykit.config import Config, DriftPolicy
from replaykit.errors import ReplaykitError
from replaykit.jobs.replay import Finished, Found, Judged, replay
from replaykit.model.summary import Summary
from replaykit.report.finding import Reading, finding, quoted
from replaykit.report.json_form import judgement_json, report_json
from replaykit.report.summary import summary_lines


@click.command(name="replay")
@click.argument("paths", nargs=-1, metavar="[PATH]...")
@replay_options
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
        config = config_from(**options)
    except ReplaykitError as error:
        click.echo(str(error), err=True)
        sys.exit(error.exit_code)
    base = Path.cwd()
    given = paths or tuple(str(Path(config.root) / path) for path in config.histories)
    reading = Reading(
        width=width(),
        base=str(base),
        verbose=verbose,
        options=_as_words(options),
        paint=paint_for(sys.stdout),
    )
    run(_replay(config, given, base, reading, as_json=form == "json"))


def _as_words(options: dict[str, Any]) -> str:
    """Write the options that chose the code, for the command that reproduces a finding."""
    words = []
    for name in options["workflows"]:
        words += ["-w", quoted(name)]
    if options["factory"]:
        words += ["--factory", quoted(options["factory"])]
    for name in options["python_path"]:
        words += ["--python-path", quoted(name)]
    if options["sandbox"] is not None:
        words.append("--sandbox" if options["sandbox"] else "--no-sandbox")
    return " ".join(words)


async def _replay(config: Config, paths: tuple[str, ...], base: Path, reading: Reading, *, as_json: bool) -> int:
    drift = config.drift or DriftPolicy.FAIL
    entries: list[dict[str, Any]] = []
    summary = Summary()
    progress: Progress | None = None
    async for event in replay(config, paths, base=base):
        match event:
            case Found(total):
                progress = Progress("replay", total)
            case Judged(judgement, _):
                if as_json:
                    entries.append(judgement_json(judgement))
                elif text := _shown(finding(judgement, reading)):
                    if progress:
                        progress.clear()
                    click.echo(text)
                if progress:
                    progress.step()
            case Finished(summary):
                if progress:
                    progress.clear()
    code = of_replay(summary, drift)
    if as_json:
        entries.sort(key=lambda entry: entry["path"])
        click.echo(json.dumps(report_json(entries, summary, exit_code=code), indent=2, ensure_ascii=False))
    else:
        shown = " ".join(quoted(_relative(path, base)) for path in paths)
        shown = f"{shown} {reading.options}".strip()
        for line in summary_lines(summary, paths=shown, paint=reading.paint):
            click.echo(line)
    return code


def _shown(text: str) -> str:
    return f"{text}\n" if "\n" in text else text


def _relative(path: str, base: Path) -> str:
    absolute = base / path
    return str(absolute.relative_to(base)) if absolute.is_relative_to(base) else path
