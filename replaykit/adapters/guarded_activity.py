"""An activity's own code runs under guard: what it reaches past the cassette ends the activity for good."""

from typing import Any

from temporalio import activity
from temporalio.exceptions import ApplicationError
from temporalio.worker import ActivityInboundInterceptor, ExecuteActivityInput

from replaykit.adapters.bypass import Guard
from replaykit.errors import CassetteBypass


class GuardedActivity(ActivityInboundInterceptor):
    """Stands around an activity's own code, inside of whatever answers it."""

    def __init__(self, following: ActivityInboundInterceptor, guard: Guard) -> None:
        super().__init__(following)
        self._guard = guard

    async def execute_activity(self, input: ExecuteActivityInput) -> Any:  # noqa: A002, ANN401 - the SDK's names
        """Run the activity; a bypass takes the place of its result and of its failure."""
        with self._guard.watching(activity.info().activity_type, until=__file__) as watched:
            try:
                result = await super().execute_activity(input)
            except Exception:
                if watched.problem is None:
                    raise
        if watched.problem is not None:
            # An ordinary failure would be retried, by default for ever.
            raise ApplicationError(str(watched.problem), type=CassetteBypass.__name__, non_retryable=True) from None
        return result
