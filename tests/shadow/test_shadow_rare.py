"""What hardly ever happens to a shadow: no worker ends a shard, a run is deleted or closes while the list is read."""

import asyncio
from collections.abc import AsyncIterator, Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from temporalio import activity
from temporalio.api.common.v1 import WorkflowExecution
from temporalio.api.enums.v1 import EventType
from temporalio.api.workflowservice.v1 import DeleteWorkflowExecutionRequest
from temporalio.client import Client
from temporalio.service import RPCError, RPCStatusCode
from temporalio.worker import Worker as SdkWorker

from replaykit.adapters.chaos.clock import OwnClock
from replaykit.adapters.chaos.opening import open_server
from replaykit.adapters.connect import Connection
from replaykit.adapters.orders import address_of
from replaykit.adapters.rate import Rate
from replaykit.adapters.shadow.activities import Activities
from replaykit.adapters.shadow.following import Following, begin
from replaykit.adapters.shadow.workflow import ATTEMPTS, Shadow
from replaykit.errors import CorpusUnwritable
from replaykit.jobs.shadow_judging import GONE
from replaykit.model.shadow import (
    JUDGE_SHARD,
    LIST_RUNS,
    TASK_QUEUE,
    Asked,
    Example,
    Judged,
    Listed,
    Report,
    Shard,
    Verdicts,
)
from tests.namespaces import listed
from tests.recording import Server
from tests.shadow.shadows import Town, Worker, chain_of, counted_by, runs_of, town

pytestmark = pytest.mark.long

QUEUE = "rare"
TALLIES = 4
CODE = ("-w", "tests.workflows.tally", "-w", "tests.workflows.approval")


async def full_disk(runs: tuple[Listed, ...]) -> AsyncIterator[tuple[Judged, Example | None]]:
    """Judge the first run, whichever attempt it is, and end like a worker whose disk is full."""
    for run in runs:
        if run.workflow_id == "order-0":
            yield Judged(run.run_id, "diverged", replayed=True, cause="swap"), Example("swap", "diverged", "one", "one")
    raise CorpusUnwritable("The disk is full.", cause="no space left on device", fix="make room")


@activity.defn(name=JUDGE_SHARD)
async def silent(shard: Shard) -> Verdicts:
    """Tell of the first run, and never again: a worker that hangs."""
    activity.heartbeat(Verdicts((Judged(shard.runs[0].run_id, "clean", replayed=True),)))
    await asyncio.sleep(1000)
    raise AssertionError(shard)


async def judged_by(directory: Path, judge: Callable[[Activities], Any], asked: Asked) -> Report:
    """Shadow three runs on a server whose clocks skip the backoff between attempts."""
    async with open_server(directory) as server:
        address = address_of(server)
        client = await Client.connect(address, interceptors=[OwnClock(skips=True)])
        connection = Connection(client, address, client.namespace, "")
        for number in range(3):
            await server.start_workflow("Order", id=f"order-{number}", task_queue="nobody")
        await listed(connection, 3)
        activities = Activities(connection, Rate(1000), full_disk)
        async with SdkWorker(
            client, task_queue=QUEUE, workflows=[Shadow], activities=[activities.list_runs, judge(activities)]
        ):
            await begin(connection, asked, workflow_id="rare", task_queue=QUEUE)
            return await Following(connection, "rare").report()


def test_a_shard_that_fails_twenty_times_is_inconclusive_but_for_what_was_judged(tmp_path: Path) -> None:
    report = asyncio.run(judged_by(tmp_path, lambda activities: activities.judge_shard, Asked()))
    assert (report.tally.diverged, report.tally.inconclusive, report.tally.total) == (1, 2, 3)
    told = {cause.example.cause: cause for cause in report.causes}
    assert told["swap"].count == 1
    [failed] = [cause for name, cause in told.items() if name.startswith("shard-failed")]
    assert failed.count == 2
    assert failed.example.text == (
        f"inconclusive: no worker judged it in {ATTEMPTS} attempts: corpus-unwritable: The disk is full."
    )


def test_a_shard_whose_workers_all_fall_silent_keeps_what_the_last_one_told(tmp_path: Path) -> None:
    report = asyncio.run(judged_by(tmp_path, lambda _: silent, Asked(lost_after=0.5)))
    assert (report.tally.clean, report.tally.inconclusive, report.tally.total) == (1, 2, 3)
    [cause] = report.causes
    assert cause.example.headline.startswith(f"inconclusive: no worker judged it in {ATTEMPTS} attempts: ")


@pytest.fixture
def here(server: Server, tmp_path: Path) -> Town:
    return server.run(lambda client: town(client, tmp_path, tallies=TALLIES, waiting=2))


# So slow that a test can do something between the first page and the last history.
@pytest.fixture
def slow(here: Town) -> Iterator[Worker]:
    running = here.worker("slow", *CODE, "--rps", "1")
    try:
        yield running
    finally:
        assert running.end() == 0, running.log.read_text("utf-8")


async def listed_first(connection: Connection, workflow_id: str) -> None:
    """Wait until a shadow has its first page of runs."""
    while True:
        [events, *_] = await chain_of(connection, workflow_id)
        scheduled = [event.activity_task_scheduled_event_attributes.activity_type.name for event in events]
        done = [event for event in events if event.event_type == EventType.EVENT_TYPE_ACTIVITY_TASK_COMPLETED]
        if LIST_RUNS in scheduled and done:
            return
        await asyncio.sleep(0.05)


def test_a_run_that_is_deleted_before_its_turn_is_skipped_and_said_to_be_gone(here: Town, server: Server) -> None:
    query = "WorkflowType = 'Tally'"

    async def listed_and_deleted(_: Client) -> None:
        connection = here.connection
        # It lists, and nobody judges yet.
        activities = Activities(connection, Rate(1000), full_disk)
        async with SdkWorker(
            connection.client, task_queue=TASK_QUEUE, workflows=[Shadow], activities=[activities.list_runs]
        ):
            await begin(connection, Asked(query=query), workflow_id="deleted", task_queue=TASK_QUEUE)
            await listed_first(connection, "deleted")
        await deleted(connection, "tally-0")

    server.run(listed_and_deleted)
    judging = here.worker("judging", *CODE)
    try:
        report = server.run(lambda _: Following(here.connection, "deleted").report())
    finally:
        judging.end()
    # Each tally continues as new once: two runs, of which the later one is gone.
    assert (report.tally.clean, report.tally.skips) == (2 * TALLIES - 1, {GONE: 1})


async def deleted(connection: Connection, workflow_id: str) -> None:
    """Delete a workflow's latest run, and wait until the server has done so: it takes its time."""
    latest = connection.client.get_workflow_handle(workflow_id)
    execution = WorkflowExecution(workflow_id=workflow_id, run_id=(await latest.describe()).run_id)
    await connection.client.workflow_service.delete_workflow_execution(
        DeleteWorkflowExecutionRequest(namespace=connection.namespace, workflow_execution=execution)
    )
    pinned = connection.client.get_workflow_handle(workflow_id, run_id=execution.run_id)
    try:
        while True:
            await pinned.describe()
            await asyncio.sleep(0.5)
    except RPCError as error:
        assert error.status is RPCStatusCode.NOT_FOUND  # noqa: PT017 - it is asked until it is so


@pytest.mark.usefixtures("slow")
def test_a_run_that_closes_while_the_list_is_read_gets_one_verdict(here: Town, server: Server) -> None:
    async def story(_: Client) -> tuple[Report, list[Judged]]:
        connection = here.connection
        asked = Asked(page=1, at_once=1, shard_size=1)
        await begin(connection, asked, workflow_id="closing", task_queue=TASK_QUEUE)
        await listed_first(connection, "closing")
        for number in range(2):
            await connection.client.get_workflow_handle(f"approval-{number}").terminate("no longer wanted")
        return await Following(connection, "closing").report(), await counted_by(connection, "closing")

    report, counted = server.run(story)
    everyone = server.run(lambda _: runs_of(here.connection))
    assert {judged.run_id for judged in counted} == everyone
    assert len(counted) == len(everyone) == report.tally.total
