"""Scenarios are swept and told about: the result on stdout, the progress on stderr."""

import sys
from collections.abc import Sequence
from contextlib import aclosing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import click

from replaykit.adapters.chaos.plan_files import load_plan, load_plans, save_plans
from replaykit.adapters.chaos.scratch import scratch
from replaykit.adapters.code_memory import remember_code
from replaykit.adapters.corpus import shown
from replaykit.cli.exit_codes import ExitCode
from replaykit.cli.faces import paint_for, width
from replaykit.cli.progress import Progress
from replaykit.config import Config
from replaykit.errors import ReplaykitError
from replaykit.jobs.chaos import sweep
from replaykit.jobs.chaos_events import Struck, Swept, Wanted
from replaykit.jobs.chaos_scenarios import Named, scenarios
from replaykit.model.chaos import FaultPlan
from replaykit.model.chaos_report import PROVES_NOTHING, ChaosReport
from replaykit.model.scenario import Scenario
from replaykit.report.chaos_html import chaos_html
from replaykit.report.chaos_json import chaos_json
from replaykit.report.chaos_junit import chaos_junit
from replaykit.report.chaos_text import closing_lines, finding_lines, report_lines
from replaykit.report.chaos_timeline import timeline_lines
from replaykit.report.command import quoted
from replaykit.report.json_text import json_text


@dataclass(frozen=True, slots=True)
class Asked:
    """What the command line asks of each sweep; see `replaykit chaos --help`."""

    faults: str
    plans: tuple[str, ...]
    explain: bool
    pairs: bool
    limit: int | None
    budget: float
    search: float
    jobs: int
    seed: int
    save: str
    verbose: bool
    form: str
    html: str | None
    junit: str | None

    def wanted(self, stored: tuple[FaultPlan, ...]) -> Wanted:
        """Say it to the job.

        Raises:
            PlanUnreadable: A file of --plan is none.
        """
        only = tuple(load_plan(Path(plan), shown=plan) for plan in self.plans)
        return Wanted(
            faults=tuple(name.strip() for name in self.faults.split(",") if name.strip()),
            jobs=self.jobs,
            limit=self.limit or 0,
            budget=self.budget,
            pairs=self.pairs,
            search=self.search,
            plans=only or stored,
            only=bool(only),
            seed=self.seed,
        )


async def sweep_all(targets: tuple[str, ...], config: Config, asked: Asked, *, base: Path) -> int:
    """Sweep every scenario that is named; the worst of all decides the exit code."""
    remember_code()
    codes: list[ExitCode] = []
    documents: list[dict[str, Any]] = []
    with scratch() as temporary:
        async for named in scenarios(targets, config, base=base, directory=temporary):
            codes.append(await _sweep(named, asked, documents, first=not codes))
    if asked.form == "json":
        click.echo(json_text({"sweeps": documents}))
    return max(codes, key=_badness, default=ExitCode.INCONCLUSIVE)


def _badness(code: ExitCode) -> int:
    return (ExitCode.CLEAN, ExitCode.INCONCLUSIVE, ExitCode.USAGE, ExitCode.FINDINGS).index(code)


async def _sweep(named: Named, asked: Asked, documents: list[dict[str, Any]], *, first: bool) -> ExitCode:
    if named.scenario is None:
        click.echo(str(named.error), err=True)
        return ExitCode.INCONCLUSIVE
    name = named.scenario.name or named.shown
    directory = Path(asked.save) / name
    try:
        report = await _report(named.scenario, asked.wanted(load_plans(directory)), name)
    except ReplaykitError as error:
        click.echo(str(error), err=True)
        return ExitCode(error.exit_code)
    code = ExitCode.CLEAN
    if report.findings:
        proven = any(finding.violation not in PROVES_NOTHING for finding in report.findings)
        code = ExitCode.FINDINGS if proven else ExitCode.INCONCLUSIVE
    commands = _commands(report, named, asked, directory)
    if asked.form == "json":
        documents.append(chaos_json(report, commands=commands, exit_code=code))
    else:
        _tell(report, named, asked, commands)
    for wanted, text in ((asked.html, chaos_html), (asked.junit, chaos_junit)):
        if wanted:
            _write(Path(wanted), name, text(report, commands=commands), first=first)
    return code


async def _report(scenario: Scenario, wanted: Wanted, name: str) -> ChaosReport:
    progress: Progress | None = None
    # Closed here, after Ctrl-C too: a worker whose tasks the loop has cancelled already never shuts down.
    async with aclosing(sweep(scenario, wanted)) as events:
        async for event in events:
            match event:
                case Struck(_, done, total):
                    if progress is None or progress.total != total:
                        progress = Progress(f"chaos {name}", total, done=done - 1)
                    progress.step()
                case Swept(report):
                    if progress:
                        progress.clear()
                    return report
                case _:
                    pass
    raise RuntimeError("a sweep ends with its report")


def _commands(report: ChaosReport, named: Named, asked: Asked, directory: Path) -> tuple[str, ...]:
    """Save the plan of each finding, and write the command that runs it."""
    given = tuple(Path(plan) for plan in asked.plans)
    paths = given or save_plans(directory, report.findings, scenario=report.scenario)
    return tuple(
        f"replaykit chaos {quoted(named.shown)} "
        f"--plan {quoted(shown(paths[min(number, len(paths) - 1)].absolute(), Path.cwd()))} --explain"
        for number, _ in enumerate(report.findings)
    )


def _tell(report: ChaosReport, named: Named, asked: Asked, commands: Sequence[str]) -> None:
    paint = paint_for(sys.stdout)
    if asked.explain:
        for judged in report.judged:
            for line in timeline_lines(judged, paint=paint):
                click.echo(line)
            click.echo()
    for line in report_lines(report, width=width(), paint=paint, verbose=asked.verbose):
        click.echo(line)
    for finding, reproduce in zip(report.findings, commands, strict=True):
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


def _write(path: Path, name: str, text: str, *, first: bool) -> None:
    """Write a file, named after the scenario as well where it is not the first."""
    target = path if first else path.with_name(f"{path.stem}-{name}{path.suffix}")
    target.parent.mkdir(parents=True, exist_ok=True)
    target.write_text(text, "utf-8")
