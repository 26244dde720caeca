"""What a Temporal Schedule starts each night: the pipeline, under the night's own job id."""

from datetime import timedelta

from temporalio import workflow
from temporalio.common import RetryPolicy, SearchAttributeKey

with workflow.unsafe.imports_passed_through():
    from .activities import NightlyActivities
    from .models import Night, PipelineJob, PipelineResult, Report

# Set by the server on every run that a Schedule starts, backfills included.
SCHEDULED = SearchAttributeKey.for_datetime("TemporalScheduledStartTime")


@workflow.defn
class NightlyJobs:
    """One night: run AiPipeline as a child, report its result."""

    @workflow.run
    async def run(self, night: Night) -> str:
        """Run the night's job; returns the name of its report."""
        scheduled = workflow.info().typed_search_attributes.get(SCHEDULED, workflow.info().start_time)
        job = PipelineJob(f"night-{scheduled:%Y-%m-%d}", night.collection)
        # By name and task queue, for the pipeline belongs to another worker.
        result: PipelineResult = await workflow.execute_child_workflow(
            "AiPipeline",
            job,
            id=job.job_id,
            task_queue="ai-pipeline",
            result_type=PipelineResult,
            execution_timeout=timedelta(hours=6),
        )
        return await workflow.execute_activity_method(
            NightlyActivities.write_report,
            Report(job.job_id, f"{result.documents} documents: {result.analysis}"),
            start_to_close_timeout=timedelta(seconds=30),
            retry_policy=RetryPolicy(maximum_attempts=5),
        )
