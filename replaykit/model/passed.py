"""What a gate keeps of a replay: all that its report needs of a history that passes."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from replaykit.model.finding import Unverified
    from replaykit.model.reached import Reached


@dataclass(frozen=True, slots=True)
class Traits:
    """What a history tells beside its verdict.

    `newest` is its last known time in seconds since the epoch, `patches` the ids of its markers, `reached` the lines of
    workflow code that its replay ran, None where that was not measured.
    """

    workflow_type: str
    newest: float
    patches: tuple[str, ...]
    reached: "Reached | None"


@dataclass(frozen=True, slots=True)
class Passed:
    """A clean replay: `stream` is the digest of every step that the code asked for."""

    traits: Traits
    steps: int
    unverified: tuple["Unverified", ...]
    stream: str
