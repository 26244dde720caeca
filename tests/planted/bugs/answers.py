"""Bugs of trust: an answer that is not what it should be wedges the run, is taken for something else, or never ends."""

from typing import Any

from temporalio import activity, workflow
from temporalio.exceptions import ApplicationError

from replaykit.model.chaos import End, RunResult
from replaykit.model.chaos_report import Violation
from replaykit.model.scenario import Scenario
from tests.planted.bugs.case import PlantedBug, Twin, at, plan
from tests.planted.bugs.steps import step

MOST_ASKED = 3


@activity.defn
async def ask() -> dict[str, int]:
    """Ask a language model for a price."""
    return {"price": 7}


@activity.defn
async def count() -> int:
    """Ask a language model for a number."""
    return 7


@workflow.defn(sandboxed=False)
class Counting:
    """Has the answer decoded as a number, or looks what it is."""

    @workflow.run
    async def run(self, how: str) -> int:
        """Count."""
        answer = await step("count", result_type=int if how == "trusts" else None)
        if not isinstance(answer, int):
            raise ApplicationError("no number", type="NoNumber", non_retryable=True)
        return answer + 1


@workflow.defn(sandboxed=False)
class Pricing:
    """Takes a field of the answer: trusting, with a default, or after a look."""

    @workflow.run
    async def run(self, how: str) -> int:
        """Price."""
        answer: Any = await step("ask")
        if not isinstance(answer, dict):
            raise ApplicationError("no object", type="NoObject", non_retryable=True)
        if how == "defaults":
            return int(answer.get("price", 0))
        if how == "looks" and "price" not in answer:
            raise ApplicationError("no price", type="NoPrice", non_retryable=True)
        return int(answer["price"])


@workflow.defn(sandboxed=False)
class Asking:
    """Asks again as long as the answer is no price."""

    @workflow.run
    async def run(self, most: int) -> int:
        """Ask."""
        asked = 0
        while not most or asked < most:
            answer: Any = await step("ask")
            asked += 1
            if isinstance(answer, dict) and "price" in answer:
                return int(answer["price"])
        raise ApplicationError("no price", type="NoPrice", non_retryable=True)


def asked_rarely(result: RunResult) -> str | None:
    """Say that the model was asked again and again."""
    asked = {sighting.boundary.nth for sighting in result.sightings if sighting.boundary.name == "ask"}
    return f"asked {len(asked)} times" if len(asked) > MOST_ASKED else None


def completed(result: RunResult) -> bool:
    """Accept every run that completes."""
    return result.end is End.COMPLETED


def _scenario(workflow_class: type, arg: object) -> Scenario:
    return Scenario(
        workflow=workflow_class,
        args=[arg],
        activities=[ask, count],
        untrusted=["*"],
        invariants=[asked_rarely],
        name=f"{workflow_class.__name__}_{arg}",
    )


BUGS = (
    PlantedBug(
        "wrong_type_wedges",
        _scenario(Counting, "trusts"),
        plan(at("count", "wrong_type")),
        Violation.WEDGED,
        "a result that cannot be decoded fails the workflow task, for ever",
    ),
    PlantedBug(
        "missing_field_wedges",
        _scenario(Pricing, "trusts"),
        plan(at("ask", "missing_field")),
        Violation.WEDGED,
        "a KeyError fails the workflow task, for ever",
    ),
    PlantedBug(
        "missing_field_becomes_a_default",
        _scenario(Pricing, "defaults"),
        plan(at("ask", "missing_field")),
        Violation.DIVERGED,
        "an answer without a price is taken for a price of nothing",
    ),
    PlantedBug(
        "asks_without_end",
        _scenario(Asking, 0),
        plan(at("ask", "wrong_type"), at("ask", "wrong_type", nth=2), at("ask", "wrong_type", nth=3)),
        Violation.INVARIANT,
        "nothing bounds how often a malformed answer is asked for again",
    ),
)
TWINS = (
    Twin("wrong_type_fails_the_run", _scenario(Counting, "looks")),
    Twin("missing_field_fails_the_run", _scenario(Pricing, "looks")),
    Twin("asks_three_times", _scenario(Asking, MOST_ASKED)),
)
