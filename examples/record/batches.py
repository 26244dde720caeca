"""Histories of FanOut and its children: good and bad documents, skipped ones, and a large batch."""

import asyncio
from collections.abc import Mapping

from temporalio.api.enums.v1 import EventType
from temporalio.client import WorkflowHandle

from examples.fan_out.activities import FanOutActivities
from examples.fan_out.models import Batch, BatchResult, Document
from examples.fan_out.worker import TASK_QUEUE, new_worker
from examples.fan_out.workflows import FanOut

from .stage import Run, Stage, ended_badly, reached

LONG = "The harbour office reports that the dredging of the eastern basin ended three weeks earlier than planned."
SHORT = "The crane is back in service."
MANY = 220  # children of five events each at least: more than 1,000 events

Handle = WorkflowHandle[FanOut, BatchResult]


async def record(stage: Stage) -> list[Run]:
    """Run all batches; returns those to export, and some of their children."""
    stage.model.stall("stalled")
    async with new_worker(stage.client, FanOutActivities(stage.llm)):
        groups = await asyncio.gather(_finished(stage), _large(stage), _skipped(stage), _stopped(stage))
        return [run for group in groups for run in group]


async def _finished(stage: Stage) -> list[Run]:
    good = await _start(stage, "41", {"a": LONG, "b": SHORT, "c": LONG[:60]})
    spoiled = await _start(stage, "42", {"a": SHORT, "empty": ""})
    await asyncio.gather(good.result(), spoiled.result())
    return [Run(good.id), Run("batch-41-a"), Run("batch-41-b"), Run(spoiled.id), Run("batch-42-empty")]


async def _large(stage: Stage) -> list[Run]:
    batch = await _start(stage, "45", {f"d{number}": SHORT for number in range(MANY)}, at_a_time=2)
    await batch.result()
    return [Run(batch.id)]


async def _skipped(stage: Stage) -> list[Run]:
    """One document is given up while its child works on it."""
    batch = await _start(stage, "43", {"a": SHORT, "slow": f"{LONG} stalled"})
    child = stage.client.get_workflow_handle("batch-43-slow")
    await reached(batch, EventType.EVENT_TYPE_CHILD_WORKFLOW_EXECUTION_STARTED, times=2)
    await reached(child, EventType.EVENT_TYPE_ACTIVITY_TASK_SCHEDULED)
    await batch.signal(FanOut.skip, "slow")
    await batch.result()
    return [Run(batch.id), Run("batch-43-slow")]


async def _stopped(stage: Stage) -> list[Run]:
    cancelled = await _start(stage, "44", {"a": SHORT, "slow": f"{LONG} stalled"})
    pending = await _start(stage, "46", {"a": SHORT, "slow": f"{LONG} stalled"})
    for batch in (cancelled, pending):
        await reached(batch, EventType.EVENT_TYPE_CHILD_WORKFLOW_EXECUTION_COMPLETED)
        child = stage.client.get_workflow_handle(f"{batch.id}-slow")
        await reached(child, EventType.EVENT_TYPE_ACTIVITY_TASK_SCHEDULED)
    await cancelled.cancel()
    return [await ended_badly(cancelled, "CANCELED"), Run(pending.id), Run(f"{pending.id}-slow")]


async def _start(stage: Stage, number: str, texts: Mapping[str, str], *, at_a_time: int = 10) -> Handle:
    documents = [Document(name, text) for name, text in texts.items()]
    return await stage.client.start_workflow(
        FanOut.run, Batch(documents, at_a_time), id=f"batch-{number}", task_queue=TASK_QUEUE
    )
