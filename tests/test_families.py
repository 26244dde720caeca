"""From one run to those it is related to, on a real server."""

import json
import uuid
from datetime import timedelta
from pathlib import Path

import pytest
from temporalio.api.common.v1 import WorkflowExecution
from temporalio.api.workflowservice.v1 import ResetWorkflowExecutionRequest
from temporalio.client import Client, WorkflowHistory
from temporalio.common import RetryPolicy

from replaykit.adapters.connect import Connection
from replaykit.adapters.corpus import file_for, save, text_of
from replaykit.adapters.families import Beyond, Elsewhere, Followed, Gone, Kin, Visited, family
from replaykit.adapters.fetch import Fetched, fetch, fetch_run, latest_run
from replaykit.adapters.rate import Rate
from tests.grpc_proxy import proxy
from tests.namespaces import FAST, connected, new_namespace, settled, until, working
from tests.recording import Server
from tests.workflows.ends import Chain, Ends, Retried

pytestmark = pytest.mark.long


async def followed(connection: Connection, first: Fetched, *kin: Kin, visited: Visited | None = None) -> list[Followed]:
    """Follow a run's relatives."""
    visited = visited or Visited()
    return [each async for each in family(connection, first, follow=frozenset(kin), visited=visited, rate=Rate(FAST))]


def run_ids(found: list[Followed]) -> list[str]:
    assert all(isinstance(each, Fetched) for each in found), found
    return [each.identity.run_id for each in found if isinstance(each, Fetched)]


def ids(found: list[Followed]) -> list[str]:
    assert all(isinstance(each, Fetched) for each in found), found
    return [each.identity.workflow_id for each in found if isinstance(each, Fetched)]


async def chain(connection: Connection, length: int) -> list[str]:
    """Run a chain, and return the ids of its runs in order."""
    async with working(connection.client) as queue:
        handle = await connection.client.start_workflow(Chain.run, length, id="chain", task_queue=queue)
        await handle.result()
    run_id: str | None = handle.first_execution_run_id
    found = []
    while run_id:
        found.append(run_id)
        events = (await connection.client.get_workflow_handle("chain", run_id=run_id).fetch_history()).events
        run_id = events[-1].workflow_execution_continued_as_new_event_attributes.new_execution_run_id
    return found


def test_a_chain_of_runs_is_followed_both_ways(server: Server) -> None:
    async def work(client: Client) -> None:
        connection = await new_namespace(client)
        runs = await chain(connection, 3)
        assert len(runs) == 4
        middle = await fetch(connection, "chain", run_id=runs[1])
        found = run_ids(await followed(connection, middle, Kin.CONTINUED))
        assert sorted(found) == sorted({*runs} - {runs[1]})
        assert not await followed(connection, middle, Kin.RESET)

    server.run(work)


def test_children_and_parents_are_followed(server: Server) -> None:
    async def work(client: Client) -> None:
        connection = await new_namespace(client)
        runs = await chain(connection, 2)
        first = await fetch(connection, "chain", run_id=runs[0])
        assert ids(await followed(connection, first, Kin.CHILDREN)) == ["chain-child-2"]
        child = await fetch(connection, "chain-child-1")
        assert run_ids(await followed(connection, child, Kin.PARENTS)) == [runs[1]]
        assert not await followed(connection, child, Kin.CHILDREN)
        whole = await followed(connection, child, Kin.PARENTS, Kin.CHILDREN, Kin.CONTINUED)
        assert sorted(ids(whole)) == ["chain", "chain", "chain", "chain-child-2"]

    server.run(work)


def test_a_retried_run_is_followed_like_a_continued_one(server: Server) -> None:
    async def work(client: Client) -> None:
        connection = await new_namespace(client)
        async with working(connection.client) as queue:
            policy = RetryPolicy(initial_interval=timedelta(milliseconds=10), maximum_attempts=2)
            handle = await connection.client.start_workflow(
                Retried.run, id="retried", task_queue=queue, retry_policy=policy
            )
            await handle.result()
        failed = await fetch(connection, "retried", run_id=handle.first_execution_run_id)
        [second] = run_ids(await followed(connection, failed, Kin.CONTINUED))
        latest = await fetch(connection, "retried")
        assert latest.identity.run_id == second != failed.identity.run_id
        assert run_ids(await followed(connection, latest, Kin.CONTINUED)) == [failed.identity.run_id]

    server.run(work)


def test_a_cron_chain_is_followed(server: Server) -> None:
    async def work(client: Client) -> None:
        connection = await new_namespace(client)
        async with working(connection.client) as queue:
            handle = await connection.client.start_workflow(
                "Rare", id="cron", task_queue=queue, cron_schedule="@every 1s"
            )

            async def ran_again() -> bool:
                return await latest_run(connection, "cron", rate=Rate(FAST)) != handle.first_execution_run_id

            await until(ran_again)
            await connection.client.get_workflow_handle("cron").terminate()
        first = await fetch(connection, "cron", run_id=handle.first_execution_run_id)
        assert await latest_run(connection, "cron", rate=Rate(FAST)) in run_ids(
            await followed(connection, first, Kin.CONTINUED)
        )

    server.run(work)


async def reset(connection: Connection, run_id: str) -> str:
    """Reset a run of `reset-me` to its first workflow task, and return the new run's id."""
    answer = await connection.client.workflow_service.reset_workflow_execution(
        ResetWorkflowExecutionRequest(
            namespace=connection.namespace,
            workflow_execution=WorkflowExecution(workflow_id="reset-me", run_id=run_id),
            reason="a test",
            workflow_task_finish_event_id=4,
            request_id=str(uuid.uuid4()),
        )
    )
    await settled(connection.client.get_workflow_handle("reset-me", run_id=answer.run_id), 2)
    return answer.run_id


async def reset_twice(connection: Connection) -> list[str]:
    async with working(connection.client) as queue:
        handle = await connection.client.start_workflow(Ends.run, "on signal", id="reset-me", task_queue=queue)
        await settled(handle, 2)
        base = handle.first_execution_run_id or ""
        first = await reset(connection, base)
        return [base, first, await reset(connection, first)]


@pytest.mark.parametrize("start", [0, 1, 2])
def test_resets_are_followed_both_ways(start: int, server: Server) -> None:
    async def work(client: Client) -> None:
        connection = await new_namespace(client)
        runs = await reset_twice(connection)
        assert len(set(runs)) == 3
        fetched = await fetch(connection, "reset-me", run_id=runs[start])
        assert sorted(run_ids(await followed(connection, fetched, Kin.RESET))) == sorted({*runs} - {runs[start]})
        assert not await followed(connection, fetched, Kin.CONTINUED, Kin.PARENTS, Kin.CHILDREN)

    server.run(work)


def test_a_reset_run_and_its_parent_are_two_files(server: Server, tmp_path: Path) -> None:
    async def work(client: Client) -> None:
        connection = await new_namespace(client)
        runs = await reset_twice(connection)
        base = await fetch(connection, "reset-me", run_id=runs[0])
        for each in [base, *await followed(connection, base, Kin.RESET)]:
            assert isinstance(each, Fetched)
            path = file_for(tmp_path, each.identity)
            save(path, text_of(each.history.to_json_dict(), each.identity))
        files = list(tmp_path.rglob("*.json"))
        assert len(files) == 3
        assert {json.loads(file.read_text("utf-8"))["replaykit"]["runId"] for file in files} == set(runs)

    server.run(work)


def test_each_run_is_fetched_once_however_it_is_reached(server: Server) -> None:
    with proxy(server.address) as relay:

        async def work(client: Client) -> None:
            connection = await new_namespace(client)
            runs = await chain(connection, 3)
            relayed = await connected(relay.address, connection.namespace)
            visited = Visited()
            first = await fetch_run(relayed, "chain", run_id=runs[0], rate=Rate(FAST))
            assert len(await followed(relayed, first, *Kin, visited=visited)) == 6
            last = await fetch_run(relayed, "chain", run_id=runs[3], rate=Rate(FAST))
            assert not await followed(relayed, last, *Kin, visited=visited)
            assert not visited.meet(connection.namespace, "chain", runs[3])

        server.run(work)
        # Seven runs, and the last one that the test asked for itself.
        assert relay.counts["GetWorkflowExecutionHistory"] == 8


def test_a_limit_names_what_it_leaves_out(server: Server) -> None:
    async def work(client: Client) -> None:
        connection = await new_namespace(client)
        runs = await chain(connection, 3)
        first = await fetch(connection, "chain", run_id=runs[0])
        visited = Visited(limit=2)
        found = await followed(connection, first, Kin.CONTINUED, visited=visited)
        assert [type(each) for each in found] == [Fetched, Fetched, Beyond]
        assert isinstance(found[2], Beyond)
        assert found[2].relative.run_id == runs[3]

    server.run(work)


def test_a_relative_that_is_gone_is_named(server: Server) -> None:
    with proxy(server.address) as relay:

        async def work(client: Client) -> None:
            connection = await new_namespace(client)
            runs = await chain(connection, 1)
            relayed = await connected(relay.address, connection.namespace)
            parent = await fetch(relayed, "chain", run_id=runs[0])
            # A dev server takes half a minute to delete a closed run.
            relay.refuse("NOT_FOUND", 1, method="GetWorkflowExecutionHistory")
            gone, following = await followed(relayed, parent, Kin.CHILDREN, Kin.CONTINUED)
            assert isinstance(gone, Gone)
            assert gone.relative.workflow_id == "chain-child-1"
            assert gone.problem.slug == "run-missing"
            assert run_ids([following]) == [runs[1]]

        server.run(work)


def test_a_relative_in_another_namespace_is_named_and_not_fetched(server: Server) -> None:
    """The dev server starts no children across namespaces, so the parent's namespace is written into the event."""

    async def work(client: Client) -> None:
        connection = await new_namespace(client)
        await chain(connection, 1)
        child = await fetch(connection, "chain-child-1")
        events = list(child.history.events)
        events[0].workflow_execution_started_event_attributes.parent_workflow_namespace = "other"
        moved = Fetched(child.identity, WorkflowHistory("chain-child-1", events))
        [elsewhere] = await followed(connection, moved, Kin.PARENTS)
        assert isinstance(elsewhere, Elsewhere)
        assert (elsewhere.relative.namespace, elsewhere.relative.workflow_id) == ("other", "chain")

    server.run(work)
