"""The data converters of the workers that the configured factory makes, each for its workflows."""

from collections.abc import Sequence

from temporalio.converter import DataConverter

from replaykit.adapters.codecs import Converters
from replaykit.adapters.replayer import settled_converter
from replaykit.adapters.sdk_private import workflow_type
from replaykit.adapters.workflows import load
from replaykit.config import Config


def converters_of_workers(config: Config) -> Converters:
    """Make the workers, and take their data converters.

    Raises:
        WorkflowsUnloadable: The factory fails.
    """
    return converters_by_type([(worker.workflows, settled_converter(worker)) for worker in load(config)])


def converters_by_type(workers: Sequence[tuple[Sequence[type], DataConverter]]) -> Converters:
    """Tell by the workflows of each worker whose history takes which converter."""
    *several, (_, last) = workers
    others = {
        name: converter
        for workflows, converter in several
        for workflow in workflows
        if (name := workflow_type(workflow)) is not None
    }
    return Converters(last, others)
