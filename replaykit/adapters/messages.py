"""What the replay pool and its processes say to each other."""

from dataclasses import dataclass
from typing import TypeAlias

from replaykit.adapters.ready import Ready
from replaykit.config import Config
from replaykit.errors import Problem
from replaykit.model.case import Case, Judgement
from replaykit.model.step import SourceLine


@dataclass(frozen=True, slots=True)
class Setup:
    """The first message to a process: what to load, and whether to tell the shape of each run and what it reached.

    `watch`: tell the steps of each replay and the files read, too. `moved` are a directory and where it is to be taken
    from instead, for a version of the code that lies beside the one that is installed.
    """

    config: Config
    measure: bool = False
    watch: bool = False
    moved: tuple[str, str] | None = None


@dataclass(frozen=True, slots=True)
class Unloadable:
    """The process could load nothing."""

    problem: Problem


@dataclass(frozen=True, slots=True)
class Stuck:
    """Most of the deadline is gone: where the workflow's code is running, or None where Core is silent."""

    at: SourceLine | None


@dataclass(frozen=True, slots=True)
class Progressed:
    """A prefix of the history has been replayed: the deadline begins anew for the next."""


@dataclass(frozen=True, slots=True)
class Done:
    """A judgement; the process is of no further use where `exhausted`, because Core hangs in it."""

    judgement: Judgement
    exhausted: bool = False


@dataclass(frozen=True, slots=True)
class Unsaved:
    """A history that is on no disk: its case, and the content that its file would have."""

    case: Case
    content: bytes


Request: TypeAlias = Setup | Case | Unsaved
Reply: TypeAlias = Ready | Unloadable | Stuck | Progressed | Done
