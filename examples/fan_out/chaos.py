"""Batches under chaos: `replaykit chaos examples/fan_out`."""

from collections.abc import Callable, Sequence
from typing import Any, cast

from openai import AsyncOpenAI

from examples.llm_server import lasting_endpoint
from replaykit import Scenario, Signal
from replaykit.model.chaos import RunResult

from .activities import FanOutActivities
from .models import Batch, Document
from .workflows import DocumentSummary, FanOut

DOCUMENTS = [
    Document("long", "The ferry to the island leaves the harbour at eight, at noon and at four in the afternoon."),
    Document("short", "No ferry on Sundays."),
    Document("empty", ""),
]
# What a document does not survive; any other fault must leave the batch's result as it is.
_SPOILS = ("error_", "fatal_", "retry_later", "signal_")


def activities() -> Sequence[Callable[..., Any]]:
    """The real activities; the model is the server on loopback."""
    fan_out = FanOutActivities(AsyncOpenAI(base_url=lasting_endpoint(), api_key="loopback", max_retries=0))
    return [fan_out.count_words, fan_out.digest]


def one_bad_document(run: RunResult) -> bool:
    """Whether the batch ended well without a document that failed for good, or that it was told to skip."""
    spoilt = any(strike.persistent or strike.fault.startswith(_SPOILS) or strike.at.part for strike in run.plan.strikes)
    return spoilt and isinstance(run.result, dict) and all_accounted_for(run)


def all_accounted_for(run: RunResult) -> bool:
    """Whether each document for which a child was started is summed up, failed or skipped in a batch that completed."""
    if not isinstance(run.result, dict):
        return True
    result = cast("dict[str, Any]", run.result)
    found = [summary["document_id"] for summary in result["summaries"]] + result["failed"] + result["skipped"]
    begun = [line for line in run.normal if '"startChildWorkflowExecutionInitiatedEventAttributes"' in line]
    return len(set(found)) >= len(begun)


BATCH = Scenario(
    name="fan_out",
    workflow=FanOut,
    workflows=[DocumentSummary],
    args=[Batch(DOCUMENTS)],
    activities=activities,
    signals=[Signal("skip", ["long"])],
    # One bad document does not spoil the batch, so that a fault's victim is missing from the result.
    accepts=one_bad_document,
    invariants=[all_accounted_for],
)
