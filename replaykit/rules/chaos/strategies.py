"""Hypothesis draws fault plans: an opener that showed something new, and strikes on top of it."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Protocol

from hypothesis import HealthCheck, Phase, find, given, seed, settings, target
from hypothesis import strategies as st
from hypothesis.errors import NoSuchExample, Unsatisfiable

from replaykit.model.chaos import Boundary, FaultPlan, Strike

# What was found last is built on as often as all that was found before.
_NEWEST = 4


@dataclass(frozen=True, slots=True)
class Opener:
    """A plan to build on, the strikes at what it passes beyond the baseline, and the input that it needs."""

    plan: FaultPlan
    next: tuple[Strike, ...] = ()
    given: Any = None


@dataclass(frozen=True, slots=True)
class Draw:
    """What one round draws from; it does not change while the round lasts, so that a seed repeats it.

    Attributes:
        openers: Plans to build on; the empty one is the first.
        chosen: A strike of each class.
        every: All strikes.
        most: How many strikes a plan has at most.
        inputs: A strategy of inputs, or None.
    """

    openers: tuple[Opener, ...]
    chosen: tuple[Strike, ...]
    every: tuple[Strike, ...]
    most: int
    inputs: Any = None


class Rounds(Protocol):
    """Draws and tries the plans of a round."""

    def __call__(self, drawn: Draw, attempt: Callable[[FaultPlan, Any], float], *, examples: int, chance: int) -> None:
        """Try `examples` plans; the same ones for the same `chance`."""


def plans(drawn: Draw) -> st.SearchStrategy[tuple[FaultPlan, Any]]:
    """Return the strategy of a round's plans, each with an input; None is the scenario's own."""
    # Numbers are drawn, and the strikes looked up: strategies of strikes are made, checked and written out anew in each
    # draw, which takes ten times as long as the run of the plan.
    newest = st.integers(max(len(drawn.openers) - _NEWEST, 0), len(drawn.openers) - 1)
    of_all = st.integers(0, len(drawn.openers) - 1)

    @st.composite
    def plan(draw: Callable[[st.SearchStrategy[Any]], Any]) -> tuple[FaultPlan, Any]:
        opener = drawn.openers[draw(newest if draw(st.booleans()) else of_all)]
        room = max(drawn.most - len(opener.plan.strikes), 1)
        pools = [pool for pool in (opener.next, opener.next, drawn.chosen, drawn.every) if pool]
        # With a newly found boundary ahead one step is most often enough; without one all of a plan is drawn.
        least = 1 if opener.plan.strikes or opener.given is not None else min(2, room)
        more: dict[Boundary, Strike] = {}
        for _ in range(draw(st.integers(least, room))):
            pool = pools[draw(st.integers(0, len(pools) - 1))]
            strike = pool[draw(st.integers(0, len(pool) - 1))]
            more.setdefault(strike.at, strike)
        given = opener.given
        if given is None and drawn.inputs is not None:
            given = draw(st.one_of(st.none(), drawn.inputs))
        return opener.plan | FaultPlan(tuple(more.values())), given

    return plan()


def round_of(drawn: Draw, attempt: Callable[[FaultPlan, Any], float], *, examples: int, chance: int) -> None:
    """Draw and try plans.

    Args:
        drawn: What is drawn from.
        attempt: Runs a plan with an input; returns how much that was new it passed, which the next draws aim at.
        examples: How many plans.
        chance: The seed.
    """

    @seed(chance)
    @settings(
        max_examples=examples,
        database=None,
        deadline=None,
        phases=(Phase.generate, Phase.target),
        suppress_health_check=list(HealthCheck),
    )
    @given(plans(drawn))
    def search(drawn: tuple[FaultPlan, Any]) -> None:
        target(attempt(*drawn), label="boundaries beyond the baseline")

    try:
        search()
    except Unsatisfiable:
        # An input strategy that gives nothing; the plans were tried without one.
        return


def smallest_input(strategy: Any, shows: Callable[[Any], bool], first: Any) -> Any:  # noqa: ANN401 - the scenario's
    """Return the simplest input that still shows it, by Hypothesis's own order; `first` where none simpler does."""
    try:
        return find(
            strategy,
            shows,
            settings=settings(
                max_examples=100,
                database=None,
                deadline=None,
                derandomize=True,
                suppress_health_check=list(HealthCheck),
            ),
        )
    except NoSuchExample:
        return first
