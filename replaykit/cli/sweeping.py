"""Scenarios are swept and told about: the result on stdout, the progress on stderr."""

import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

import click

from replaykit.adapters.chaos.plan_files import load_plan, load_plans, save_plans
from replaykit.adapters.corpus import shown
from replaykit.cli.exit_codes import ExitCode
from replaykit.cli.faces import paint_for, width
from replaykit.cli.progress import Progress
from replaykit.config import Config
from replaykit.errors import ReplaykitError
from replaykit.jobs.chaos import Struck, Swept, Wanted, sweep
from replaykit.jobs.chaos_scenarios import Named, scenarios
from replaykit.model.chaos import PROVES_NOTHING, ChaosReport, FaultPlan
from replaykit.report.chaos_text import closing_lines, finding_lines, report_lines, timeline_lines
from replaykit.report.command import quoted


@dataclass(frozen=True, slots=True)
class Asked:
    """What the command line asks of each sweep; see `replaykit chaos --help`."""

    faults: str
    plans: tuple[str, ...]
    explain: bool
    pairs: bool
    budget: float
    jobs: int
    seed: int
    save: str
    verbose: bool

    def wanted(self, stored: tuple[FaultPlan, ...]) -> Wanted:
        """Say it to the job.

        Raises:
            PlanUnreadable: A file of --plan is none.
        """
        only = tuple(load_plan(Path(plan), shown=plan) for plan in self.plans)
        return Wanted(
            faults=tuple(name.strip() for name in self.faults.split(",") if name.strip()),
            jobs=self.jobs,
            budget=self.budget,
            pairs=self.pairs,
            plans=only or stored,
            only=bool(only),
            seed=self.seed,
        )


async def sweep_all(targets: tuple[str, ...], config: Config, asked: Asked, *, base: Path) -> int:
    """Sweep every scenario that is named; the worst of all decides the exit code."""
    worst = ExitCode.CLEAN
    any_swept = False
    with tempfile.TemporaryDirectory(prefix="replaykit-chaos-") as temporary:
        async for named in scenarios(targets, config, base=base, directory=Path(temporary)):
            code = await _sweep(named, asked)
            any_swept = any_swept or code in {ExitCode.CLEAN, ExitCode.FINDINGS}
            worst = max(worst, code, key=_badness)
    return worst if any_swept or worst is not ExitCode.CLEAN else ExitCode.INCONCLUSIVE


def _badness(code: ExitCode) -> int:
    return (ExitCode.CLEAN, ExitCode.INCONCLUSIVE, ExitCode.USAGE, ExitCode.FINDINGS).index(code)


async def _sweep(named: Named, asked: Asked) -> ExitCode:
    if named.scenario is None:
        click.echo(str(named.error), err=True)
        return ExitCode.INCONCLUSIVE
    name = named.scenario.name or named.shown
    directory = Path(asked.save) / name
    progress: Progress | None = None
    report: ChaosReport | None = None
    try:
        async for event in sweep(named.scenario, asked.wanted(load_plans(directory))):
            match event:
                case Struck(_, done, total):
                    if progress is None or progress.total != total:
                        progress = Progress(f"chaos {name}", total, done=done - 1)
                    progress.step()
                case Swept(report):
                    if progress:
                        progress.clear()
                case _:
                    pass
    except ReplaykitError as error:
        click.echo(str(error), err=True)
        return ExitCode(error.exit_code)
    if report is None:
        return ExitCode.INCONCLUSIVE
    _tell(report, named, asked, directory)
    if any(finding.violation not in PROVES_NOTHING for finding in report.findings):
        return ExitCode.FINDINGS
    return ExitCode.INCONCLUSIVE if report.findings else ExitCode.CLEAN


def _tell(report: ChaosReport, named: Named, asked: Asked, directory: Path) -> None:
    paint = paint_for(sys.stdout)
    if asked.explain:
        for judged in report.judged:
            for line in timeline_lines(judged, paint=paint):
                click.echo(line)
            click.echo()
    for line in report_lines(report, width=width(), paint=paint, verbose=asked.verbose):
        click.echo(line)
    paths = tuple(Path(plan) for plan in asked.plans) or save_plans(
        directory, report.findings, scenario=report.scenario
    )
    for number, finding in enumerate(report.findings):
        plan = paths[min(number, len(paths) - 1)]
        reproduce = (
            f"replaykit chaos {quoted(named.shown)} --plan {quoted(shown(plan.absolute(), Path.cwd()))} --explain"
        )
        click.echo()
        for line in finding_lines(finding, reproduce=reproduce, paint=paint):
            click.echo(line)
    click.echo()
    again = f"replaykit chaos {quoted(named.shown)}"
    following = (
        f"mend what is shown above, then: {again}" if report.findings else "put it into a test: chaos(SCENARIO).check()"
    )
    for line in closing_lines(report, following=following):
        click.echo(line)
