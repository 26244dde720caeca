"""Who reads a command's text on this terminal, and what the commands in it need beside their paths."""

import sys
from pathlib import Path

from replaykit.cli.faces import paint_for, width
from replaykit.config import Config
from replaykit.report.command import options_text
from replaykit.report.reading import Reading


def reading_of(configured: Config, config: Config, *, verbose: bool) -> Reading:
    """Describe the reader: `config` is in force, and what differs from `configured` was given as options."""
    return Reading(
        width=width(),
        base=str(Path.cwd()),
        verbose=verbose,
        options=options_text(configured, config),
        paint=paint_for(sys.stdout),
    )


def paths_of(given: tuple[str, ...], config: Config) -> tuple[str, ...]:
    """Return the paths of histories that a person named, or those of the project."""
    return given or tuple(str(Path(config.root) / path) for path in config.histories)
