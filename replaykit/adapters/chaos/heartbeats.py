"""An attempt's heartbeats: whether it sends any, and which timeout tells of it when they stop."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

from temporalio.activity import Info
from temporalio.worker import ActivityOutboundInterceptor

from replaykit.model.scenario import PATIENCE

# A lost attempt that is told of within the time that a run may take leaves no run waiting.
_SOON = timedelta(seconds=PATIENCE)


class Noticing(ActivityOutboundInterceptor):
    """Notices that an attempt heartbeats.

    Args:
        following: The next interceptor.
        beats: Called at each heartbeat, from whichever thread.
    """

    def __init__(self, following: ActivityOutboundInterceptor, beats: Callable[[], None]) -> None:
        super().__init__(following)
        self._beats = beats

    def heartbeat(self, *details: Any) -> None:  # noqa: ANN401 - the SDK's
        """Hand the heartbeat on."""
        self._beats()
        super().heartbeat(*details)


def that_tells_of_silence(info: Info) -> str:
    """Name the timeout by which an attempt's silence is noticed; empty where none comes for a long time.

    Heartbeats that no timeout waits for tell nobody anything: such an attempt is given up at its end only, so that
    bringing that on would hide what is missing.
    """
    if info.heartbeat_timeout:
        return "heartbeat_timeout"
    ends = [limit for limit in (info.start_to_close_timeout, info.schedule_to_close_timeout) if limit]
    return "start_to_close_timeout" if ends and min(ends) <= _SOON else ""
