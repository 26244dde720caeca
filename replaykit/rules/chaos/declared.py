"""What a team declares to be right of a workflow holds for each run of it, also for one that production recorded."""

from collections.abc import Iterable
from dataclasses import replace

from replaykit.model.scenario import Scenario

_DECLARATIONS = (
    "failures",
    "accepts",
    "invariants",
    "untrusted",
    "max_llm_calls",
    "max_tokens",
    "max_dollars",
    "http_effects",
)


def as_declared(recorded: Scenario, declared: Iterable[Scenario]) -> Scenario:
    """Judge a recorded run as the first scenario of the same workflow is judged; itself where there is none.

    Signals and updates are not taken over: what they say fits the scenario's own input.
    """
    for scenario in declared:
        if scenario.workflow is recorded.workflow:
            return replace(recorded, **{name: getattr(scenario, name) for name in _DECLARATIONS})
    return recorded
