"""`replaykit chaos`: what is asked for; the work is in sweeping.py, which loads the SDK."""

import sys
from pathlib import Path
from typing import Any

import click

from replaykit.cli.exit_codes import ExitCode
from replaykit.cli.faces import run
from replaykit.cli.lazy import load
from replaykit.cli.options import code_options, config_of_project, with_options
from replaykit.cli.values import Seconds
from replaykit.errors import ReplaykitError
from replaykit.rules.chaos.catalogue import KINDS


def _list(context: click.Context, _parameter: click.Parameter, asked: bool) -> None:  # noqa: FBT001 - click's signature
    if not asked:
        return
    for kind in KINDS.values():
        places = ", ".join(sorted(place.value for place in kind.places))
        click.echo(f"{kind.name}  [{kind.group}]  at: {places}\n    {kind.summary}")
    context.exit(ExitCode.CLEAN)


@click.command(name="chaos")
@click.argument("targets", nargs=-1, metavar="TARGET...", required=True)
@click.option(
    "--faults",
    "-f",
    default="",
    metavar="NAMES",
    help="Faults and groups of faults, separated by commas. Default: all.",
)
@click.option("--plan", "plans", multiple=True, metavar="FILE", help="Run only this fault plan; may be repeated.")
@click.option(
    "--explain", is_flag=True, help="Show each run of --plan as a timeline, with what struck it and its ledger."
)
@click.option("--pairs/--no-pairs", default=True, show_default=True, help="Strike with two faults at once, too.")
@click.option(
    "--limit",
    type=click.IntRange(min=1),
    metavar="N",
    help="Run at most N single faults, spread over the run, and as many kills: for histories of a thousand events. "
    "The others are counted as not verified. Default: all.",
)
@click.option(
    "--budget",
    type=Seconds(min=0),
    default=60.0,
    show_default=True,
    metavar="SECONDS",
    help="Begin no pair after this time, such as 60, 60s or 5m; single faults are run all the same.",
)
@click.option(
    "--search",
    type=Seconds(min=0),
    default=10.0,
    show_default=True,
    metavar="SECONDS",
    help="Search plans of more faults on the simulator for so long; what the real server shows too is reported.",
)
@click.option(
    "--jobs", "-j", type=click.IntRange(1, 200), default=24, show_default=True, help="Runs under way at once."
)
@click.option("--seed", type=int, default=0, show_default=True, help="Makes what is chosen by chance repeatable.")
@click.option(
    "--save",
    metavar="DIR",
    default="plans",
    show_default=True,
    help="Save the plan of each finding below DIR, and run the plans that lie there first.",
)
@click.option(
    "--format",
    "form",
    type=click.Choice(["text", "json"]),
    default="text",
    show_default=True,
    help="How the result is written to stdout.",
)
@click.option("--html", metavar="FILE", help="Write the report as a page, too; of more scenarios, FILE-NAME each.")
@click.option("--junit", metavar="FILE", help="Write the report as JUnit XML, too; of more scenarios as for --html.")
@click.option("--list-faults", is_flag=True, is_eager=True, expose_value=False, callback=_list, help="List all faults.")
@click.option("--verbose", "-v", is_flag=True, help="Show the matrix of boundaries and faults also where all held.")
@code_options
def command(targets: tuple[str, ...], **options: Any) -> None:  # noqa: ANN401 - click's values
    """Run a workflow again and again on an embedded server, each time with another failure, and say what did not hold.

    TARGET is an exported history (a file, or a directory of them), a Python file or a directory with `chaos.py` that
    holds scenarios, or `package.module:object`.

    Exit codes: 0 all held, 1 findings, 2 usage or configuration, 3 nothing was proven.
    """
    asked = {name: options.pop(name) for name in _OWN}
    try:
        config = with_options(config_of_project(), **options)
    except ReplaykitError as error:
        click.echo(str(error), err=True)
        sys.exit(error.exit_code)
    sweeping = load("replaykit.cli.sweeping")
    run(sweeping.sweep_all(targets, config, sweeping.Asked(**asked), base=Path.cwd()), used_client=True)


_OWN = (
    *("faults", "plans", "explain", "pairs", "limit", "budget", "search", "jobs", "seed", "save", "verbose"),
    *("form", "html", "junit"),
)
