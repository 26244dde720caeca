"""What the loopback model says: a pure function of what it was asked."""

import hashlib
import math
import struct
from collections.abc import Mapping
from typing import Any

_WORDS_OF_AN_ANSWER = 24
_DEFAULT_DIMENSIONS = 64


def digest(text: str) -> str:
    """A short, stable name for a text."""
    return hashlib.sha256(text.encode()).hexdigest()[:12]


def count_tokens(text: str) -> int:
    """The price of a text: one token a word."""
    return len(text.split())


def free_text(prompt: str) -> str:
    """An answer in prose: the opening of the question, and a mark that tells two questions apart."""
    opening = " ".join(prompt.split()[:_WORDS_OF_AN_ANSWER])
    return f"In short: {opening} [{digest(prompt)}]"


def structured(schema: Mapping[str, Any], prompt: str) -> Any:  # noqa: ANN401 -- JSON of the caller's own schema
    """An answer that fits a JSON schema.

    A string takes the first open point of the prompt (a line that begins with "- "). An enum takes one of its
    values but the last while the prompt has open points, and its last value when it has none: a planner that
    lists its ways to act and then "finish" so works through its points and comes to an end.
    """
    points = [line[2:].strip() for line in prompt.splitlines() if line.startswith("- ")]
    match schema:
        case {"enum": [*_, last] as values}:
            busy = values[:-1] or values
            return busy[int(digest(points[0]), 16) % len(busy)] if points else last
        case {"type": "object"}:
            return {name: structured(part, prompt) for name, part in schema.get("properties", {}).items()}
        case {"type": "array", "items": items}:
            return [structured(items, prompt)]
        case {"type": "integer" | "number"}:
            return int(digest(prompt), 16) % 100
        case {"type": "boolean"}:
            return not points
        case _:
            return points[0] if points else free_text(prompt)


def embedding(text: str, dimensions: int | None = None) -> list[float]:
    """A vector of length one in which texts that share words lie near each other."""
    size = dimensions or _DEFAULT_DIMENSIONS
    vector = [0.0] * size
    for word in text.lower().split() or [""]:
        place, sign = struct.unpack(">Qb", hashlib.sha256(word.encode()).digest()[:9])
        vector[place % size] += 1.0 if sign >= 0 else -1.0
    length = math.hypot(*vector) or 1.0
    return [value / length for value in vector]
