"""What a strict check of a cassette's answers of models found."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, order=True)
class Drift:
    """One field that is not what the installed models say; every index of a list is `[]` in its path."""

    path: str
    what: str


@dataclass(frozen=True, slots=True)
class Drifted:
    """The recordings, by number from 1, in which one field of one form is not what the models say."""

    form: str
    drift: Drift
    numbers: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Unchecked:
    """The recordings of answers of models that could not be checked, and why."""

    why: str
    numbers: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class ModelCheck:
    """The outcome of a check.

    Attributes:
        against: What the answers were held against: name and version.
        checked: How many recordings were.
        drifted: The fields that drifted.
        unchecked: What could not be checked.
    """

    against: str = ""
    checked: int = 0
    drifted: tuple[Drifted, ...] = ()
    unchecked: tuple[Unchecked, ...] = ()
