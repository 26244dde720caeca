"""Pipeline jobs under chaos: `replaykit chaos examples/ai_pipeline`."""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from openai import AsyncOpenAI

from examples.llm_server import lasting_endpoint
from replaykit import Scenario

from .activities import PipelineActivities
from .models import Job
from .store import Store
from .worker import DOCUMENTS
from .workflows import AiPipeline


def activities() -> Sequence[Callable[..., Any]]:
    """The real activities on a store of their own; the model is the server on loopback."""
    llm = AsyncOpenAI(base_url=lasting_endpoint(), api_key="loopback", max_retries=0)
    store = Store(Path(".replaykit/chaos/ai_pipeline.sqlite3"))
    pipeline = PipelineActivities(DOCUMENTS, store, llm)
    return [pipeline.fetch_documents, pipeline.embed_documents, pipeline.analyse, pipeline.store_result]


def job(workflow_id: str) -> Sequence[Job]:
    """A job of its own for each run: they share the store."""
    return [Job(workflow_id)]


JOB = Scenario(name="ai_pipeline", workflow=AiPipeline, args=job, activities=activities)
