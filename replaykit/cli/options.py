"""Options that commands share, and how they become a Config."""

from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

import click

from replaykit.adapters.project import load_config
from replaykit.cli.codec_options import CODEC_OPTIONS, with_codec_options
from replaykit.config import Config, DriftPolicy

F = TypeVar("F", bound=Callable[..., Any])

_CODE = (
    click.option(
        "--workflows",
        "-w",
        multiple=True,
        metavar="MODULE[:CLASS]",
        help="Module or class of workflows; may be repeated. Default: [tool.replaykit] workflows.",
    ),
    click.option(
        "--factory",
        metavar="MODULE:FUNCTION",
        help="Function that returns the keyword arguments of your Worker (workflows, data_converter, interceptors, "
        "plugins, workflow_failure_exception_types, workflow_runner).",
    ),
    click.option(
        "--python-path",
        multiple=True,
        metavar="DIR",
        help="Directory to import workflows from; may be repeated. Default: the project's directory.",
    ),
    click.option(
        "--sandbox/--no-sandbox",
        default=None,
        help="Run workflows in the SDK's sandbox. Default: --sandbox.",
    ),
    click.option(
        "--deadline",
        type=float,
        metavar="SECONDS",
        help="Time one history may take before its process is killed. Default: 30.",
    ),
    click.option(
        "--processes",
        "-p",
        type=int,
        metavar="N",
        help="Replay processes. Default: 0, one a core.",
    ),
)
_REPLAY = (
    *_CODE,
    click.option(
        "--seeds",
        type=int,
        metavar="N",
        help="Replay each history under N hash seeds (PYTHONHASHSEED 0, 1, ...), a process each. Default: 1.",
    ),
    click.option(
        "--every-prefix",
        is_flag=True,
        default=None,
        help="Replay each history cut at every workflow task, too: a worker crash there must recover.",
    ),
)


def code_options(function: F) -> F:
    """Add the options that say which code to replay against."""
    for option in reversed(_CODE):
        function = option(function)
    return function


def replay_options(function: F) -> F:
    """Add the options that say which code to replay against, and how."""
    for option in reversed(_REPLAY):
        function = option(function)
    return function


def config_of_project() -> Config:
    """Read `[tool.replaykit]` of the project around the working directory.

    Raises:
        ConfigInvalid: A setting is unknown or has an unusable value.
    """
    return load_config(Path.cwd())


def with_options(
    configured: Config,
    *,
    drift: str | None = None,
    python_path: tuple[str, ...] = (),
    **options: Any,  # noqa: ANN401 - click's values
) -> Config:
    """Override the project's settings with the options given.

    Raises:
        ConfigInvalid: An option has an unusable value.
    """
    decoding = {name: options.pop(name) for name in CODEC_OPTIONS & options.keys()}
    return with_codec_options(configured, **decoding).with_options(
        drift=DriftPolicy(drift) if drift else None,
        python_path=tuple(str(Path.cwd() / path) for path in python_path),
        **options,
    )
