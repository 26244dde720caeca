"""What came of a sweep: what held in each run and what did not, and all of it together."""

from dataclasses import dataclass
from enum import StrEnum

from replaykit.model.chaos import RunResult


class Violation(StrEnum):
    """What did not hold. All are findings; `NOT_FIRED` and `UNVERIFIED` say that nothing was proven."""

    DUPLICATED = "duplicated"
    CHANGED_INPUT = "changed input"
    DIVERGED = "diverged"
    WEDGED = "wedged"
    HUNG = "hung"
    LEAKED = "leaked"
    OVERSPENT = "overspent"
    ORPHANED = "orphaned"
    UNFINISHED = "unfinished"
    LOST_SIGNAL = "lost signal"
    UNREPLAYABLE = "unreplayable"
    INVARIANT = "invariant"
    NOT_FIRED = "not fired"
    UNVERIFIED = "unverified"


PROVES_NOTHING = frozenset({Violation.NOT_FIRED, Violation.UNVERIFIED})


class Held(StrEnum):
    """In which of the legal ways a run ended."""

    SAME = "same"
    COMPENSATED = "compensated"
    FAILED_CLEANLY = "failed cleanly"
    CANCELLED_CLEANLY = "cancelled cleanly"


@dataclass(frozen=True, slots=True)
class ChaosFinding:
    """One thing that did not hold in one run.

    Attributes:
        violation: What did not hold.
        what: In one line, such as `effect charge, key order-17: 2 commits, 1 allowed`.
        why: What happened, in plain words.
        fix: What to do about it.
        result: The run.
        flaky: Set where it did not come again each time the plan was run again.
    """

    violation: Violation
    what: str
    why: str
    fix: str
    result: RunResult
    flaky: bool = False


@dataclass(frozen=True, slots=True)
class Judged:
    """What came of one run: the legal way in which it ended, or findings; never both.

    `unreachable`: one strike of several kept another from its boundary, so the plan is no plan of that size.
    """

    result: RunResult
    held: Held | None
    findings: tuple[ChaosFinding, ...] = ()
    unreachable: bool = False


@dataclass(frozen=True, slots=True)
class Equivalence:
    """One emulation held against a real SIGKILL: the fault, how many histories were compared, and what differed."""

    fault: str
    compared: int
    differing: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class ChaosReport:
    """All of a sweep.

    Attributes:
        scenario: Its name.
        baseline: The run without any fault.
        judged: What came of each plan, in the order in which they were run.
        findings: What did not hold, each with the smallest plan that shows it; the gravest first.
        enumerated: How many plans there were.
        singles: How many of them were single faults at boundaries of the baseline.
        fired: How many runs had every strike of theirs fire.
        pruned: How many pairs needed no run, for they equal a run that there was.
        unreachable: How many pairs cannot happen.
        equivalences: Emulations held against a real SIGKILL.
        replayed: How many different histories were replayed.
        unverified: What was not checked, in words.
        seconds: How long it took.
        seed: What makes it repeatable.
    """

    scenario: str
    baseline: RunResult
    judged: tuple[Judged, ...] = ()
    findings: tuple[ChaosFinding, ...] = ()
    enumerated: int = 0
    singles: int = 0
    fired: int = 0
    pruned: int = 0
    unreachable: int = 0
    equivalences: tuple[Equivalence, ...] = ()
    replayed: int = 0
    unverified: tuple[str, ...] = ()
    seconds: float = 0.0
    seed: int = 0
