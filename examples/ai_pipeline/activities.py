"""The steps of the pipeline as activities, each safe to run more than once."""

import asyncio
from pathlib import Path
from typing import TYPE_CHECKING

from temporalio import activity

from replaykit import effect

from .models import Embedding, Finding, Job, Question
from .store import Store

if TYPE_CHECKING:  # the worker makes the client; a replay of the workflow need not load its SDK
    from openai import AsyncOpenAI
    from openai.types.chat import ChatCompletion


class NoDocumentsError(Exception):
    """The collection is empty or unknown: trying again will not help."""


class NoAnswerError(Exception):
    """The model answered and said nothing: it refused, was cut off before its first word, or its words were withheld.

    An answer is a matter of luck, so the next attempt asks again.
    """


class PipelineActivities:
    """Fetch, embed, analyse and store, with one library, one store and one model."""

    def __init__(
        self,
        library: Path,
        store: Store,
        llm: "AsyncOpenAI",
        *,
        model: str = "gpt-4o-mini",
        embedding_model: str = "text-embedding-3-small",
    ) -> None:
        self._library = library
        self._store = store
        self._llm = llm
        self._model = model
        self._embedding_model = embedding_model

    @activity.defn
    async def fetch_documents(self, job: Job) -> list[str]:
        """Copy the collection's documents into the store; returns their names."""
        texts = await asyncio.to_thread(_read, self._library / job.collection)
        if not texts:
            raise NoDocumentsError(job.collection)
        with effect("documents", key=job.job_id, idempotency_key=job.job_id, input=texts):
            await asyncio.to_thread(self._store.put_documents, job.job_id, texts)
        return list(texts)

    @activity.defn
    async def embed_documents(self, embedding: Embedding) -> int:
        """Embed each document and store its vector; a new attempt goes on where the last heartbeat stood."""
        (done,) = activity.info().heartbeat_details or (0,)
        texts = await asyncio.to_thread(self._store.documents, embedding.job_id)
        for number, name in enumerate(embedding.documents[done:], start=done + 1):
            answer = await self._llm.embeddings.create(
                model=self._embedding_model,
                input=texts[name],
                extra_headers={"Idempotency-Key": f"{embedding.key}/{name}"},
            )
            vector = answer.data[0].embedding
            key = f"{embedding.key}/{name}"
            with effect("vector", key=key, idempotency_key=key, input=vector):
                await asyncio.to_thread(self._store.put_vector, embedding.job_id, name, vector)
            activity.heartbeat(number)
        return len(embedding.documents)

    @activity.defn
    async def analyse(self, question: Question) -> str:
        """Ask the model about all documents of the job."""
        texts = await asyncio.to_thread(self._store.documents, question.job_id)
        answer = await self._llm.chat.completions.create(
            model=self._model,
            messages=[
                {"role": "system", "content": question.text},
                {"role": "user", "content": "\n\n".join(texts.values())},
            ],
            extra_headers={"Idempotency-Key": question.key},
        )
        return _said(answer)

    @activity.defn
    async def store_result(self, finding: Finding) -> None:
        """Store the analysis, once."""
        with effect("result", key=finding.key, idempotency_key=finding.key, input=finding.analysis):
            await asyncio.to_thread(self._store.put_result, finding.key, finding.job_id, finding.analysis)


def _said(answer: "ChatCompletion") -> str:
    """What the model said; an empty text must not be stored as if it were an analysis."""
    if not answer.choices:
        raise NoAnswerError("no choices")
    choice = answer.choices[0]
    if not choice.message.content:
        raise NoAnswerError(choice.message.refusal or choice.finish_reason)
    return choice.message.content


def _read(folder: Path) -> dict[str, str]:
    return {path.stem: path.read_text(encoding="utf-8") for path in sorted(folder.glob("*.txt"))}
