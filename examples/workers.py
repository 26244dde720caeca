"""The workers that a replay of this project needs: those whose client brings a payload converter and a sandbox."""

from typing import Any

from .openai_agents import worker as openai_agents
from .pydantic_ai import worker as pydantic_ai


def worker_arguments() -> list[dict[str, Any]]:
    """Return the arguments of one worker an entry; `[tool.replaykit] workflows` names what needs none."""
    return [openai_agents.worker_arguments(), pydantic_ai.worker_arguments()]
