"""Steps and source lines as a person reads them."""

from pathlib import PurePath

from replaykit.model.step import SourceLine, Step
from replaykit.report.printable import plain

LONGEST_ID = 40


def name_of_step(step: Step) -> str:
    """Write a step's coordinate, with the id where it tells more than the number of the step."""
    extra = f" (id {step.id})" if step.id and not step.id.isdecimal() and len(step.id) <= LONGEST_ID else ""
    return plain(f"{step.key}{extra}" if step.key.kind.value.startswith("child") else str(step.key))


def place(site: SourceLine, base: str) -> str:
    """Write a source line's place, below `base` as a relative path."""
    path = PurePath(site.path)
    shown = path.relative_to(base) if base and path.is_relative_to(base) else path
    return f"{shown}:{site.line} in {site.function}"
