"""A crowd of cheap runs of every example; some have a secret about them."""

import asyncio
import random
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from temporalio.client import (
    Client,
    Interceptor,
    OutboundInterceptor,
    StartWorkflowInput,
    WorkflowFailureError,
    WorkflowHandle,
    WorkflowUpdateFailedError,
)
from temporalio.converter import PayloadConverter
from temporalio.service import RPCError

from examples.agent.activities import AgentActivities
from examples.agent.models import Goal
from examples.agent.worker import new_worker as new_agent_worker
from examples.agent.workflows import Agent
from examples.ai_pipeline.activities import PipelineActivities
from examples.ai_pipeline.models import Job
from examples.ai_pipeline.store import Store
from examples.ai_pipeline.worker import DOCUMENTS
from examples.ai_pipeline.worker import new_worker as new_pipeline_worker
from examples.ai_pipeline.workflows import AiPipeline
from examples.approval.activities import ApprovalActivities
from examples.approval.desk import Desk
from examples.approval.models import ApprovalRequest, Review, Verdict
from examples.approval.worker import new_worker as new_approval_worker
from examples.approval.worker import register_search_attribute
from examples.approval.workflows import Approval
from examples.encrypted.codec import data_converter
from examples.encrypted.models import ReportRequest
from examples.encrypted.worker import new_worker as new_report_worker
from examples.encrypted.workflows import LabReport
from examples.fan_out.activities import FanOutActivities
from examples.fan_out.models import Batch, Document
from examples.fan_out.worker import new_worker as new_batch_worker
from examples.fan_out.workflows import FanOut
from examples.nightly.models import Night
from examples.nightly.schedule import install, nightly_schedule
from examples.nightly.worker import new_worker as new_nightly_worker
from examples.nightly.worker import run_night
from examples.order_saga.models import Order
from examples.order_saga.shop import Shop
from examples.order_saga.worker import new_worker as new_order_worker
from examples.order_saga.workflows import OrderSaga
from examples.record.stage import Stage
from examples.versioned.board import Board
from examples.versioned.models import DigestRequest
from examples.versioned.worker import new_worker as new_digest_worker
from examples.versioned.workflows import VersionedDigest
from tests.secrets import Secret

AT_ONCE = 48
# The host in the identities of the crowd's workers and clients is a secret like any other.
HOST = "town-hall-7.corp.local"
FORMS = ("{} {}", "{}\n{}", "{} ({})", '{{"what": "{}", "said": "{}"}}', "{}: '{}'")
EVERYWHERE = ("memo", "header", "id")


@dataclass(frozen=True, slots=True)
class Planted:
    """A secret, and the place that it was planted in: the workflow's name and what of it."""

    secret: Secret
    workflow: str
    place: str


@dataclass(frozen=True, slots=True)
class Visitor:
    """One run in the making: its dice, and the secret that it carries to one place, if it carries any."""

    number: int
    dice: random.Random
    secret: Secret | None = None
    place: str = ""

    def says(self, place: str, words: str) -> str:
        """The words, with the secret where this is its place."""
        if self.secret is None or place != self.place:
            return words
        return self.dice.choice(FORMS).format(words, self.secret.text)

    def id(self, name: str) -> str:
        """The workflow id: a name and a number, or with the secret."""
        return f"{name}-{self.secret.text}" if self.secret and self.place == "id" else f"{name}-t{self.number}"

    def memo(self) -> Mapping[str, Any]:
        """The memo of the run."""
        return {"note": self.says("memo", "a resident"), "number": self.number}


class _Header(Interceptor, OutboundInterceptor):
    """Sends a header with every start, as interceptors for tracing and authorization do."""

    def __init__(self, text: str) -> None:
        self._payload = PayloadConverter.default.to_payload(text)

    def intercept_client(self, next: OutboundInterceptor) -> OutboundInterceptor:  # noqa: A002 - the SDK's name
        OutboundInterceptor.__init__(self, next)
        return self

    async def start_workflow(self, input: StartWorkflowInput) -> WorkflowHandle[Any, Any]:  # noqa: A002 - as above
        input.headers = {**input.headers, "x-resident": self._payload}
        return await super().start_workflow(input)


@dataclass(frozen=True, slots=True)
class Town:
    """What the runs are made with: a client, and one that encrypts."""

    client: Client
    sealed: Client

    async def starts(self, visitor: Visitor, run: Any, *args: Any, name: str, queue: str) -> WorkflowHandle[Any, Any]:  # noqa: ANN401 - any workflow
        """Start a run of the crowd."""
        client = self.sealed if run is LabReport.run else self.client
        if visitor.place == "header":
            config = client.config()
            config["interceptors"] = [_Header(visitor.says("header", "trace"))]
            client = Client(**config)
        return await client.start_workflow(
            run, args=args, id=visitor.id(name), task_queue=queue, memo=visitor.memo(), static_summary=name
        )


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


async def gather(stage: Stage, number: int, *, secrets: Sequence[Secret], addresses: Sequence[Secret]) -> list[Planted]:
    """Make so many runs and their children; those with a secret about them come in the midst of the others.

    Args:
        stage: Where the runs are made.
        number: How many, children not counted.
        secrets: One for each of so many runs, for any place but the workflow id.
        addresses: One for each of so many runs, for the workflow id.
    """
    dice = random.Random(7)  # noqa: S311 - no secret hangs on it
    names = dice.choices(KINDS, [kind.share for kind in KINDS], k=number)
    carried = dice.sample(range(number), len(secrets) + len(addresses))
    load = dict(zip(carried, (*secrets, *addresses), strict=True))
    planted: list[Planted] = []
    seats = asyncio.Semaphore(AT_ONCE)
    async with _open(stage) as town, asyncio.TaskGroup() as group:
        for at, kind in enumerate(names):
            secret = load.get(at)
            place = ""
            if secret is not None:
                places = [name for name in kind.places if name != "id"]
                place = "id" if secret in addresses else places[len(planted) % len(places)]
                planted.append(Planted(secret, kind.name, place))
            visitor = Visitor(at, random.Random(at), secret, place)  # noqa: S311 - as above
            group.create_task(_seated(seats, kind.visit(town, visitor)))
        group.create_task(_nights(town, max(2, number // 60)))
    return planted


async def _seated(seats: asyncio.Semaphore, visit: Awaitable[None]) -> None:
    async with seats:
        await visit


async def _nights(town: Town, number: int) -> None:
    """Let the Schedule make up for nights of 2025."""
    schedule = await install(town.client, nightly_schedule(Night("press"), task_queue="nightly"))
    first = datetime(2025, 1, 1, tzinfo=UTC)
    for night in [await run_night(town.client, schedule, first + timedelta(days=day)) for day in range(number)]:
        await night.result()
    await schedule.delete()


@asynccontextmanager
async def _open(stage: Stage) -> AsyncIterator[Town]:
    """Start the worker of every example; the digests' is today's, for the other generations see examples/record."""
    service = stage.client.service_client.config
    runtime, namespace = service.runtime, stage.client.namespace
    identity = f"17@{HOST}"
    client = await Client.connect(stage.address, namespace=namespace, identity=identity, runtime=runtime)
    sealed = await Client.connect(
        stage.address, namespace=namespace, identity=identity, runtime=runtime, data_converter=data_converter()
    )
    await register_search_attribute(client)
    folder = stage.folder / "town"
    shop = Shop(folder / "orders.sqlite3")
    shop.restock("kettle", 10_000)
    workers = (
        new_order_worker(client, shop),
        new_digest_worker(client, Board(folder / "board.sqlite3")),
        new_approval_worker(client, ApprovalActivities(Desk(folder / "desk.sqlite3"), stage.llm)),
        new_batch_worker(client, FanOutActivities(stage.llm)),
        new_agent_worker(client, AgentActivities(stage.llm)),
        new_pipeline_worker(client, PipelineActivities(DOCUMENTS, Store(folder / "pipeline.sqlite3"), stage.llm)),
        new_nightly_worker(client, folder / "reports"),
        new_report_worker(sealed),
    )
    async with AsyncExitStack() as stack:
        for worker in workers:
            await stack.enter_async_context(worker)
        yield Town(client, sealed)
