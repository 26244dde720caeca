"""What a replay process says once it has loaded the workflows."""

from dataclasses import dataclass

from replaykit.errors import Problem
from replaykit.model.reached import Imported
from replaykit.model.witness import Read


@dataclass(frozen=True, slots=True)
class Ready:
    """The process has loaded the workflows.

    `problems` are those of modules that did not load. `imported` is None where nothing is measured: it was not asked
    for, or cannot be had. `homes` says under which entry of the configuration's workflows each name was found; `read`
    is there where that was asked for.
    """

    names: tuple[str, ...]
    problems: tuple[Problem, ...]
    imported: Imported | None = None
    homes: tuple[tuple[str, str], ...] = ()
    read: Read | None = None
