"""A durable AI pipeline: fetch documents, embed them, analyse them, store the result."""

from datetime import timedelta

from temporalio import workflow
from temporalio.common import RetryPolicy

with workflow.unsafe.imports_passed_through():
    from .activities import PipelineActivities
    from .models import Embedding, Finding, Job, PipelineResult, Question

STEP = workflow.ActivityConfig(
    start_to_close_timeout=timedelta(minutes=10),
    retry_policy=RetryPolicy(
        backoff_coefficient=2.0,
        maximum_attempts=5,
        # Raised by the openai SDK for requests that no repetition will mend.
        non_retryable_error_types=[
            "AuthenticationError",
            "BadRequestError",
            "NoDocumentsError",
            "NotFoundError",
        ],
    ),
)
# A step that works through a list says so while it does: one silent minute is a lost worker.
LONG_STEP: workflow.ActivityConfig = {**STEP, "heartbeat_timeout": timedelta(minutes=1)}


@workflow.defn
class AiPipeline:
    """Documents in, one analysis out; the documents themselves never pass through the history."""

    def __init__(self) -> None:
        self._step = "waiting"

    @workflow.run
    async def run(self, job: Job) -> PipelineResult:
        """Run the job's four steps."""
        workflow_id = workflow.info().workflow_id

        self._step = "fetching"
        documents = await workflow.execute_activity_method(PipelineActivities.fetch_documents, job, **STEP)
        workflow.upsert_memo({"documents": len(documents)})

        self._step = "embedding"
        await workflow.execute_activity_method(
            PipelineActivities.embed_documents,
            Embedding(f"{workflow_id}/embed", job.job_id, documents),
            **LONG_STEP,
        )

        self._step = "analysing"
        analysis = await workflow.execute_activity_method(
            PipelineActivities.analyse,
            Question(f"{workflow_id}/analyse", job.job_id, "What do these documents have in common?"),
            **STEP,
        )

        self._step = "storing"
        await workflow.execute_activity_method(
            PipelineActivities.store_result,
            Finding(f"{workflow_id}/store", job.job_id, analysis),
            **STEP,
        )

        self._step = "done"
        return PipelineResult(job.job_id, len(documents), analysis)

    @workflow.query
    def step(self) -> str:
        """What the pipeline is doing."""
        return self._step
