"""Bugs of messages: signals lost or taken twice, handlers that nobody waits for, answers before their effect."""

import asyncio
import contextlib
from datetime import timedelta
from typing import Any

from temporalio import activity, workflow
from temporalio.client import WorkflowHandle
from temporalio.exceptions import ApplicationError

from replaykit.adapters.effects import effect
from replaykit.model.chaos import End, RunResult
from replaykit.model.chaos_report import Violation
from replaykit.model.scenario import Scenario, Signal
from tests.planted.bugs.answers import completed
from tests.planted.bugs.case import PlantedBug, Twin, at, at_task, plan
from tests.planted.bugs.steps import STEPS, own_id, step

# Runs whose update was answered.
ANSWERED: set[str] = set()


@activity.defn
async def pack(items: list[str]) -> int:
    """Pack what is ordered."""
    for item in items:
        with effect("pack", key=f"{own_id()}/{item}", idempotency_key=f"{own_id()}/{item}"):
            pass
    return len(items)


@activity.defn
async def pay_once_more(number: int) -> str:
    """Charge the card; each charge has its own key."""
    with effect("pay", key=own_id(), idempotency_key=f"{own_id()}/{number}"):
        return "paid"


@workflow.defn(sandboxed=False)
class Packing:
    """Packs what is ordered by signals, and goes on as a new run."""

    @workflow.init
    def __init__(self, _how: str, left: list[str], _run: int) -> None:
        """Begin with what the run before has left."""
        self._items = list(left)

    @workflow.run
    async def run(self, how: str, left: list[str], run: int) -> str:
        """Pack, then once more in a second run."""
        if run == 1:
            await step("notify")
            workflow.continue_as_new(args=[how, left if how == "forgets" else self._items, 2])
        while self._items:
            batch = list(self._items) if how == "clears" else self._items
            self._items = self._items if how == "clears" else []
            await step("pack", batch)
            if how == "clears":
                self._items.clear()
        return "packed"

    @workflow.signal
    def add(self, item: str) -> None:
        """Order something."""
        self._items.append(item)


@workflow.defn(sandboxed=False)
class Auditing:
    """Audits in a signal's handler; waits for it, or not."""

    def __init__(self) -> None:
        self._audits = 0

    @workflow.run
    async def run(self, how: str) -> str:
        """Notify."""
        if how != "late":
            self.ready = True
        try:
            await step("notify")
            self.ready = True
        finally:
            # A cancel that comes meanwhile must not leave a handler behind either.
            while how == "waits" and not workflow.all_handlers_finished():
                with contextlib.suppress(asyncio.CancelledError):
                    await workflow.wait_condition(workflow.all_handlers_finished)
        return "done"

    @workflow.signal
    async def audit(self) -> None:
        """Audit in a minute; one that reads what is not there yet wedges."""
        if self.ready:
            await workflow.sleep(timedelta(minutes=1))


@workflow.defn(sandboxed=False)
class Approving:
    """Pays for every approval, or for the first."""

    def __init__(self) -> None:
        self._approved = 0

    @workflow.run
    async def run(self, how: str) -> str:
        """Wait for an approval, and pay."""
        await workflow.wait_condition(lambda: self._approved > 0)
        paid = 0
        await step("notify")
        while paid < (self._approved if how == "every" else 1):
            paid += 1
            await step("pay_once_more", paid)
        return "paid"

    @workflow.signal
    def approve(self) -> None:
        """Approve."""
        self._approved += 1


@workflow.defn(sandboxed=False)
class Shipping:
    """Ships on an update, and answers it before or after."""

    def __init__(self) -> None:
        self._asked = False
        self._shipped: bool | None = None

    @workflow.run
    async def run(self, how: str) -> str:
        """Ship when told."""
        await workflow.wait_condition(lambda: self._asked)
        try:
            await step("release")
            self._shipped = True
        finally:
            self._shipped = bool(self._shipped)
            if how == "waits":
                await workflow.wait_condition(workflow.all_handlers_finished)
        return "shipped"

    @workflow.update
    async def order(self, how: str) -> str:
        """Order the shipment."""
        self._asked = True
        if how == "waits":
            await workflow.wait_condition(lambda: self._shipped is not None)
            if not self._shipped:
                raise ApplicationError("not shipped")
        return "shipped"


async def approve(handle: WorkflowHandle[Any, Any]) -> None:
    """Approve once."""
    await handle.signal("approve")


async def order_at_once(handle: WorkflowHandle[Any, Any]) -> None:
    """Order, and note that it was answered."""
    await handle.execute_update("order", "answers")
    ANSWERED.add(handle.id)


async def order_and_wait(handle: WorkflowHandle[Any, Any]) -> None:
    """Order, and note that it was answered."""
    await handle.execute_update("order", "waits")
    ANSWERED.add(handle.id)


def ordered_is_packed(result: RunResult) -> str | None:
    """Say what was ordered by a signal and never packed."""
    ordered = any(strike.fault.startswith("signal") for strike in result.fired)
    packed = any(effect.key.endswith("/late") for effect in result.committed)
    return "an order was accepted and never packed" if ordered and not packed and result.end is End.COMPLETED else None


def answered_is_shipped(result: RunResult) -> str | None:
    """Say that an update was answered and its effect never came."""
    shipped = any(effect.name == "release" for effect in result.committed)
    return "answered and not shipped" if result.workflow_id in ANSWERED and not shipped else None


def _packing(how: str, left: tuple[str, ...] = ()) -> Scenario:
    return Scenario(
        workflow=Packing,
        args=[how, list(left), 1],
        activities=[*STEPS, pack],
        signals=[Signal("add", ["late"])],
        invariants=[ordered_is_packed],
        accepts=completed,
    )


@workflow.defn(sandboxed=False)
class Counting:
    """Gives how often it was asked for its state, or only answers."""

    def __init__(self) -> None:
        self._asked = 0
        self._how = ""

    @workflow.run
    async def run(self, how: str) -> str:
        """Notify, and give the count."""
        self._how = how
        await step("notify")
        return f"asked {self._asked} times"

    @workflow.query
    def state(self) -> str:
        """Answer."""
        if self._how == "counts":
            self._asked += 1
        return "under way"


def _scenario(workflow_class: type, how: str, **more: object) -> Scenario:
    return Scenario(workflow=workflow_class, args=[how], activities=[*STEPS, pay_once_more], **more)  # type: ignore[arg-type]  # fields of it


_AUDIT, _APPROVE = {"signals": [Signal("audit")]}, {"signals": [Signal("approve")], "drive": approve}

BUGS = (
    PlantedBug(
        "signal_lost_at_continue_as_new",
        _packing("forgets", ("early",)),
        plan(at("notify", "signal_before(add)")),
        Violation.INVARIANT,
        "what came by signal is not handed to the next run",
    ),
    PlantedBug(
        "signal_cleared_with_the_batch",
        _packing("clears", ("early",)),
        plan(at("pack", "signal_before(add)", within="run 2")),
        Violation.INVARIANT,
        "what came while a batch was packed is cleared with it",
    ),
    PlantedBug(
        "handler_left_unfinished",
        _scenario(Auditing, "leaves", **_AUDIT),
        plan(at("notify", "signal_before(audit)")),
        Violation.UNFINISHED,
        "the run ends while a handler is at work",
    ),
    PlantedBug(
        "handler_before_the_state_is_there",
        _scenario(Auditing, "late", **_AUDIT),
        plan(at("notify", "signal_before(audit)")),
        Violation.WEDGED,
        "the handler reads what the run sets later",
    ),
    PlantedBug(
        "signal_twice_pays_twice",
        _scenario(Approving, "every", **_APPROVE),
        plan(at("notify", "signal_before(approve)")),
        Violation.DUPLICATED,
        "an approval that is sent again is paid again",
    ),
    PlantedBug(
        "query_that_counts",
        _scenario(Counting, "counts"),
        plan(at_task("activity notify #1", "query_during")),
        Violation.DIVERGED,
        "who looks at the run changes what it gives",
    ),
    PlantedBug(
        "update_answered_before_its_effect",
        _scenario(Shipping, "answers", drive=order_at_once, invariants=[answered_is_shipped]),
        plan(at("release", "fatal_before")),
        Violation.INVARIANT,
        "who orders is told of a shipment that may never come",
    ),
)
TWINS = (
    Twin("query_that_looks", _scenario(Counting, "looks")),
    Twin("signals_carried", _packing("carries", ("early",))),
    Twin("handler_waited_for", _scenario(Auditing, "waits", **_AUDIT)),
    Twin("first_approval_pays", _scenario(Approving, "first", **_APPROVE)),
    Twin(
        "update_answered_after_its_effect",
        _scenario(Shipping, "waits", drive=order_and_wait, invariants=[answered_is_shipped]),
    ),
)
