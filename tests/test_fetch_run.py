"""One run's history is fetched whole, whatever becomes of the run meanwhile."""

import asyncio
import uuid
from collections.abc import Awaitable, Callable
from dataclasses import replace
from typing import TypeVar

import pytest
from temporalio.api.common.v1 import WorkflowExecution
from temporalio.api.workflowservice.v1 import DeleteWorkflowExecutionRequest
from temporalio.client import Client, WorkflowHandle

from replaykit.adapters import choosing
from replaykit.adapters.choosing import chosen, survey
from replaykit.adapters.connect import Connection
from replaykit.adapters.fetch import Fetched, fetch, fetch_run, pages
from replaykit.adapters.rate import Rate
from replaykit.adapters.visibility import runs
from replaykit.errors import NamespaceMissing, RunMissing
from replaykit.model.selection import Selection
from tests.grpc_proxy import proxy
from tests.namespaces import FAST, connected, listed, new_namespace, settled, working
from tests.recording import Server
from tests.workflows.ends import Ends

T = TypeVar("T")


def with_runs(server: Server, number: int, work: Callable[[Connection, list[str]], Awaitable[T]]) -> T:
    """Do something with open runs `run-0`, `run-1`, … of a new namespace, whose run ids are given."""

    async def do(client: Client) -> T:
        connection = await new_namespace(client)
        async with working(connection.client) as queue:
            handles = [
                await connection.client.start_workflow(Ends.run, "on signal", id=f"run-{each}", task_queue=queue)
                for each in range(number)
            ]
            for handle in handles:
                await settled(handle, 2)
            await listed(connection, number)
            return await work(connection, [handle.first_execution_run_id or "" for handle in handles])

    return server.run(do)


async def delete(connection: Connection, workflow_id: str) -> None:
    await connection.client.workflow_service.delete_workflow_execution(
        DeleteWorkflowExecutionRequest(
            namespace=connection.namespace, workflow_execution=WorkflowExecution(workflow_id=workflow_id)
        )
    )
    handle: WorkflowHandle[object, object] = connection.client.get_workflow_handle(workflow_id)
    while True:
        try:
            await handle.fetch_history()
        except Exception:  # noqa: BLE001 - it is gone, whatever the SDK calls it
            return
        await asyncio.sleep(0.05)


@pytest.mark.parametrize("page_size", [0, 1, 2, 5])
def test_a_history_is_the_same_by_pages_of_any_size(page_size: int, server: Server) -> None:
    async def work(connection: Connection, run_ids: list[str]) -> None:
        held = await connection.client.get_workflow_handle("run-0").fetch_history()
        fetched = await fetch_run(connection, "run-0", run_id=run_ids[0], rate=Rate(FAST), page_size=page_size)
        assert fetched.history == held
        assert fetched == await fetch(connection, "run-0")
        assert fetched.identity.run_id == run_ids[0]
        assert fetched.identity.workflow_type == "Ends"
        assert fetched.identity.task_queue.startswith("queue-")

    with_runs(server, 1, work)


def test_a_long_history_takes_a_request_a_page_and_no_other(server: Server) -> None:
    with proxy(server.address) as relay:

        async def work(connection: Connection, run_ids: list[str]) -> int:
            handle = connection.client.get_workflow_handle("run-0")
            for number in range(300):
                await handle.signal("unheard", number)
            await handle.signal(Ends.proceed)
            await handle.result()
            relayed = await connected(relay.address, connection.namespace)
            fetched = await fetch_run(relayed, "run-0", run_id=run_ids[0], rate=Rate(FAST), page_size=100)
            assert fetched.history == await handle.fetch_history()
            return len(fetched.history.events)

        events = with_runs(server, 1, work)
        assert events > 300
        # A page has 100 batches, each of one event or a few.
        assert 2 <= relay.counts["GetWorkflowExecutionHistory"] <= events // 100 + 1
        assert relay.counts.keys() == {"GetSystemInfo", "GetWorkflowExecutionHistory"}


def test_a_run_that_goes_on_between_pages_is_fetched_as_it_was_a_moment_ago(server: Server) -> None:
    async def work(connection: Connection, run_ids: list[str]) -> None:
        handle = connection.client.get_workflow_handle("run-0")
        reading = pages(connection, "run-0", run_id=run_ids[0], rate=Rate(FAST), page_size=2)
        first = await anext(reading)
        await handle.signal(Ends.proceed)
        await handle.result()
        events = [*first, *[event async for page in reading for event in page]]
        whole = (await handle.fetch_history()).events
        # The server pins a read to the branch it began with: what comes is a beginning of the whole, with no gap.
        assert 2 < len(events) <= len(whole)
        assert events == list(whole[: len(events)])

    with_runs(server, 1, work)


def test_a_run_that_is_deleted_after_it_was_listed_is_missing_and_the_others_go_on(server: Server) -> None:
    async def work(connection: Connection, _run_ids: list[str]) -> None:
        rate = Rate(FAST)
        found = [run.identity async for run in runs(connection, "", rate=rate)]
        await delete(connection, "run-1")
        fetched, missing = [], []
        for who in found:
            try:
                fetched.append(await fetch_run(connection, who.workflow_id, run_id=who.run_id, rate=rate))
            except RunMissing as error:
                missing.append(error.problem.what)
        assert sorted(each.identity.workflow_id for each in fetched) == ["run-0", "run-2"]
        assert len(missing) == 1
        assert missing[0].startswith("No workflow run-1 with run id ")

    with_runs(server, 3, work)


def test_a_run_that_is_deleted_between_pages_is_missing(server: Server) -> None:
    with proxy(server.address) as relay:

        async def work(connection: Connection, run_ids: list[str]) -> None:
            relayed = await connected(relay.address, connection.namespace)
            loop = asyncio.get_running_loop()

            def at_the_third_page(_request: object) -> None:
                if relay.counts["GetWorkflowExecutionHistory"] == 3:
                    asyncio.run_coroutine_threadsafe(delete(connection, "run-0"), loop).result(20)

            relay.before = at_the_third_page
            with pytest.raises(RunMissing):
                await fetch_run(relayed, "run-0", run_id=run_ids[0], rate=Rate(FAST), page_size=1)

        with_runs(server, 1, work)
        assert relay.counts["GetWorkflowExecutionHistory"] == 3


def test_a_candidate_that_is_gone_when_it_is_looked_at_is_not_chosen(server: Server) -> None:
    with proxy(server.address) as relay:

        async def work(connection: Connection, _run_ids: list[str]) -> None:
            relayed = await connected(relay.address, connection.namespace)
            relay.refuse("NOT_FOUND", 1, method="GetWorkflowExecutionHistoryReverse")
            selection = Selection(stratify=True)
            assert len([run async for run in chosen(relayed, selection, rate=Rate(FAST))]) == 2
            [share] = await survey(relayed, selection, rate=Rate(FAST))
            assert share.taken == 3

        with_runs(server, 3, work)


def test_looking_at_last_events_costs_a_request_a_candidate_and_only_when_asked(server: Server) -> None:
    with proxy(server.address) as relay:

        async def work(connection: Connection, _run_ids: list[str]) -> None:
            relayed = await connected(relay.address, connection.namespace)
            _ = [run async for run in chosen(relayed, Selection(limit=2), rate=Rate(FAST))]
            assert relay.counts == {"GetSystemInfo": 1, "ListWorkflowExecutions": 1}
            _ = [run async for run in chosen(relayed, Selection(stratify=True), rate=Rate(FAST))]
            assert relay.counts["GetWorkflowExecutionHistoryReverse"] == 3
            assert relay.counts["ListWorkflowExecutions"] == 2

        with_runs(server, 3, work)


def test_a_workflow_id_that_speaks_of_namespaces_is_a_missing_run(server: Server) -> None:
    async def work(client: Client) -> None:
        connection = await new_namespace(client)
        name = f"namespace-{uuid.uuid4().hex}"
        with pytest.raises(RunMissing, match=f"No workflow {name} in namespace"):
            await fetch(connection, name)
        with pytest.raises(RunMissing):
            await fetch(connection, name, run_id=str(uuid.uuid4()))
        elsewhere = replace(connection, namespace="nowhere")
        with pytest.raises(NamespaceMissing):
            await fetch(elsewhere, name)
        with pytest.raises(NamespaceMissing):
            await fetch_run(elsewhere, name, run_id=str(uuid.uuid4()), rate=Rate(FAST))

    server.run(work)


def test_no_run_is_fetched_twice(server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    """Runs that close while the list is read are listed twice: open, then closed."""
    monkeypatch.setattr(choosing, "PAGE", 1)
    with proxy(server.address) as relay:

        async def work(connection: Connection, _run_ids: list[str]) -> list[Fetched]:
            relayed = await connected(relay.address, connection.namespace)
            rate = Rate(FAST)
            fetched = []
            async for run in chosen(relayed, Selection(), rate=rate):
                who = run.identity
                fetched.append(await fetch_run(relayed, who.workflow_id, run_id=who.run_id, rate=rate))
                handle = connection.client.get_workflow_handle(who.workflow_id)
                await handle.signal(Ends.proceed)
                await handle.result()
                await listed(connection, len(fetched), "ExecutionStatus = 'Completed'")
            return fetched

        fetched = with_runs(server, 4, work)
        assert len({each.identity.run_id for each in fetched}) == len(fetched) == 4
        assert relay.counts["GetWorkflowExecutionHistory"] == 4
        assert relay.counts["ListWorkflowExecutions"] > 5
