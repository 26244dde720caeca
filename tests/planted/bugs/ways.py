"""Bugs of ways round a failure: the step that gives up too early, the other provider, the attempt that comes late."""

import asyncio
from datetime import timedelta

from temporalio import activity, workflow
from temporalio.exceptions import ActivityError, ApplicationError, is_cancelled_exception

from replaykit.adapters.effects import effect
from replaykit.model.chaos_report import Violation
from replaykit.model.scenario import Scenario
from tests.planted.bugs.answers import completed
from tests.planted.bugs.case import PlantedBug, Twin, at, at_task, plan
from tests.planted.bugs.steps import STEPS, UNTIL_DONE, Elsewhere, own_id, step

TAKEN_BACK = Elsewhere("taken-back")


@activity.defn
async def pay_at(provider: str) -> str:
    """Charge the card at a provider; each knows its own keys only."""
    with effect("pay", key=own_id(), idempotency_key=f"{own_id()}/{provider}"):
        return provider


@activity.defn
async def charge_late(how: str) -> str:
    """Charge, unless it looks and it was taken back already."""
    if how == "refuses" and "charge" in TAKEN_BACK[own_id()]:
        raise ApplicationError("taken back", non_retryable=True)
    with effect("charge", key=own_id(), idempotency_key=own_id(), undo="refund"):
        return "charged"


@activity.defn
async def refund_for_good() -> str:
    """Give the money back, and leave a mark that a late charge meets."""
    with effect("refund", key=own_id(), idempotency_key=own_id()):
        TAKEN_BACK[own_id()].add("charge")
    return "refunded"


@activity.defn
async def quote_a() -> int:
    """Ask the first provider."""
    return 5


@activity.defn
async def quote_b() -> int:
    """Ask the second provider."""
    return 6


@activity.defn
async def quote_c() -> int:
    """Ask the third provider."""
    return 7


@workflow.defn(sandboxed=False)
class Once:
    """Charges in one attempt, or in as many as it takes."""

    @workflow.run
    async def run(self, attempts: int) -> str:
        """Charge."""
        return str(await step("notify", attempts=attempts))


@workflow.defn(sandboxed=False)
class Fallback:
    """Pays at another provider when the first one fails; sure that it did not pay, or not."""

    @workflow.run
    async def run(self, how: str) -> str:
        """Pay."""
        try:
            return str(await step("pay_at", "first"))
        except ActivityError as error:
            if is_cancelled_exception(error) or how == "gives up":
                raise
        return str(await step("pay_at", "second"))


@workflow.defn(sandboxed=False)
class Impatient:
    """Waits for half an hour for the first provider, then pays at the second."""

    @workflow.run
    async def run(self, how: str) -> str:
        """Pay."""
        patience = timedelta(minutes=30)
        first = workflow.start_activity(
            pay_at,
            "first",
            start_to_close_timeout=timedelta(seconds=10),
            schedule_to_close_timeout=patience if how == "bounds" else None,
            cancellation_type=UNTIL_DONE,
        )
        if how == "bounds":
            return str(await first)
        await workflow.wait([first], timeout=patience.total_seconds())
        if first.done():
            return str(first.result())
        paid = await step("pay_at", "second")
        await workflow.sleep(timedelta(hours=2))
        return str(paid)


@workflow.defn(sandboxed=False)
class Late:
    """Gives an attempt up, takes it back, and ends."""

    @workflow.run
    async def run(self, how: str) -> str:
        """Charge, or leave no trace."""
        try:
            return str(await step("charge_late", how, attempts=1))
        except (ActivityError, asyncio.CancelledError) as error:
            await asyncio.shield(asyncio.ensure_future(step("refund_for_good")))
            if is_cancelled_exception(error):
                raise
            raise ApplicationError("rolled back", type="RolledBack", non_retryable=True) from error


@workflow.defn(sandboxed=False)
class Cheapest:
    """Takes the cheapest of the quotes that came."""

    @workflow.run
    async def run(self, names: list[str], how: str) -> int:
        """Compare."""
        found: list[int] = []
        for name in names:
            try:
                found.append(int(await step(name)))
            except ActivityError as error:
                if is_cancelled_exception(error):
                    raise
        if not found and how == "looks":
            raise ApplicationError("no quote", type="NoQuote", non_retryable=True)
        return min(found)


def _scenario(workflow_class: type, *args: object, **more: object) -> Scenario:
    made = [*STEPS, pay_at, charge_late, refund_for_good, quote_a, quote_b, quote_c]
    return Scenario(workflow=workflow_class, args=list(args), activities=made, **more)  # type: ignore[arg-type]  # fields of it


_TWO, _THREE = ["quote_a", "quote_b"], ["quote_a", "quote_b", "quote_c"]
_LATE = {"failures": ["RolledBack"]}

BUGS = (
    PlantedBug(
        "one_attempt_started_eagerly",
        _scenario(Once, 1),
        plan(at_task("activity notify #1", "task_response_lost")),
        Violation.DIVERGED,
        "the only attempt is spent on a worker that was never told of it",
    ),
    PlantedBug(
        "one_attempt",
        _scenario(Once, 1),
        plan(at("notify", "crash_before")),
        Violation.DIVERGED,
        "a worker that dies makes the run fail, though nothing is wrong",
    ),
    PlantedBug(
        "other_provider_charged_as_well",
        _scenario(Fallback, "pays again", accepts=completed),
        plan(at("pay_at", "fatal_after")),
        Violation.DUPLICATED,
        "a payment that failed may have been made",
    ),
    PlantedBug(
        "late_attempt_charged_as_well",
        _scenario(Impatient, "abandons", accepts=completed),
        plan(at("pay_at", "retry_later")),
        Violation.DUPLICATED,
        "the attempt that is not waited for any more comes all the same",
    ),
    PlantedBug(
        "zombie_charges_after_the_refund",
        _scenario(Late, "charges", **_LATE),
        plan(at("charge_late", "zombie")),
        Violation.LEAKED,
        "an attempt that was given up is still at work",
    ),
    PlantedBug(
        "no_quote_at_all",
        _scenario(Cheapest, _TWO, "trusts", accepts=completed),
        plan(at("quote_a", "fatal_before"), at("quote_b", "fatal_before")),
        Violation.WEDGED,
        "the smallest of nothing raises ValueError",
        pairs=True,
    ),
    PlantedBug(
        "no_quote_of_three",
        _scenario(Cheapest, _THREE, "trusts", accepts=completed),
        plan(at("quote_a", "fatal_before"), at("quote_b", "fatal_before"), at("quote_c", "fatal_before")),
        Violation.WEDGED,
        "the smallest of nothing raises ValueError",
        search=30.0,
    ),
)
TWINS = (
    Twin("as_many_attempts_as_it_takes", _scenario(Once, 0)),
    Twin("no_other_provider", _scenario(Fallback, "gives up")),
    Twin("bounded_attempts", _scenario(Impatient, "bounds")),
    Twin("refused_after_the_refund", _scenario(Late, "refuses", **_LATE)),
    Twin("no_quote_fails_the_run", _scenario(Cheapest, _TWO, "looks", accepts=completed)),
)
