"""Batches gather their children."""

from collections.abc import Mapping

import pytest
from temporalio.api.enums.v1 import EventType
from temporalio.client import Client, WorkflowExecutionStatus, WorkflowFailureError, WorkflowHandle
from temporalio.exceptions import CancelledError

from examples.fan_out.activities import FanOutActivities
from examples.fan_out.models import Batch, BatchResult, Document
from examples.fan_out.worker import TASK_QUEUE, new_worker
from examples.fan_out.workflows import FanOut
from examples.llm_server import LoopbackServer
from examples.record.batches import LONG, SHORT
from examples.record.stage import reached
from tests.recording import Server

from .client_of import client_of


async def start(client: Client, batch_id: str, texts: Mapping[str, str]) -> WorkflowHandle[FanOut, BatchResult]:
    documents = [Document(name, text) for name, text in texts.items()]
    return await client.start_workflow(FanOut.run, Batch(documents, 2), id=batch_id, task_queue=TASK_QUEUE)


def test_batch_gathers_its_summaries_in_order_and_names_the_bad_document(server: Server, model: LoopbackServer) -> None:
    async def story(client: Client) -> BatchResult:
        async with client_of(model) as llm, new_worker(client, FanOutActivities(llm)):
            return await (await start(client, "batch-mixed", {"long": LONG, "empty": "", "short": SHORT})).result()

    result = server.run(story)
    assert [(summary.document_id, summary.words) for summary in result.summaries] == [("long", 17), ("short", 6)]
    assert result.summaries[0].text.startswith("In short: ")
    assert result.summaries[1].text == SHORT
    assert (result.failed, result.skipped) == (["empty"], [])


def test_skipped_document_is_cancelled_and_the_batch_goes_on(server: Server, model: LoopbackServer) -> None:
    model.stall("stalled")

    async def story(client: Client) -> tuple[BatchResult, WorkflowExecutionStatus | None]:
        async with client_of(model) as llm, new_worker(client, FanOutActivities(llm)):
            batch = await start(client, "batch-skip", {"slow": f"{LONG} stalled", "short": SHORT})
            await reached(batch, EventType.EVENT_TYPE_CHILD_WORKFLOW_EXECUTION_STARTED, times=2)
            await batch.signal(FanOut.skip, "slow")
            result = await batch.result()
            return result, (await client.get_workflow_handle("batch-skip-slow").describe()).status

    result, child = server.run(story)
    assert result.skipped == ["slow"]
    assert [summary.document_id for summary in result.summaries] == ["short"]
    assert child is WorkflowExecutionStatus.CANCELED


def test_cancelled_batch_cancels_its_children_and_ends_cancelled(server: Server, model: LoopbackServer) -> None:
    model.stall("stalled")

    async def story(client: Client) -> WorkflowExecutionStatus | None:
        async with client_of(model) as llm, new_worker(client, FanOutActivities(llm)):
            batch = await start(client, "batch-cancelled", {"slow": f"{LONG} stalled"})
            child = client.get_workflow_handle("batch-cancelled-slow")
            await reached(batch, EventType.EVENT_TYPE_CHILD_WORKFLOW_EXECUTION_STARTED)
            await reached(child, EventType.EVENT_TYPE_ACTIVITY_TASK_SCHEDULED)
            await batch.cancel()
            with pytest.raises(WorkflowFailureError) as failure:
                await batch.result()
            assert isinstance(failure.value.cause, CancelledError)
            await reached(child, EventType.EVENT_TYPE_WORKFLOW_EXECUTION_CANCELED)
            return (await child.describe()).status

    assert server.run(story) is WorkflowExecutionStatus.CANCELED
