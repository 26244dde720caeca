"""Approvals under chaos: `replaykit chaos examples/approval`."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from pathlib import Path
from typing import Any

from openai import AsyncOpenAI
from temporalio.client import WorkflowHandle

from examples.llm_server import lasting_endpoint
from replaykit import Scenario, Signal

from .activities import ApprovalActivities
from .desk import Desk
from .models import ApprovalRequest, ApprovalResult, Review, Verdict
from .workflows import STATE, Approval


def activities() -> Sequence[Callable[..., Any]]:
    """The real activities on a desk of their own; the model is the server on loopback."""
    llm = AsyncOpenAI(base_url=lasting_endpoint(), api_key="loopback", max_retries=0)
    approval = ApprovalActivities(Desk(Path(".replaykit/chaos/approval.sqlite3")), llm)
    return [approval.draft, approval.remind, approval.publish, approval.withdraw]


def reviewed(*reviews: Review) -> Callable[[WorkflowHandle[Approval, ApprovalResult]], Awaitable[None]]:
    """What the reviewers do: each waits for a draft of its own, and then says its word."""

    async def drive(handle: WorkflowHandle[Approval, ApprovalResult]) -> None:
        for number, review in enumerate(reviews, start=1):
            # Not a query: its answer may be ahead of the history. An update that arrives in one workflow task with
            # what it waits for does not replay (TMPRL1100, temporalio 1.35).
            while (await handle.describe()).typed_search_attributes.get(STATE) != "waiting":  # noqa: ASYNC110 - a server's state
                await asyncio.sleep(0.05)
            await handle.execute_update(Approval.review, review, id=f"{handle.id}-review-{number}")

    return drive


# No reminders: a clock that skips would send as many as it likes while the reviewers make up their minds.
REQUEST = ApprovalRequest("the new ferry timetable", remind_after_seconds=0)

PUBLISHED = Scenario(
    name="approval",
    workflow=Approval,
    args=[REQUEST],
    activities=activities,
    drive=reviewed(Review("ada", Verdict.CHANGES, "shorter, please"), Review("ada", Verdict.APPROVE)),
    signals=[Signal("comment", ["who checks the numbers?"])],
    search_attributes={STATE.name: "Keyword"},
)

REJECTED = Scenario(
    name="approval_rejected",
    workflow=Approval,
    args=[REQUEST],
    activities=activities,
    drive=reviewed(Review("grace", Verdict.REJECT)),
    # Taken back by its author in the same moment: withdrawn is withdrawn.
    signals=[Signal("withdraw")],
    search_attributes={STATE.name: "Keyword"},
)
