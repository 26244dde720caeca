"""The lines of the team's code that ran: in a replay, or as its workflows were imported."""

from dataclasses import dataclass
from typing import TypeAlias

Arc: TypeAlias = tuple[int, int]
"""Two lines of a file, one run right after the other; a negative line is the way into or out of a function there."""


@dataclass(frozen=True, slots=True)
class Reached:
    """The lines of the team's code that ran: each file, relative to the project where it lies below it, with its arcs.

    Both are sorted. What runs when a module is imported is not in it: any history reaches that.
    """

    files: tuple[tuple[str, tuple[Arc, ...]], ...] = ()


@dataclass(frozen=True, slots=True)
class Imported:
    """What importing the workflows runs, and the files that define them, relative as in `Reached`."""

    reached: Reached
    modules: tuple[str, ...]
