"""A batch of documents, one child workflow each, gathered into one result."""

import asyncio
from datetime import timedelta

from temporalio import workflow
from temporalio.common import RetryPolicy
from temporalio.exceptions import ChildWorkflowError, is_cancelled_exception

with workflow.unsafe.imports_passed_through():
    from .activities import FanOutActivities
    from .models import Batch, BatchResult, Digest, Document, Summary

SHORT = 12  # words; a text no longer than this is its own summary

ASK_MODEL = workflow.ActivityConfig(
    start_to_close_timeout=timedelta(minutes=5),
    retry_policy=RetryPolicy(
        backoff_coefficient=2.0,
        maximum_attempts=5,
        non_retryable_error_types=["AuthenticationError", "BadRequestError", "NotFoundError"],
    ),
)
MEASURE = workflow.LocalActivityConfig(
    start_to_close_timeout=timedelta(seconds=5),
    retry_policy=RetryPolicy(maximum_attempts=3, non_retryable_error_types=["EmptyDocumentError"]),
)


@workflow.defn
class FanOut:
    """One child a document, a bounded number at a time; one bad document does not spoil the batch."""

    def __init__(self) -> None:
        self._children: dict[str, workflow.ChildWorkflowHandle[DocumentSummary, Summary]] = {}
        self._skipped: list[str] = []
        self._failed: list[str] = []
        self._finished = 0

    @workflow.run
    async def run(self, batch: Batch) -> BatchResult:
        """Sum up the documents; the result lists them in the order of the batch."""
        slots = asyncio.Semaphore(batch.at_a_time)
        outcomes = await asyncio.gather(*(self._summarise(document, slots) for document in batch.documents))
        summaries = [summary for summary in outcomes if summary is not None]
        return BatchResult(summaries, sorted(self._failed), sorted(self._skipped))

    @workflow.signal
    def skip(self, document_id: str) -> None:
        """Do without a document; its child is cancelled if it runs already."""
        self._skipped.append(document_id)
        if document_id in self._children:
            self._children[document_id].cancel()

    @workflow.query
    def finished(self) -> int:
        """How many documents are done with."""
        return self._finished

    async def _summarise(self, document: Document, slots: asyncio.Semaphore) -> Summary | None:
        async with slots:
            if document.document_id in self._skipped:
                return None
            child = await workflow.start_child_workflow(
                DocumentSummary.run, document, id=f"{workflow.info().workflow_id}-{document.document_id}"
            )
            self._children[document.document_id] = child
            if document.document_id in self._skipped:  # the signal came while the child was starting
                child.cancel()
            try:
                return await child
            except ChildWorkflowError as error:
                if is_cancelled_exception(error) and workflow.cancellation_reason() is not None:  # so is the batch
                    raise
                if document.document_id not in self._skipped:
                    self._failed.append(document.document_id)
                return None
            finally:
                self._finished += 1


@workflow.defn
class DocumentSummary:
    """One document: measured by a local activity, summed up by the model unless it is short."""

    @workflow.run
    async def run(self, document: Document) -> Summary:
        """Sum up the document."""
        words = await workflow.execute_local_activity_method(FanOutActivities.count_words, document.text, **MEASURE)
        if words <= SHORT:
            return Summary(document.document_id, words, document.text)
        digest = Digest(f"{workflow.info().workflow_id}/digest", document.text)
        text = await workflow.execute_activity_method(FanOutActivities.digest, digest, **ASK_MODEL)
        return Summary(document.document_id, words, text)
