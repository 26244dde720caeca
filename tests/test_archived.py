"""A run that is past its namespace's retention: archived, it exports by its run id; gone, the export says so."""

import asyncio
import uuid
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from google.protobuf.duration_pb2 import Duration
from temporalio.api.workflowservice.v1 import (
    GetWorkflowExecutionHistoryRequest,
    GetWorkflowExecutionHistoryResponse,
    RegisterNamespaceRequest,
)
from temporalio.client import Client
from temporalio.service import RPCError

from replaykit.adapters.connect import Connection
from replaykit.adapters.fetch import fetch, fetch_run
from replaykit.adapters.rate import Rate
from replaykit.adapters.server import dev_server
from replaykit.errors import RunMissing
from tests.exporting import Exporter, notes
from tests.grpc_proxy import Proxy, Request, proxy
from tests.namespaces import FAST, connected, settled, working
from tests.recording import Server
from tests.workflows.ends import Ends

# Each starts processes or a server of its own, and takes seconds.
pytestmark = pytest.mark.long

# A server deletes a closed run when its retention is over, and here that is at once.
IMPATIENT = (
    'system.namespaceMinRetentionLocal="1s"',
    'system.namespaceMinRetentionGlobal="1s"',
    'history.retentionTimerJitterDuration="1ms"',
)
LONGER_THAN_A_PAGE = 300


async def past_retention(client: Client) -> AsyncIterator[tuple[Connection, str]]:
    """Yield a namespace that keeps runs for a second, and the run id of `gone`, which it kept so long."""
    await client.workflow_service.register_namespace(
        RegisterNamespaceRequest(namespace="brief", workflow_execution_retention_period=Duration(seconds=1))
    )
    connection = await connected(client.service_client.config.target_host, "brief")
    async with working(connection.client) as queue:
        handle = await connection.client.start_workflow(Ends.run, "on signal", id="gone", task_queue=queue)
        await settled(handle, 2)
        await handle.signal(Ends.proceed)
        await handle.result()
        while True:
            try:
                await handle.describe()
            except RPCError:
                break
            await asyncio.sleep(0.1)
    yield connection, handle.first_execution_run_id or ""


def test_a_run_past_retention_is_missing_and_the_message_says_what_may_still_have_it(tmp_path: Path) -> None:
    async def work() -> None:
        async with dev_server(tmp_path, settings=IMPATIENT, in_memory=True) as client:
            async for connection, run_id in past_retention(client):
                with pytest.raises(RunMissing) as by_run:
                    await fetch_run(connection, "gone", run_id=run_id, rate=Rate(FAST))
                assert by_run.value.problem.what == f"No workflow gone with run id {run_id} in namespace brief."
                assert "past retention, and in no archive" in by_run.value.problem.cause
                with pytest.raises(RunMissing) as by_id:
                    await fetch(connection, "gone")
                assert by_id.value.problem.fix.endswith("; for an archived run add --run-id RUN_ID")

    asyncio.run(work())


def archive(relay: Proxy) -> None:
    """Answer as a server does for a run that only its archive holds: nothing but the history knows it."""
    for method in ("DescribeWorkflowExecution", "ListWorkflowExecutions", "GetWorkflowExecutionHistoryReverse"):
        relay.refuse("NOT_FOUND", 1000, method=method)

    def after(request: Request, answer: bytes) -> bytes:
        if request.method != "GetWorkflowExecutionHistory":
            return answer
        page = GetWorkflowExecutionHistoryResponse.FromString(answer)
        page.archived = True
        return page.SerializeToString()

    relay.after = after


def test_an_archived_run_is_exported_by_its_run_id_page_by_page(server: Server) -> None:
    """The dev server has no archival (docs/export.md), so a proxy answers for the archive with a real run's history."""

    async def long_run(client: Client) -> tuple[str, str]:
        name = f"archived-{uuid.uuid4().hex[:8]}"
        handle = await client.start_workflow(Ends.run, "on signal", id=name, task_queue=name)
        # Before a worker takes the first workflow task each signal is a batch of its own.
        for number in range(LONGER_THAN_A_PAGE):
            await handle.signal("unheard", number)
        await handle.signal(Ends.proceed)
        async with working(client, name):
            await handle.result()
        return name, handle.first_execution_run_id or ""

    name, run_id = server.run(long_run)
    with proxy(server.address) as relay:
        archive(relay)
        result = Exporter(server).through(relay.address)(name, "--run-id", run_id)
        assert result.code == 0, result.stderr
        [note] = notes(result).values()
        assert (note["workflowId"], note["runId"], note["status"]) == (name, run_id, "completed")
        asked = [
            GetWorkflowExecutionHistoryRequest.FromString(each.message)
            for each in relay.requests
            if each.method == "GetWorkflowExecutionHistory"
        ]
        assert len(asked) > 1
        # A server looks into its archive where a run id is given, and the archive is not left out.
        assert {(each.execution.run_id, each.skip_archival) for each in asked} == {(run_id, False)}
        assert relay.counts.keys() == {"GetSystemInfo", "GetWorkflowExecutionHistory"}
