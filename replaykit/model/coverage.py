"""How much of the workflow code a corpus of histories reaches."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from replaykit.model.reached import Arc


@dataclass(frozen=True, slots=True)
class Gap:
    """Lines that no history reaches, in one stretch, with the first one's text; `why` none can, where that is known."""

    first: int
    last: int
    text: str
    why: str = ""


@dataclass(frozen=True, slots=True)
class FileCoverage:
    """How much of a file of workflow code the corpus reaches; `branches_missed` start at lines that it does reach."""

    file: str
    lines: int
    lines_reached: int
    branches: int
    branches_reached: int
    gaps: tuple[Gap, ...]
    branches_missed: tuple["Arc", ...]
