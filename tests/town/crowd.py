"""A crowd of cheap runs of every example; some have a secret about them."""

import asyncio
import random
from collections.abc import AsyncIterator, Awaitable, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from temporalio.client import Client

from examples.agent.activities import AgentActivities
from examples.agent.worker import new_worker as new_agent_worker
from examples.ai_pipeline.activities import PipelineActivities
from examples.ai_pipeline.store import Store
from examples.ai_pipeline.worker import DOCUMENTS
from examples.ai_pipeline.worker import new_worker as new_pipeline_worker
from examples.approval.activities import ApprovalActivities
from examples.approval.desk import Desk
from examples.approval.worker import new_worker as new_approval_worker
from examples.approval.worker import register_search_attribute
from examples.encrypted.codec import data_converter
from examples.encrypted.worker import new_worker as new_report_worker
from examples.fan_out.activities import FanOutActivities
from examples.fan_out.worker import new_worker as new_batch_worker
from examples.nightly.models import Night
from examples.nightly.schedule import install, nightly_schedule
from examples.nightly.worker import new_worker as new_nightly_worker
from examples.nightly.worker import run_night
from examples.order_saga.shop import Shop
from examples.order_saga.worker import new_worker as new_order_worker
from examples.record.stage import Stage
from examples.versioned.board import Board
from examples.versioned.worker import new_worker as new_digest_worker
from tests.secrets import Secret
from tests.town.visitor import Town, Visitor
from tests.town.visits import KINDS

AT_ONCE = 48
# The host in the identities of the crowd's workers and clients is a secret like any other.
HOST = "town-hall-7.corp.local"


@dataclass(frozen=True, slots=True)
class Planted:
    """A secret, and the place that it was planted in: the workflow's name and what of it."""

    secret: Secret
    workflow: str
    place: str


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
