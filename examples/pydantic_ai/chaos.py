"""The harbour guide under chaos, model and tools answered from a cassette: `replaykit chaos examples/pydantic_ai`."""

import os
from pathlib import Path
from typing import Any

from pydantic_ai.durable_exec.temporal import PydanticAIPlugin

from replaykit import Scenario

from .models import Visit
from .volatile import VOLATILE
from .worker import FOLLOW_UP, QUESTION
from .workflows import HarbourGuide

# The workflow's code makes the model's client; nothing is asked with it here.
os.environ.setdefault("OPENAI_API_KEY", "chaos")


def worker() -> dict[str, Any]:
    """Make the plugin once in each process."""
    return {"plugins": [PydanticAIPlugin()]}


GUIDE = Scenario(
    name="pydantic_ai",
    workflow=HarbourGuide,
    args=[Visit(question=QUESTION, follow_up=FOLLOW_UP)],
    worker=worker,
    cassette=str(Path(__file__).with_name("visit-7101.yaml")),
    volatile=VOLATILE,
    # As in this project's [tool.replaykit] accept: the framework reads the machine's clock when it is replayed.
    drift=[
        "HarbourGuide/activity:agent__guide__* input.messages*.timestamp",
        "HarbourGuide/activity:agent__guide__* input.serialized_run_context.active_capability_ids",
        "HarbourGuide/activity:agent__guide__* input.serialized_run_context.available_tool_names",
    ],
)
