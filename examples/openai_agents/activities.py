"""What the guide can look up: an activity, which the model is offered as a tool."""

import asyncio
from pathlib import Path

from temporalio import activity

ALMANAC = Path(__file__).parent / "almanac.txt"


@activity.defn
async def look_up(topic: str) -> str:
    """Look up one topic in the harbour's almanac: opening hours, tides, fuel, the lighthouse."""
    lines = (await asyncio.to_thread(ALMANAC.read_text, "utf-8")).splitlines()
    wanted = set(topic.lower().split())
    best = max(lines, key=lambda line: len(wanted & _words(line)))
    return best if wanted & _words(best) else f"The almanac says nothing about {topic}."


def _words(line: str) -> set[str]:
    return set(line.lower().rstrip(".").split())
