"""What a search for plans of several faults is given, and what it gives."""

from dataclasses import dataclass

from replaykit.model.chaos import FaultPlan
from replaykit.model.chaos_report import ChaosFinding
from replaykit.model.scenario import Given


@dataclass(frozen=True, slots=True)
class Budget:
    """How long is searched.

    Attributes:
        seconds: No plan is begun after so long.
        examples: Nor after so many different plans.
        strikes: How many strikes a plan has at most.
        seed: What makes the search repeatable: the same plans in the same order.
    """

    seconds: float = 30.0
    examples: int = 2000
    strikes: int = 3
    seed: int = 0


@dataclass(frozen=True, slots=True)
class Hit:
    """A finding with its smallest plan, and the input that it needs; None is the scenario's own."""

    finding: ChaosFinding
    given: Given | None = None

    @property
    def plan(self) -> FaultPlan:
        """The smallest plan that shows it."""
        return self.finding.result.plan


@dataclass(frozen=True, slots=True)
class Searched:
    """What came of a search.

    Attributes:
        hits: What was found, the simplest first.
        runs: How many runs it took.
        plans: How many different plans were drawn.
        boundaries: How many boundaries were passed by any run.
        not_simulated: Why plans could not be run, and how many of them.
        trail: The plans that were run, in this order.
    """

    hits: tuple[Hit, ...]
    runs: int
    plans: int
    boundaries: int
    not_simulated: tuple[tuple[str, int], ...] = ()
    trail: tuple[FaultPlan, ...] = ()
