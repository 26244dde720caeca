"""A draft that waits for a human, days if need be, and is then published or withdrawn."""

import asyncio
from datetime import timedelta

from temporalio import workflow
from temporalio.common import RetryPolicy, SearchAttributeKey
from temporalio.exceptions import ApplicationError, FailureError, is_cancelled_exception

with workflow.unsafe.imports_passed_through():
    from .activities import ApprovalActivities
    from .models import (
        ApprovalRequest,
        ApprovalResult,
        DraftOrder,
        Notice,
        Review,
        Standing,
        Verdict,
        Withdrawal,
    )

STATE = SearchAttributeKey.for_keyword("ApprovalState")

ASK_MODEL = workflow.ActivityConfig(
    start_to_close_timeout=timedelta(minutes=10),
    heartbeat_timeout=timedelta(minutes=1),
    retry_policy=RetryPolicy(
        backoff_coefficient=2.0,
        maximum_attempts=5,
        non_retryable_error_types=["AuthenticationError", "BadRequestError", "NotFoundError"],
    ),
)
DESK_WORK = workflow.ActivityConfig(start_to_close_timeout=timedelta(seconds=30))


@workflow.defn
class Approval:
    """Draft (model) → review (human), again on request → publish or withdraw."""

    def __init__(self) -> None:
        self._state = "new"
        self._drafts = 0
        self._reminders = 0
        self._reviews: list[Review] = []
        self._comments: list[str] = []
        self._withdrawn = False

    @workflow.run
    async def run(self, request: ApprovalRequest) -> ApprovalResult:
        """Bring the text to a decision; a cancelled approval clears its desk first."""
        try:
            wishes: list[str] = []
            while True:
                text = await self._draft(request.topic, wishes)
                review = await self._next_review(request)
                if review is None or review.verdict == Verdict.REJECT:
                    await self._clear_desk()
                    return ApprovalResult("withdrawn", self._drafts)
                if review.verdict == Verdict.APPROVE:
                    await self._publish(text, request.companion)
                    return ApprovalResult("published", self._drafts)
                wishes = [*wishes, review.wish]
        except (FailureError, asyncio.CancelledError) as error:
            if is_cancelled_exception(error):
                await self._clear_desk()
            raise

    @workflow.signal
    def comment(self, text: str) -> None:
        """Say something that does not decide anything."""
        self._comments.append(text)

    @workflow.signal
    def withdraw(self) -> None:
        """The author takes the text back."""
        self._withdrawn = True

    @workflow.update
    def review(self, review: Review) -> str:
        """Decide about the current draft; returns what happens next."""
        self._reviews.append(review)
        return f"draft {self._drafts}: {review.verdict}"

    @review.validator
    def _check_review(self, review: Review) -> None:
        if self._state != "waiting":
            message = f"nothing to review: the approval is {self._state}"
            raise ApplicationError(message, type="NothingToReview")
        if review.verdict == Verdict.CHANGES and not review.wish:
            raise ApplicationError("say what should change", type="WishMissing")

    @workflow.query
    def standing(self) -> Standing:
        """Where the approval stands."""
        return Standing(self._state, self._drafts, self._reminders, list(self._comments))

    async def _draft(self, topic: str, wishes: list[str]) -> str:
        self._enter("drafting")
        self._drafts += 1
        return await workflow.execute_activity_method(
            ApprovalActivities.draft,
            DraftOrder(self._key(f"draft-{self._drafts}"), topic, wishes),
            **ASK_MODEL,
        )

    async def _next_review(self, request: ApprovalRequest) -> Review | None:
        """The next review, or None when the author takes the text back."""
        self._enter("waiting")
        patience = timedelta(seconds=request.remind_after_seconds) or None
        while True:
            try:
                await workflow.wait_condition(lambda: bool(self._reviews) or self._withdrawn, timeout=patience)
            except TimeoutError:
                self._reminders += 1
                notice = Notice(self._key(f"remind-{self._reminders}"), f"please review: {request.topic}")
                await workflow.execute_activity_method(ApprovalActivities.remind, notice, **DESK_WORK)
            else:
                return None if self._withdrawn else self._reviews.pop(0)

    async def _publish(self, text: str, companion: str | None) -> None:
        self._enter("publishing")
        notice = Notice(self._key("publish"), text)
        await workflow.execute_activity_method(ApprovalActivities.publish, notice, **DESK_WORK)
        self._enter("published")
        if companion is not None:
            news = workflow.get_external_workflow_handle_for(Approval.run, companion).signal(
                Approval.comment, f"{workflow.info().workflow_id} is published"
            )
            try:
                # Shielded: a cancel that comes in the same workflow task as the signal's answer would take back what is
                # over, which the SDK's core takes for non-determinism (temporalio 1.35): the run would be wedged.
                await asyncio.shield(news)
            except ApplicationError:  # the companion ended first: nobody is left to tell
                workflow.logger.info("companion %s is not open", companion)

    async def _clear_desk(self) -> None:
        self._enter("withdrawn")
        withdrawal = Withdrawal(self._key("withdraw"))
        await workflow.execute_activity_method(ApprovalActivities.withdraw, withdrawal, **DESK_WORK)

    def _enter(self, state: str) -> None:
        self._state = state
        workflow.upsert_search_attributes([STATE.value_set(state)])

    def _key(self, step: str) -> str:
        return f"{workflow.info().workflow_id}/{step}"
