"""The pipeline as somebody might rewrite it: it analyses before it embeds, and stores nothing."""

from temporalio import workflow

with workflow.unsafe.imports_passed_through():
    from examples.ai_pipeline.activities import PipelineActivities
    from examples.ai_pipeline.models import Embedding, Job, PipelineResult, Question
    from examples.ai_pipeline.workflows import STEP


@workflow.defn(name="AiPipeline")
class AnalyseFirst:
    @workflow.run
    async def run(self, job: Job) -> PipelineResult:
        workflow_id = workflow.info().workflow_id
        documents = await workflow.execute_activity_method(PipelineActivities.fetch_documents, job, **STEP)
        question = Question(f"{workflow_id}/analyse", job.job_id, "What do these documents have in common?")
        analysis = await workflow.execute_activity_method(PipelineActivities.analyse, question, **STEP)
        embedding = Embedding(f"{workflow_id}/embed", job.job_id, documents)
        await workflow.execute_activity_method(PipelineActivities.embed_documents, embedding, **STEP)
        return PipelineResult(job.job_id, len(documents), analysis)
