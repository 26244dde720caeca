"""Orders with a bug that only several faults together show, and their correct twins."""

from datetime import UTC, datetime, timedelta

from temporalio import activity, workflow
from temporalio.exceptions import ActivityError, ApplicationError

from replaykit.adapters.effects import effect
from replaykit.model.scenario import Scenario

SOON = timedelta(seconds=10)
# Simulated time lies before it, the clock of any machine after it.
_IN_THE_SIMULATOR = datetime(2025, 8, 1, tzinfo=UTC)


def _once(name: str, key: str) -> None:
    with effect(name, key=key, idempotency_key=key):
        pass


def _each_attempt(name: str, key: str) -> None:
    with effect(name, key=key, idempotency_key=f"{key}/{activity.info().attempt}"):
        pass


@activity.defn(name="ship")
async def ship(order: str) -> None:
    _once("ship", order)


@activity.defn(name="refund")
async def refund(order: str) -> None:
    _once("refund", order)


@activity.defn(name="refund")
async def refund_carelessly(order: str) -> None:
    _each_attempt("refund", order)


@activity.defn(name="credit")
async def credit(order: str) -> None:
    _once("credit", order)


@activity.defn(name="credit")
async def credit_carelessly(order: str) -> None:
    _each_attempt("credit", order)


@activity.defn(name="credit")
async def credit_carelessly_in_the_simulator(order: str) -> None:
    if activity.info().scheduled_time < _IN_THE_SIMULATOR:
        _each_attempt("credit", order)
    else:
        _once("credit", order)


@activity.defn(name="audit")
async def audit_carelessly(order: str) -> None:
    _each_attempt("audit", order)


@workflow.defn
class Shipped:
    """Ship; where that fails refund; where that fails, too, write a credit."""

    @workflow.run
    async def run(self, order: str, amount: int = 1) -> str:
        try:
            await workflow.execute_activity("ship", order, start_to_close_timeout=SOON)
        except ActivityError as error:
            try:
                await workflow.execute_activity("refund", order, start_to_close_timeout=SOON)
            except ActivityError:
                await workflow.execute_activity("credit", order, start_to_close_timeout=SOON)
            message = "not shipped"
            raise ApplicationError(message, type="NotShipped", non_retryable=True) from error
        if amount > 100:
            await workflow.execute_activity("audit", order, start_to_close_timeout=SOON)
        return "shipped"


def scenario(*activities: object, **more: object) -> Scenario:
    return Scenario(
        workflow=Shipped,
        args=["order-17"],
        activities=list(activities),  # type: ignore[arg-type]  # activities all
        failures=["NotShipped"],
        **more,  # type: ignore[arg-type]  # fields of a scenario
    )


TWO_FAULTS = scenario(ship, refund_carelessly, credit)
THREE_FAULTS = scenario(ship, refund, credit_carelessly)
CORRECT = scenario(ship, refund, credit)
ONLY_SIMULATED = scenario(ship, refund, credit_carelessly_in_the_simulator)
LARGE_ORDERS = scenario(ship, refund, credit, audit_carelessly)
