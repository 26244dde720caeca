"""What a replay bears witness to beside its verdict: the steps that the code asked for, and the files that it read."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from replaykit.model.step import Step


@dataclass(frozen=True, slots=True)
class Read:
    """What a process read of the project: absolute paths of files, and of the directories that imports looked into.

    `doubts` name in words what else its behaviour may hang on: then the files alone do not tell it.
    """

    files: tuple[str, ...] = ()
    directories: tuple[str, ...] = ()
    doubts: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Witness:
    """The steps of one replay, as far as the history goes and `ahead` of it, and what was read for them."""

    steps: tuple["Step", ...]
    ahead: tuple["Step", ...]
    read: Read
