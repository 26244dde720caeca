"""A cheap run of each example, by dice, and the places where it can carry a secret."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

from temporalio.client import WorkflowFailureError, WorkflowHandle, WorkflowUpdateFailedError
from temporalio.service import RPCError

from examples.agent.models import Goal
from examples.agent.workflows import Agent
from examples.ai_pipeline.models import Job
from examples.ai_pipeline.workflows import AiPipeline
from examples.approval.models import ApprovalRequest, Review, Verdict
from examples.approval.workflows import Approval
from examples.encrypted.models import ReportRequest
from examples.encrypted.workflows import LabReport
from examples.fan_out.models import Batch, Document
from examples.fan_out.workflows import FanOut
from examples.order_saga.models import Order
from examples.order_saga.workflows import OrderSaga
from examples.versioned.models import DigestRequest
from examples.versioned.workflows import VersionedDigest
from tests.town.visitor import Town, Visitor

EVERYWHERE = ("memo", "header", "id")


async def _order(town: Town, visitor: Visitor) -> None:
    dice, says = visitor.dice, visitor.says
    order = Order(
        says("order id", f"t{visitor.number}"),
        says("customer", f"resident {visitor.number}"),
        says("card", "tok_declined" if dice.random() < 0.2 else "tok_ok"),
        says("goods", dice.choice(["kettle", "kettle", "kettle", "unicorn"])),
        dice.choice([1, 1, 2, 5, 100_000]),
        dice.randrange(100, 99_999),
    )
    handle = await town.starts(visitor, OrderSaga.run, order, name="order", queue="order-saga")
    if dice.random() < 0.1:
        with suppress(RPCError):  # it may be over already
            await (handle.terminate("changed their mind") if dice.random() < 0.5 else handle.cancel())
    await _ended(handle)


async def _digest(town: Town, visitor: Visitor) -> None:
    request = DigestRequest(visitor.says("topic", "the ferry"), visitor.dice.choice([0.01, 0.02, 3600.0]))
    handle = await town.starts(visitor, VersionedDigest.run, request, name="digest", queue="versioned")
    if request.quiet_seconds < 1:
        await handle.result()


async def _approval(town: Town, visitor: Visitor) -> None:
    dice, says = visitor.dice, visitor.says
    request = ApprovalRequest(says("topic", "the fair"), dice.choice([86_400, 0]))
    handle = await town.starts(visitor, Approval.run, request, name="approval", queue="approval")
    for number in range(dice.randrange(2)):
        await handle.signal(Approval.comment, f"comment {number}")
    if visitor.place == "comment":
        await handle.signal(Approval.comment, says("comment", "a word"))
    if visitor.place == "reason":
        await handle.terminate(says("reason", "rained off"))
        return
    if visitor.place == "wish" or dice.random() < 0.2:
        await _reviewed(handle, Review("grace", Verdict.CHANGES, says("wish", "shorter")))
    match 4 if visitor.place == "reviewer" else dice.randrange(5):
        case 0:
            await handle.signal(Approval.withdraw)
        case 1:
            await handle.cancel()
        case 2:
            return  # it stays open
        case _:
            verdict = dice.choice([Verdict.APPROVE, Verdict.REJECT])
            await _reviewed(handle, Review(says("reviewer", "ada"), verdict))
    await _ended(handle)


async def _reviewed(handle: WorkflowHandle[Any, Any], review: Review) -> None:
    async with asyncio.timeout(90):
        while True:
            with suppress(WorkflowUpdateFailedError):  # there is no draft yet
                await handle.execute_update(Approval.review, review)
                return
            await asyncio.sleep(0.2)


async def _batch(town: Town, visitor: Visitor) -> None:
    long = "all is well " * visitor.dice.choice([1, 1, 5])
    documents = [
        Document(f"d{number}", visitor.says("document", "the crane is back") if number == 1 else long)
        for number in range(1, visitor.dice.choice([2, 7, 10]))
    ]
    if visitor.place == "document id":
        documents.append(Document(visitor.says("document id", "d0"), "short"))
    if visitor.dice.random() < 0.1:
        documents.append(Document("empty", ""))
    handle = await town.starts(visitor, FanOut.run, Batch(documents, 4), name="batch", queue="fan-out")
    await handle.result()


async def _agent(town: Town, visitor: Visitor) -> None:
    points = visitor.dice.sample(["31 * 2", "when the harbour opens", "height of the lighthouse"], 2)
    points[0] = visitor.says("point", points[0])
    goal = Goal(visitor.says("goal", "a day out"), points, max_turns=4, turns_per_run=visitor.dice.choice([2, 20]))
    handle = await town.starts(visitor, Agent.run, goal, None, name="agent", queue="agent")
    await _ended(handle)


async def _job(town: Town, visitor: Visitor) -> None:
    collection = visitor.says("collection", visitor.dice.choice(["energy", "press", "press", "nothing"]))
    job = Job(visitor.says("job id", f"job-t{visitor.number}"), collection)
    await _ended(await town.starts(visitor, AiPipeline.run, job, name="job", queue="ai-pipeline"))


async def _report(town: Town, visitor: Visitor) -> None:
    known = "P-1002" if visitor.place == "remark" else visitor.dice.choice(["P-1001", "P-1001", "P-1002", "P-404"])
    patient = visitor.says("patient", known)
    request = ReportRequest(patient, visitor.says("physician", "Dr. Lovelace"))
    handle = await town.starts(visitor, LabReport.run, request, name="report", queue="lab-reports")
    if patient == "P-1002":
        if visitor.place != "remark" and visitor.dice.random() < 0.2:
            return  # it waits for a remark
        await handle.signal(LabReport.remark, visitor.says("remark", "again in a week"))
    await _ended(handle)


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of run: how it is made, how many of a hundred are, and where it can carry a secret."""

    name: str
    visit: Callable[[Town, Visitor], Awaitable[None]]
    share: int
    places: Sequence[str]


KINDS = (
    Kind("order", _order, 37, ("order id", "customer", "card", "goods", *EVERYWHERE)),
    Kind("digest", _digest, 8, ("topic", *EVERYWHERE)),
    Kind("approval", _approval, 15, ("topic", "comment", "wish", "reviewer", "reason", *EVERYWHERE)),
    Kind("batch", _batch, 8, ("document", "document id", *EVERYWHERE)),
    Kind("agent", _agent, 10, ("goal", "point", *EVERYWHERE)),
    Kind("job", _job, 10, ("collection", "job id", *EVERYWHERE)),
    Kind("report", _report, 12, ("patient", "physician", "remark", *EVERYWHERE)),
)


async def _ended(handle: WorkflowHandle[Any, Any]) -> None:
    with suppress(WorkflowFailureError):
        await handle.result()
