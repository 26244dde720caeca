"""The third generation of the digest, kept only to record histories with a deprecated patch marker."""

from datetime import timedelta

from temporalio import workflow
from temporalio.common import RetryPolicy

with workflow.unsafe.imports_passed_through():
    from .activities import DigestActivities
    from .models import DigestRequest, Posting

STEP = workflow.ActivityConfig(
    start_to_close_timeout=timedelta(seconds=30),
    retry_policy=RetryPolicy(backoff_coefficient=2.0, maximum_attempts=5),
)
CHECK_TONE = "check-tone"


@workflow.defn
class VersionedDigest:
    """Collect → check the tone → wait out the quiet hours → post."""

    @workflow.run
    async def run(self, request: DigestRequest) -> int:
        """Post a digest; returns how many headlines it has."""
        draft = await workflow.execute_activity_method(DigestActivities.collect_headlines, request, **STEP)
        workflow.deprecate_patch(CHECK_TONE)  # no run of the first generation is open any more
        draft = await workflow.execute_activity_method(DigestActivities.check_tone, draft, **STEP)
        await workflow.sleep(request.quiet_seconds)
        posting = Posting(f"{workflow.info().workflow_id}/post", draft.headlines)
        await workflow.execute_activity_method(DigestActivities.post_digest, posting, **STEP)
        return len(draft.headlines)
