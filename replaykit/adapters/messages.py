"""What the replay pool and its processes say to each other."""

from dataclasses import dataclass
from typing import TypeAlias

from replaykit.config import Config
from replaykit.errors import Problem
from replaykit.model.case import Case, Judgement
from replaykit.model.shape import Imported
from replaykit.model.step import SourceLine
from replaykit.model.witness import Read


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
