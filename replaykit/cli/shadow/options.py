"""Options that the commands of `replaykit shadow` share."""

from collections.abc import Callable
from typing import Any, TypeVar

import click

from replaykit.cli.values import TEXT
from replaykit.config import Config, DriftPolicy
from replaykit.model.shadow import TASK_QUEUE

F = TypeVar("F", bound=Callable[..., Any])

task_queue_option = click.option(
    "--task-queue",
    type=TEXT,
    default=TASK_QUEUE,
    show_default=True,
    metavar="NAME",
    help="The task queue between shadows and their workers; one for each build of your code, say.",
)


def result_options(function: F) -> F:
    """Add the options that say how a report is written, and what drift does to the exit code."""
    form = click.option(
        "--format",
        "form",
        type=click.Choice(["text", "json"]),
        default="text",
        show_default=True,
        help="How the report is written to stdout.",
    )
    drift = click.option(
        "--drift",
        type=click.Choice([policy.value for policy in DriftPolicy]),
        help="What a drifted history does: fail (exit 1), warn, ignore. Default: fail.",
    )
    return drift(form(function))


def drift_of(config: Config, given: str | None) -> DriftPolicy:
    """Choose what drift does: the option, else the project's setting, else fail."""
    return DriftPolicy(given) if given else config.drift or DriftPolicy.FAIL
