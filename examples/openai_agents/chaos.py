"""The harbour desk under chaos, its model answered from a cassette: `replaykit chaos examples/openai_agents`."""

import os
from pathlib import Path
from typing import Any

from replaykit import Scenario

from .activities import look_up
from .models import Visit
from .worker import FOLLOW_UP, QUESTION, new_plugin
from .workflows import HarbourDesk

# The plugin makes the model's client; nothing is asked with it here.
os.environ.setdefault("OPENAI_API_KEY", "chaos")


def worker() -> dict[str, Any]:
    """Make the plugin once in each process."""
    return {"plugins": [new_plugin()]}


DESK = Scenario(
    name="openai_agents",
    workflow=HarbourDesk,
    args=[Visit(QUESTION, FOLLOW_UP)],
    activities=[look_up],
    worker=worker,
    cassette=str(Path(__file__).with_name("visit-6101.yaml")),
)
