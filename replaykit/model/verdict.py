"""The verdict on one case: a closed union, each member carrying its findings as values."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeAlias

if TYPE_CHECKING:
    from replaykit.errors import Problem
    from replaykit.model.finding import Divergence, Drift, Unverified

NOT_REGISTERED = "workflow-not-registered"
"""The slug of the problem that no code registers the workflow type of a history."""


@dataclass(frozen=True, slots=True)
class Clean:
    """Core is content and so is our own comparison; `steps` were compared, drift of the entries `accepted` aside."""

    steps: int
    unverified: tuple["Unverified", ...] = ()
    accepted: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Drifted:
    """The same steps with other inputs, options or results."""

    steps: int
    drifts: tuple["Drift", ...]
    unverified: tuple["Unverified", ...] = ()
    accepted: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Diverged:
    """Other steps than recorded, or more, or fewer: a run in flight would wedge or silently go another way."""

    divergence: "Divergence"
    drifts: tuple["Drift", ...] = ()
    unverified: tuple["Unverified", ...] = ()
    accepted: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Inconclusive:
    """Nothing can be said, and why; `detail` is text for a closer look (a traceback, Core's words)."""

    problem: "Problem"
    detail: str = ""


Verdict: TypeAlias = Clean | Drifted | Diverged | Inconclusive

NAMES = {
    Clean: "clean",
    Drifted: "drifted",
    Diverged: "diverged",
    Inconclusive: "inconclusive",
}


def name_of(verdict: Verdict) -> str:
    """Return the verdict's name as reports and JSON spell it."""
    return NAMES[type(verdict)]
