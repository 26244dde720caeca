"""What a person names becomes scenarios: histories, directories of them, files and objects that hold scenarios."""

from collections.abc import AsyncIterator, Iterable
from dataclasses import dataclass
from pathlib import Path

from replaykit.adapters.chaos.from_history import scenario_from
from replaykit.adapters.chaos.scenarios import FILE, scenarios_of
from replaykit.adapters.corpus import find
from replaykit.adapters.workflows import load
from replaykit.config import Config
from replaykit.errors import ReplaykitError, ScenarioUnusable
from replaykit.jobs.given import no_histories
from replaykit.model.case import Judgement
from replaykit.model.scenario import Scenario
from replaykit.rules.chaos.declared import as_declared


@dataclass(frozen=True, slots=True)
class Named:
    """A scenario, and how a person names it; or why what was named is none."""

    shown: str
    scenario: Scenario | None = None
    error: ReplaykitError | None = None


async def scenarios(targets: Iterable[str], config: Config, *, base: Path, directory: Path) -> AsyncIterator[Named]:
    """Yield the scenarios that targets name, one after another.

    Args:
        targets: History files, directories of them, Python files, directories with `chaos.py`, `module:object`.
        config: Says where modules, workflows and codecs are.
        base: What relative paths count from.
        directory: Where cassettes of histories go.

    Raises:
        WorkflowsUnloadable: A history is to be struck, and no workflow can be loaded.
        NoHistories: A directory holds none.
        ScenarioUnusable: What is named otherwise, or by the configuration, holds no scenario.
    """
    workers = None
    declared: list[Scenario] | None = None
    for target in targets:
        path = base / target
        if not _holds_histories(path):
            for scenario in scenarios_of(target, config, base=base):
                yield Named(target, scenario)
            continue
        found = list(find([target], base=base))
        if not found:
            raise no_histories([target])
        for case in found:
            if isinstance(case, Judgement):
                raise ScenarioUnusable(
                    f"{target} cannot be read.",
                    cause="there is no such file or directory",
                    fix="name a history, a directory of histories, a file with scenarios, or package.module:object",
                )
            workers = workers or load(config)
            if declared is None:
                declared = [each for named in config.scenarios for each in scenarios_of(named, config, base=base)]
            try:
                scenario = await scenario_from(Path(case.path), config, workers, shown=case.shown, directory=directory)
            except ReplaykitError as error:
                yield Named(case.shown, error=error)
            else:
                yield Named(case.shown, as_declared(scenario, declared))


def _holds_histories(path: Path) -> bool:
    if path.is_dir():
        return not (path / FILE).is_file()
    return path.suffix == ".json"
