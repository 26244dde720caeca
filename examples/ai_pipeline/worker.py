"""A worker for pipeline jobs: `python -m examples.ai_pipeline.worker [--run JOB_ID]`."""

import argparse
import asyncio
import os
import sys
from collections.abc import Sequence
from contextlib import ExitStack
from pathlib import Path

from openai import AsyncOpenAI
from temporalio.client import Client, WorkflowFailureError
from temporalio.envconfig import ClientConfig
from temporalio.worker import Interceptor, Worker

from .activities import PipelineActivities
from .models import Job
from .store import Store
from .workflows import AiPipeline

TASK_QUEUE = "ai-pipeline"
DOCUMENTS = Path(__file__).parent / "documents"


def new_worker(
    client: Client,
    pipeline: PipelineActivities,
    *,
    task_queue: str = TASK_QUEUE,
    interceptors: Sequence[Interceptor] = (),
) -> Worker:
    """A worker that runs jobs with one library, one store and one model."""
    return Worker(
        client,
        task_queue=task_queue,
        workflows=[AiPipeline],
        activities=[
            pipeline.fetch_documents,
            pipeline.embed_documents,
            pipeline.analyse,
            pipeline.store_result,
        ],
        interceptors=interceptors,
    )


async def main() -> str | None:
    """Serve jobs until interrupted, or run one and print its result; returns why it failed."""
    parser = argparse.ArgumentParser(prog="ai_pipeline", description="Analyse collections of documents.")
    parser.add_argument("--run", metavar="JOB_ID", help="run this one job, print its result, stop")
    parser.add_argument("--collection", default="energy", help="a folder of --documents (default: %(default)s)")
    parser.add_argument("--documents", type=Path, default=DOCUMENTS, help="folders of text files")
    parser.add_argument("--database", type=Path, default=Path(".replaykit/examples/ai_pipeline.sqlite3"))
    parser.add_argument("--model", default="gpt-4o-mini", help="default: %(default)s")
    parser.add_argument("--embedding-model", default="text-embedding-3-small", help="default: %(default)s")
    options = parser.parse_args()
    client = await Client.connect(**ClientConfig.load_client_connect_config())
    with ExitStack() as stack:
        if "OPENAI_BASE_URL" not in os.environ:
            from examples.llm_server import loopback_endpoint  # noqa: PLC0415 -- a copied folder does without

            stack.enter_context(loopback_endpoint())
        # Retries are Temporal's: the SDK's own would multiply with them, unseen.
        async with AsyncOpenAI(max_retries=0) as llm:
            pipeline = PipelineActivities(
                options.documents,
                Store(options.database),
                llm,
                model=options.model,
                embedding_model=options.embedding_model,
            )
            async with new_worker(client, pipeline):
                if options.run is None:
                    await asyncio.Event().wait()
                job = Job(options.run, options.collection)
                try:
                    result = await client.execute_workflow(AiPipeline.run, job, id=job.job_id, task_queue=TASK_QUEUE)
                except WorkflowFailureError as failure:
                    return f"{job.job_id}: {failure.cause.__cause__ or failure.cause}"
    print(result)  # noqa: T201 -- the result is what the command is for
    return None


async def to_the_end() -> str | None:
    """Run `main`, then let the client's native threads finish: without the pause some ended in SIGSEGV."""
    try:
        return await main()
    finally:
        await asyncio.sleep(0.5)


if __name__ == "__main__":
    sys.exit(asyncio.run(to_the_end()))
