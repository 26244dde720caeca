"""What every job over histories begins with: workflows that are configured, and paths that hold histories."""

from collections.abc import Iterable
from dataclasses import dataclass

from replaykit.config import Config
from replaykit.errors import NoHistories, NothingConfigured


@dataclass(frozen=True, slots=True)
class Found:
    """The corpus has been searched: how many histories there are to judge."""

    total: int


def check_workflows(config: Config) -> None:
    """Refuse a configuration that names no workflows.

    Raises:
        NothingConfigured: Neither workflows nor a factory are configured.
    """
    if not config.workflows and not config.factory:
        raise NothingConfigured(
            "No workflows are configured, so histories have no code to replay against.",
            cause="neither --workflows nor --factory is given, and [tool.replaykit] sets neither",
            fix='in pyproject.toml: [tool.replaykit] workflows = ["your_package.workflows"]',
        )


def no_histories(given: Iterable[str]) -> NoHistories:
    """Make the error of a search that found no history."""
    return NoHistories(
        f"No history was found in {', '.join(given)}.",
        cause="there is no .json file there, so nothing was replayed",
        fix="replaykit export WORKFLOW_ID --out DIR",
    )
