"""The worker of a recorded run: here as the team's factory has made it, in another process made anew."""

import functools
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from temporalio.converter import DataConverter

from replaykit.adapters.chaos.cues import Telling
from replaykit.adapters.chaos.made_here import made_here
from replaykit.adapters.chaos.recorded_children import RecordedChildren
from replaykit.adapters.chaos.recorded_patches import ARGUMENT as PATCHES
from replaykit.adapters.chaos.recorded_patches import RecordedPatches
from replaykit.adapters.sdk_private import workflow_type
from replaykit.adapters.workflows import USED, WorkerArguments, load
from replaykit.config import Config
from replaykit.errors import ScenarioUnusable
from replaykit.model.scenario import Scenario

BEYOND = "what the run does beyond what is recorded: it had not ended by itself, and is terminated there"


@dataclass(frozen=True)
class RecordedWorker:
    """What the worker of a recorded run is given; plugins and clients do not travel, so it is pickled without them.

    `children` answers for those of the run's children that have no history, `patches` for the branches that it took.
    """

    config: Config
    workflow: str
    patches: RecordedPatches
    children: RecordedChildren | None = None
    arguments: WorkerArguments | None = None

    def worker(self) -> dict[str, Any]:
        """Make the arguments of a worker, the data converter left out."""
        its = self._its()
        return {
            **{key: getattr(its, key) for key in USED - {"workflows", "data_converter"}},
            "interceptors": [*its.interceptors, *([self.children] if self.children else ())],
            **self.patches.arguments,
        }

    def data_converter(self) -> DataConverter:
        """Make its data converter."""
        return self._its().data_converter

    def _its(self) -> WorkerArguments:
        if self.arguments is not None:
            return self.arguments
        return worker_of(self.workflow, _loaded(self.config), self.workflow)[0]

    def __reduce__(self) -> tuple[Any, ...]:
        return RecordedWorker, (self.config, self.workflow, self.patches, self.children)


def unverified_of(scenario: Scenario) -> tuple[str, ...]:
    """Say what a recorded run does not show: code that is answered for, other branches, what would come later."""
    worker = made_here(scenario).worker
    answering = (*worker.get("interceptors", ()), worker.get(PATCHES))
    notes = [
        note for each in answering if isinstance(each, (RecordedChildren, RecordedPatches)) for note in each.unverified
    ]
    stops = isinstance(scenario.drive, Telling) and scenario.drive.stop is not None
    return (*notes, *([BEYOND] if stops else ()))


def worker_of(wanted: str, workers: Sequence[WorkerArguments], shown: str) -> tuple[WorkerArguments, type]:
    """Find the worker that has a workflow type, and the workflow.

    Raises:
        ScenarioUnusable: None has.
    """
    for arguments in workers:
        for workflow in arguments.workflows:
            if workflow_type(workflow) == wanted:
                return arguments, workflow
    raise ScenarioUnusable(
        f"{shown} cannot become a scenario.",
        cause=f"no workflow {wanted} is registered",
        fix=f"add the module that defines {wanted} to [tool.replaykit] workflows, or name it with --workflows",
    )


@functools.cache
def _loaded(config: Config) -> tuple[WorkerArguments, ...]:
    return load(config)
