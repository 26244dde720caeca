"""Activities of a sweep are answered from the cassette, each run from its own use of it."""

from typing import Any

from temporalio import activity
from temporalio.worker import ActivityInboundInterceptor, ExecuteActivityInput, Interceptor

from replaykit.adapters.activity_tape import ActivityTape
from replaykit.adapters.chaos.armed import Registry


class Answering(Interceptor):
    """Stands next to the activities themselves, behind whatever strikes them."""

    def __init__(self, registry: Registry) -> None:
        self._registry = registry

    def intercept_activity(self, next: ActivityInboundInterceptor) -> ActivityInboundInterceptor:  # noqa: A002 - the SDK's
        """Answer what the run's cassette holds."""
        return _Answered(next, self._registry)


class _Answered(ActivityInboundInterceptor):
    def __init__(self, following: ActivityInboundInterceptor, registry: Registry) -> None:
        super().__init__(following)
        self._registry = registry

    async def execute_activity(self, input: ExecuteActivityInput) -> Any:  # noqa: A002, ANN401 - the SDK's names
        armed = self._registry.of(activity.info().workflow_id)
        if armed is None or armed.answers is None:
            return await super().execute_activity(input)
        answers = armed.answers
        tape = ActivityTape(self.next, answers.player, answers=answers.activities, http=answers.http)
        return await tape.execute_activity(input)
