"""Bugs of idempotency: what is done again when an attempt is, because nothing tells the repetition."""

import time
import uuid
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from temporalio import activity, workflow
from temporalio.common import RetryPolicy

from replaykit.adapters.effects import effect
from replaykit.model.chaos import End, RunResult
from replaykit.model.chaos_report import Violation
from replaykit.model.scenario import Scenario
from tests.planted.bugs.case import PlantedBug, Twin, at, at_local, at_task, plan
from tests.planted.bugs.steps import STEPS, Elsewhere, Notes, own_id, step

if TYPE_CHECKING:
    from collections.abc import Callable

# What the other side knows, by workflow.
DONE = Elsewhere("done")


@activity.defn
async def pay(how: str) -> str:
    """Charge a card under a key that is made as `how` says."""
    info = activity.info()
    key = {
        "none": "",
        "attempt": f"{own_id()}/{info.attempt}",
        "uuid": uuid.uuid4().hex,
        "time": str(time.time_ns()),
        "step": f"{own_id()}/{info.activity_id}",
    }[how]
    with effect("pay", key=own_id(), idempotency_key=key):
        return "paid"


@workflow.defn(sandboxed=False)
class Paying:
    """Pays, in an activity or a local one."""

    @workflow.run
    async def run(self, name: str, how: str, local: str) -> str:
        """Pay."""
        if not local:
            return str(await step(name, how))
        # Two workflow tasks at least: a run of one is never replayed.
        await step("notify")
        return str(
            await workflow.execute_local_activity(
                name, how, start_to_close_timeout=timedelta(seconds=10), retry_policy=RetryPolicy(maximum_attempts=5)
            )
        )


@activity.defn
async def pay_stamped(how: str) -> str:
    """Charge an amount that is computed when the attempt runs, or in the workflow."""
    amount = time.time_ns() if how == "now" else 42
    with effect("pay", key=own_id(), idempotency_key=own_id(), input=amount):
        return "paid"


@activity.defn
async def pay_looking(how: str) -> str:
    """Look whether it is done already, on a second attempt only, or always; the bank itself knows no keys."""
    if "paid" in DONE[own_id()] and (how == "always" or activity.info().attempt > 1):
        return "paid"
    with effect("pay", key=own_id()):
        DONE[own_id()].add("paid")
    return "paid"


@activity.defn
async def mail_all(how: str) -> str:
    """Mail three customers, and note what is done: at the end, before each mail, or after it."""
    done = DONE[own_id()]
    for customer in ("ann", "bob", "cleo"):
        if customer in done:
            continue
        if how == "note before":
            done.add(customer)
        with effect("mail", key=f"{own_id()}/{customer}"):
            if how == "note each":
                done.add(customer)
    if how == "note at the end":
        for customer in ("ann", "bob", "cleo"):
            done.add(customer)
    return "mailed"


@activity.defn
async def mail_with_heartbeats(how: str) -> str:
    """Mail three customers with heartbeats, and go on where the last attempt was, or start again."""
    details = activity.info().heartbeat_details
    first: Notes | set[str] = DONE[own_id()] if how == "resume" else set(details[:0])
    for customer in ("ann", "bob", "cleo"):
        if customer in first or "all" in DONE[own_id()]:
            continue
        with effect("mail", key=f"{own_id()}/{customer}"):
            DONE[own_id()].add(customer)
        activity.heartbeat(customer)
    DONE[own_id()].add("all")
    return "mailed"


def all_are_mailed(result: RunResult) -> str | None:
    """Say who got no mail."""
    got = {effect.key.rpartition("/")[2] for effect in result.committed}
    missing = {"ann", "bob", "cleo"} - got
    return f"no mail for {', '.join(sorted(missing))}" if missing and result.end is End.COMPLETED else None


def _scenario(name: str, how: str, *, local: str = "") -> Scenario:
    made: list[Callable[..., Any]] = [*STEPS, pay, pay_stamped, pay_looking, mail_all, mail_with_heartbeats]
    mails = [all_are_mailed] if name.startswith("mail") else []
    return Scenario(workflow=Paying, args=[name, how, local], activities=made, invariants=mails, name=f"{name}_{how}")


_AGAIN = plan(at("pay", "error_after"))
_TWICE = Violation.DUPLICATED

BUGS = (
    PlantedBug("effect_without_key", _scenario("pay", "none"), _AGAIN, _TWICE, "the bank is given no key"),
    PlantedBug("attempt_in_the_key", _scenario("pay", "attempt"), _AGAIN, _TWICE, "each attempt has another key"),
    PlantedBug("uuid_as_the_key", _scenario("pay", "uuid"), _AGAIN, _TWICE, "each attempt makes a fresh key"),
    PlantedBug("time_as_the_key", _scenario("pay", "time"), _AGAIN, _TWICE, "the clock is not the same twice"),
    PlantedBug(
        "local_activity_without_key",
        _scenario("pay", "none", local="local"),
        plan(at_local("pay", "error_after")),
        _TWICE,
        "a local activity is tried again like any other",
    ),
    PlantedBug(
        "local_activity_with_attempt_in_the_key",
        _scenario("pay", "attempt", local="local"),
        plan(at_local("pay", "error_after")),
        _TWICE,
        "each attempt of a local activity has another key",
    ),
    PlantedBug(
        "input_computed_in_the_attempt",
        _scenario("pay_stamped", "now"),
        plan(at("pay_stamped", "error_after")),
        Violation.CHANGED_INPUT,
        "the second attempt asks for another amount under the first one's key",
    ),
    PlantedBug(
        "local_activity_looks_only_on_a_second_attempt",
        _scenario("pay_looking", "second attempt", local="local"),
        plan(at_task("complete", "task_fails")),
        _TWICE,
        "a local activity of a workflow task that fails or is lost runs again as a first attempt",
    ),
    PlantedBug(
        "batch_noted_at_its_end",
        _scenario("mail_all", "note at the end"),
        plan(at("mail_all", "crash_between", part=2)),
        _TWICE,
        "what is done before a crash is noted nowhere",
    ),
    PlantedBug(
        "batch_noted_before_it_is_done",
        _scenario("mail_all", "note before"),
        plan(at("mail_all", "crash_between", part=2)),
        Violation.INVARIANT,
        "what is noted before a crash is never done",
    ),
    PlantedBug(
        "heartbeat_details_not_resumed",
        _scenario("mail_with_heartbeats", "restart"),
        plan(at("mail_with_heartbeats", "crash_between", part=2)),
        _TWICE,
        "the second attempt starts from the beginning",
    ),
)
TWINS = (
    Twin("step_in_the_key", _scenario("pay", "step")),
    Twin("local_activity_with_step_in_the_key", _scenario("pay", "step", local="local")),
    Twin("input_from_the_arguments", _scenario("pay_stamped", "given")),
    Twin("local_activity_always_looks", _scenario("pay_looking", "always", local="local")),
    Twin("batch_noted_each", _scenario("mail_all", "note each")),
    Twin("heartbeat_details_resumed", _scenario("mail_with_heartbeats", "resume")),
)
