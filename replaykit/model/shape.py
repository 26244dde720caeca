"""The shape of a run: what makes it like or unlike other runs, without any of its data."""

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, NamedTuple, TypeAlias

from replaykit.model.reached import Arc, Reached

if TYPE_CHECKING:
    from replaykit.model.history import RunStatus


@dataclass(frozen=True, slots=True)
class Loop:
    """Steps that came twice or more in a row."""

    body: "Folded"


Folded: TypeAlias = tuple["str | Loop", ...]
"""A sequence of steps with its loops folded: 3 rounds of a loop and 30 are the same."""


@dataclass(frozen=True, slots=True)
class Message:
    """What reached the run from outside: a signal, an update, a cancel request; and after which step."""

    what: str
    after: str


@dataclass(frozen=True, slots=True)
class Stamps:
    """What a history's events say of the workers that ran it, and when the run ended, in seconds since the epoch.

    `behavior` is the versioning behaviour that the last of them declared, `unversioned` where it declared none, and
    empty before the first completed workflow task.
    """

    sdks: tuple[str, ...] = ()
    builds: tuple[str, ...] = ()
    ended: float | None = None
    behavior: str = ""


@dataclass(frozen=True, slots=True)
class RunShape:
    """The shape of one run.

    `patches` are the ids of its patch markers and whether each is deprecated. `failures` name step and chain of
    exception types, `failed` is the chain of the run's own failure. `answered` are ends of child workflows, `retried`
    the steps that took more than one attempt, `pending` what an open run waits for. `reached` is None where nothing
    was measured.
    """

    workflow_type: str
    status: "RunStatus"
    steps: Folded
    patches: tuple[tuple[str, bool], ...]
    failures: tuple[str, ...]
    failed: str
    answered: tuple[str, ...]
    retried: tuple[str, ...]
    pending: tuple[str, ...]
    messages: tuple[Message, ...]
    stamps: Stamps
    started: float
    reached: Reached | None = None


class Aspect(StrEnum):
    """In which respect a history tells something; in the order in which people are told."""

    LINE = "line"
    BRANCH = "branch"
    STATUS = "status"
    STEPS = "steps"
    PATCHES = "patches"
    FAILURE = "failure"
    RETRY = "retry"
    CHILD = "child"
    PENDING = "pending"
    MESSAGE = "message"
    SDK = "sdk"
    BUILD = "build"


class Feature(NamedTuple):
    """One thing that a history covers.

    `scope` is the workflow type, of lines and branches the file. `what` says it in words; `at` are the line, or the
    two lines of a branch.
    """

    aspect: Aspect
    scope: str
    what: str = ""
    at: Arc = (0, 0)
