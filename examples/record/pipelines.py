"""Histories of AiPipeline and NightlyJobs: jobs by hand, and the nights of a Schedule."""

import asyncio
from datetime import UTC, datetime

from temporalio.api.enums.v1 import EventType
from temporalio.client import WorkflowHandle

from examples.ai_pipeline.activities import PipelineActivities
from examples.ai_pipeline.models import Job, PipelineResult
from examples.ai_pipeline.store import Store
from examples.ai_pipeline.worker import DOCUMENTS, TASK_QUEUE, new_worker
from examples.ai_pipeline.workflows import AiPipeline
from examples.nightly.models import Night
from examples.nightly.schedule import install, nightly_schedule
from examples.nightly.worker import TASK_QUEUE as NIGHTLY_QUEUE
from examples.nightly.worker import new_worker as new_nightly_worker
from examples.nightly.worker import run_night

from .stage import Run, Stage, ended_badly, reached


async def record(stage: Stage) -> list[Run]:
    """Run all jobs and nights; returns those to export."""
    pipeline = PipelineActivities(DOCUMENTS, Store(stage.folder / "pipeline.sqlite3"), stage.llm)
    async with (
        new_worker(stage.client, pipeline),
        new_nightly_worker(stage.client, stage.folder / "reports"),
    ):
        jobs, nights = await asyncio.gather(_jobs(stage), _nights(stage))
        return [*jobs, *nights]


async def _jobs(stage: Stage) -> list[Run]:
    stage.model.fail("job-7702/analyse", status=503, times=2)
    stage.model.fail("job-7704/analyse", status=400)
    stage.model.stall("job-7705/analyse")
    stage.model.stall("job-7706/embed")
    completed = await _start(stage, "job-7701")
    retried = await _start(stage, "job-7702", collection="press")
    unknown = await _start(stage, "job-7703", collection="unknown")
    refused = await _start(stage, "job-7704")
    cancelled = await _start(stage, "job-7705")
    pending = await _start(stage, "job-7706")
    await reached(cancelled, EventType.EVENT_TYPE_ACTIVITY_TASK_SCHEDULED, times=3)
    await cancelled.cancel()
    await reached(pending, EventType.EVENT_TYPE_ACTIVITY_TASK_SCHEDULED, times=2)
    await asyncio.gather(completed.result(), retried.result())
    return [
        Run(completed.id),
        Run(retried.id),
        await ended_badly(unknown, "FAILED"),
        await ended_badly(refused, "FAILED"),
        await ended_badly(cancelled, "CANCELED"),
        Run(pending.id),
    ]


async def _nights(stage: Stage) -> list[Run]:
    """Two good nights and one on which the model refuses the child's question."""
    stage.model.fail("night-2026-01-07/analyse", status=400)
    schedule = await install(stage.client, nightly_schedule(Night("energy"), task_queue=NIGHTLY_QUEUE))
    first = await run_night(stage.client, schedule, datetime(2026, 1, 5, tzinfo=UTC))
    second = await run_night(stage.client, schedule, datetime(2026, 1, 6, tzinfo=UTC))
    third = await run_night(stage.client, schedule, datetime(2026, 1, 7, tzinfo=UTC))
    await asyncio.gather(first.result(), second.result())
    await ended_badly(third, "FAILED")
    await schedule.delete()
    return [
        Run(first.id),
        Run("night-2026-01-05"),
        Run(second.id),
        Run(third.id),
        Run("night-2026-01-07"),
    ]


async def _start(
    stage: Stage, job_id: str, *, collection: str = "energy"
) -> WorkflowHandle[AiPipeline, PipelineResult]:
    return await stage.client.start_workflow(AiPipeline.run, Job(job_id, collection), id=job_id, task_queue=TASK_QUEUE)
