"""The examples as a project beside this one, without those whose workers bring an agent's SDK along."""

import json
from pathlib import Path

from replaykit.adapters.project import load_config

ROOT = Path(__file__).parents[1]
SETTINGS = '[tool.replaykit]\nworkflows = {workflows}\npython-path = ["{root}"]\n'


def modules() -> tuple[str, ...]:
    """Name the modules of workflows that need no worker's arguments."""
    return load_config(ROOT).workflows


def project_in(directory: Path) -> Path:
    """Make a directory the project; returns it.

    Of the factory of this repository's own settings each replay process would load two SDKs of agents, which takes ten
    times as long as all the other examples.
    """
    directory.mkdir(parents=True, exist_ok=True)
    text = SETTINGS.format(workflows=json.dumps(modules()), root=ROOT)
    (directory / "pyproject.toml").write_text(text, "utf-8")
    return directory
