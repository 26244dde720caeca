"""What is asked of a sweep, and what it says as it goes on."""

from dataclasses import dataclass
from typing import TypeAlias

from replaykit.model.chaos import FaultPlan, RunResult
from replaykit.model.chaos_report import ChaosReport, Judged


@dataclass(frozen=True, slots=True)
class Wanted:
    """How a scenario is swept.

    Attributes:
        faults: Names of faults and groups of them; empty is all that can be injected here.
        jobs: How many runs are under way at once.
        limit: How many single faults are run at most, and how many kills, spread over the run; what they reveal is left
            out then. 0 is all of them, and all that they reveal.
        budget: Seconds after which no pair is begun any more.
        search: Seconds that plans of more faults are searched on the simulator; 0 is not at all.
        pairs: Whether pairs are run at all.
        plans: Plans that are run first, such as those saved by an earlier sweep.
        only: Whether only `plans` are run.
        seed: What makes the order of pairs repeatable.
    """

    faults: tuple[str, ...] = ()
    jobs: int = 24
    limit: int = 0
    budget: float = 60.0
    search: float = 0.0
    pairs: bool = True
    plans: tuple[FaultPlan, ...] = ()
    only: bool = False
    seed: int = 0


@dataclass(frozen=True, slots=True)
class Based:
    """The baseline has been run, and did the same each time."""

    baseline: RunResult


@dataclass(frozen=True, slots=True)
class Struck:
    """A plan has been run; `total` grows as faults reveal boundaries."""

    judged: Judged
    done: int
    total: int


@dataclass(frozen=True, slots=True)
class Swept:
    """The sweep has ended."""

    report: ChaosReport


Event: TypeAlias = Based | Struck | Swept
