"""What the guide can do: functions that Pydantic AI offers to the model as tools and runs as activities."""

import asyncio
from pathlib import Path

from pydantic_ai import FunctionToolset

ALMANAC = Path(__file__).parent / "almanac.txt"
TICKET = 7  # crowns


async def look_up(topic: str) -> str:
    """Look up one topic in the harbour's almanac: opening hours, tides, fuel, the lighthouse."""
    lines = (await asyncio.to_thread(ALMANAC.read_text, "utf-8")).splitlines()
    wanted = set(topic.lower().split())
    best = max(lines, key=lambda line: len(wanted & _words(line)))
    return best if wanted & _words(best) else f"The almanac says nothing about {topic}."


async def ferry_fare(adults: int, children: int) -> str:
    """Work out what the ferry costs for a number of adults and children."""
    return f"{adults} adults and {children} children pay {TICKET * adults + TICKET * children // 2} crowns."


def _words(line: str) -> set[str]:
    return set(line.lower().rstrip(".").split())


HARBOUR = FunctionToolset([look_up, ferry_fare], id="harbour")
