"""The `chaos` fixture: a scenario is swept inside a test, and its report checked there."""

import asyncio
import contextvars
from collections.abc import Coroutine, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import aclosing
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest

from replaykit.adapters.chaos.plan_files import load_plan, load_plans, save_plans
from replaykit.adapters.corpus import shown
from replaykit.errors import NothingToStrike
from replaykit.jobs.chaos import sweep
from replaykit.jobs.chaos_events import Swept, Wanted
from replaykit.model.chaos_report import ChaosReport
from replaykit.model.scenario import Invariant, Scenario
from replaykit.report.chaos_text import closing_lines, finding_lines, report_lines
from replaykit.report.paint import Paint
from replaykit.rules.chaos.catalogue import KINDS

DIRECTORY = "plans"
_WIDTH = 100


class ChaosFailed(AssertionError):
    """Something did not hold; the text is the report."""


@dataclass(frozen=True, slots=True)
class Checked:
    """What a sweep gave.

    Attributes:
        report: All of it, as values.
        text: The same for people.
    """

    report: ChaosReport
    text: str

    def check(self) -> None:
        """Raise what did not hold, or was not proven.

        Raises:
            ChaosFailed: There are findings; a fault that did not strike is one.
        """
        __tracebackhide__ = True
        if self.report.findings:
            raise ChaosFailed(self.text)


@dataclass(frozen=True, slots=True)
class Chaos:
    """Sweeps scenarios in a test: `chaos(SCENARIO).check()`."""

    directory: Path
    command: str
    root: Path

    def __call__(  # noqa: PLR0913 - one call, each option with a name
        self,
        scenario: Scenario,
        *,
        faults: str | Iterable[str] = (),
        invariants: Sequence[Invariant] = (),
        plan: str | Path = "",
        pairs: bool = False,
        limit: int = 0,
        budget: float = 60.0,
        jobs: int = 24,
        seed: int = 0,
    ) -> Checked:
        """Run a scenario under every failure at every step.

        Args:
            scenario: The scenario.
            faults: Names of faults and groups of them; all by default.
            invariants: Functions of a run's result, beside the scenario's own: what is false, a text, or an
                AssertionError is a finding.
            plan: A file with the one fault plan to run; by default those saved beside the test are run first.
            pairs: Whether two faults strike at once, too.
            limit: How many single faults are run at most, and how many kills, spread over the run; 0 is all.
            budget: Seconds after which no pair is begun.
            jobs: How many runs are under way at once.
            seed: Makes what is chosen by chance repeatable.

        Raises:
            ChaosError: The scenario cannot be swept.
        """
        names = faults.split(",") if isinstance(faults, str) else list(faults)
        only = (load_plan(Path(plan), shown=str(plan)),) if plan else ()
        wanted = Wanted(
            faults=tuple(name.strip() for name in names if name.strip()),
            jobs=jobs,
            limit=limit,
            budget=budget,
            pairs=pairs,
            plans=only or load_plans(self.directory),
            only=bool(only),
            seed=seed,
        )
        report = _run(_report(replace(scenario, invariants=(*scenario.invariants, *invariants)), wanted))
        return Checked(report, self._text(report))

    def _text(self, report: ChaosReport) -> str:
        paths = save_plans(self.directory, report.findings, scenario=report.scenario)
        lines = [*report_lines(report, width=_WIDTH, paint=Paint())]
        for finding, path in zip(report.findings, paths, strict=True):
            lines += [
                "",
                *finding_lines(finding, reproduce=f"{self.command}   (its plan: {self._shown(path)})", paint=Paint()),
            ]
        lines += ["", *closing_lines(report, following=f"mend what is shown above, then: {self.command}")]
        return "\n".join(lines)

    def _shown(self, path: Path) -> str:
        return shown(path.absolute(), self.root)


async def _report(scenario: Scenario, wanted: Wanted) -> ChaosReport:
    # Closed here, whatever happens: a worker whose tasks the loop has cancelled already never shuts down.
    async with aclosing(sweep(scenario, wanted)) as events:
        async for event in events:
            if isinstance(event, Swept):
                return event.report
    raise RuntimeError("a sweep ends with its report")


def _run(job: Coroutine[Any, Any, ChaosReport]) -> ChaosReport:
    """Run a job on a loop of its own: a test may have one that runs already."""
    with ThreadPoolExecutor(1) as thread:
        return thread.submit(contextvars.copy_context().run, asyncio.run, job).result()


def chaos_of(item: pytest.Item) -> Chaos:
    """Make what sweeps scenarios in a test; its plans lie beside it."""
    test = item.nodeid.partition("::")[2].partition("[")[0].replace("::", ".")
    return Chaos(item.path.parent / DIRECTORY / item.path.stem / test, f"pytest '{item.nodeid}'", item.config.rootpath)


def fault_names(metafunc: pytest.Metafunc) -> list[str]:
    """Name the faults that a test is repeated for: those of its marker, or all."""
    marker = metafunc.definition.get_closest_marker("chaos")
    asked = marker.kwargs.get("faults", "") if marker else ""
    names = asked.split(",") if isinstance(asked, str) else list(asked)
    wanted = {name.strip() for name in names if name.strip()}
    return [kind.name for kind in KINDS.values() if not wanted or {kind.name, kind.group.value} & wanted]


def skip_what_cannot_happen(error: BaseException) -> None:
    """Skip a test of one fault that cannot happen to its scenario."""
    if isinstance(error, NothingToStrike):
        pytest.skip(error.problem.what)
