"""Each run has a clock of its own on the real server: timers and backoff take no time."""

from typing import Any

from temporalio.api.common.v1 import TimeSkippingConfig
from temporalio.client import Interceptor, OutboundInterceptor, StartWorkflowInput, WorkflowHandle

# Settings of the dev server: the clocks, and timers that do not come up to a second late, as they do by default.
SETTINGS = (
    "frontend.WorkflowTimeSkippingEnabled=true",
    'history.timerProcessorMaxTimeShift="5ms"',
)


class OwnClock(Interceptor):
    """Gives every workflow that a client starts a clock that skips what nobody waits for."""

    def intercept_client(self, next: OutboundInterceptor) -> OutboundInterceptor:  # noqa: A002 - the SDK's
        """Stamp what is started."""
        return _Stamping(next)


class _Stamping(OutboundInterceptor):
    async def start_workflow(self, input: StartWorkflowInput) -> WorkflowHandle[Any, Any]:  # noqa: A002 - the SDK's
        input.time_skipping_config = TimeSkippingConfig(enabled=True)
        return await super().start_workflow(input)
