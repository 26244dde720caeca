"""Bugs of compensation: what was done is not taken back, or taken back wrongly."""

import asyncio
from collections.abc import Coroutine, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

from temporalio import activity, workflow
from temporalio.exceptions import ActivityError, ApplicationError, is_cancelled_exception

from replaykit.adapters.effects import effect
from replaykit.model.chaos import RunResult, Strike
from replaykit.model.chaos_report import Violation
from replaykit.model.scenario import Scenario
from tests.planted.bugs.case import PlantedBug, Twin, at, plan
from tests.planted.bugs.steps import STEPS, own_id, step

UNDO = {"reserve": "release", "charge": "refund"}


@activity.defn(name="unkeyed_refund")
async def unkeyed_refund() -> str:
    """Give the money back, as often as it is asked."""
    with effect("refund", key=own_id()):
        return "refund"


@dataclass(frozen=True)
class Order:
    """What a saga is told to do wrong; as it stands it is right."""

    forgets: str = ""
    registers: str = "before"
    refund: str = "refund"
    order: str = "reversed"
    undo_attempts: int = 0
    stops_at_failure: bool = False
    catches: str = "all"
    on_cancel: str = "raise"
    wait: bool = True


@workflow.defn(sandboxed=False)
class Saga:
    """Reserve, charge, notify; all of it taken back on the way out."""

    def __init__(self) -> None:
        self._undo: list[str] = []

    @workflow.run
    async def run(self, order: Order) -> str:
        """Fulfil an order, or leave no trace."""
        caught = (ActivityError,) if order.catches == "activity errors" else (ActivityError, asyncio.CancelledError)
        try:
            for name in ("reserve", "charge", "notify"):
                await self._step(name, order)
        except caught as error:
            if is_cancelled_exception(error) and order.on_cancel == "skip":
                raise
            await _all_the_same(self._roll_back(order))
            if is_cancelled_exception(error) and order.on_cancel != "fail":
                raise
            raise ApplicationError("rolled back", type="RolledBack", non_retryable=True) from error
        return "done"

    async def _step(self, name: str, order: Order) -> None:
        undo = "" if name == order.forgets else UNDO.get(name, "")
        if undo and order.registers == "before":
            self._undo.append(undo)
        await step(name, wait=order.wait)
        if undo and order.registers == "after":
            self._undo.append(undo)

    async def _roll_back(self, order: Order) -> None:
        failed: ActivityError | None = None
        for undo in reversed(self._undo) if order.order == "reversed" else self._undo:
            try:
                await step(order.refund if undo == "refund" else undo, attempts=order.undo_attempts)
            except ActivityError as error:
                failed = error
                if order.stops_at_failure:
                    break
        if failed and not order.undo_attempts:
            raise failed


async def _all_the_same(doing: Coroutine[Any, Any, None]) -> None:
    """Do something to its end, whoever cancels meanwhile."""
    task = asyncio.ensure_future(doing)
    while not task.done():
        with suppress(asyncio.CancelledError):
            await asyncio.shield(task)
    await task


def in_reverse(result: RunResult) -> str | None:
    """Say that goods were released before the money was given back."""
    names = [effect.name for effect in result.committed if effect.name in {"release", "refund"}]
    return "released before refunded" if names[:1] == ["release"] and "refund" in names else None


def _scenario(name: str, order: Order, *, failures: Sequence[str] = ("RolledBack",), ordered: bool = False) -> Scenario:
    return Scenario(
        workflow=Saga,
        args=[order],
        activities=[*STEPS, unkeyed_refund],
        failures=failures,
        invariants=[in_reverse] if ordered else [],
        name=name,
    )


def _bug(
    name: str, order: Order, violation: Violation, why: str, *strikes: Strike, ordered: bool = False
) -> PlantedBug:
    return PlantedBug(name, _scenario(name, order, ordered=ordered), plan(*strikes), violation, why)


_LAST = at("notify", "fatal_before")

_BUGS = (
    _bug(
        "reservation_not_released",
        Order(forgets="reserve"),
        Violation.LEAKED,
        "no compensation of the first step",
        at("charge", "fatal_before"),
    ),
    _bug(
        "charge_not_refunded",
        Order(forgets="charge"),
        Violation.LEAKED,
        "no compensation of the second step",
        _LAST,
    ),
    _bug(
        "compensation_registered_after_the_step",
        Order(registers="after"),
        Violation.LEAKED,
        "a step that did its work and then failed is not taken back",
        at("charge", "fatal_after"),
    ),
    _bug(
        "compensation_without_key",
        Order(refund="unkeyed_refund"),
        Violation.DUPLICATED,
        "the money is given back twice when the refund is tried again",
        at("charge", "fatal_before"),
        at("unkeyed_refund", "error_after"),
    ),
    _bug(
        "compensation_in_the_order_of_the_steps",
        Order(order="forward"),
        Violation.INVARIANT,
        "the first step is taken back first",
        at("charge", "fatal_before"),
        ordered=True,
    ),
    _bug(
        "compensation_tried_once",
        Order(undo_attempts=1),
        Violation.LEAKED,
        "a compensation that fails once is skipped",
        at("charge", "fatal_before"),
        at("release", "error_before"),
    ),
    _bug(
        "compensation_stops_at_the_first_failure",
        Order(stops_at_failure=True),
        Violation.LEAKED,
        "a compensation that fails keeps the others from being done",
        at("charge", "fatal_before"),
        at("refund", "fatal_before"),
    ),
    _bug(
        "rollback_catches_activity_errors_only",
        Order(catches="activity errors", wait=False),
        Violation.LEAKED,
        "a cancel that comes with a result is a bare CancelledError",
        at("charge", "cancel_with_result"),
    ),
    _bug(
        "cancel_skips_the_rollback",
        Order(on_cancel="skip", wait=False),
        Violation.LEAKED,
        "a cancelled run is left as it stands",
        at("charge", "cancel_before"),
    ),
)
BUGS = (
    *_BUGS,
    PlantedBug(
        "cancel_comes_out_as_a_failure",
        _scenario("cancel_comes_out_as_a_failure", Order(on_cancel="fail", wait=False), failures=()),
        plan(at("charge", "cancel_before")),
        Violation.DIVERGED,
        "who cancels is told that the run has failed",
    ),
)
TWINS = (
    Twin("saga", _scenario("saga", Order())),
    Twin("saga_in_reverse", _scenario("saga_in_reverse", Order(), ordered=True)),
    Twin("saga_without_declared_failure", _scenario("saga_without_declared_failure", Order(), failures=())),
)
