"""Where the runs of a sweep have their workers, and what a run gave."""

import uuid
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import timedelta

from temporalio.client import WorkflowHistory

from replaykit.adapters.chaos.armed import Armed
from replaykit.adapters.chaos.wire_lane import WireLane
from replaykit.model.chaos import RunResult


@dataclass(frozen=True, slots=True)
class Lanes:
    """The task queues of a sweep's workers.

    Attributes:
        cached: Its worker keeps workflows in its cache.
        uncached: Its worker replays them at every task.
        wire: The lane behind a proxy; None where there is nothing to make a proxy of.
    """

    cached: str
    uncached: str
    wire: WireLane | None = None

    @classmethod
    def fresh(cls) -> "Lanes":
        """Return lanes of which nobody else on the server knows."""
        name = f"replaykit-chaos-{uuid.uuid4().hex[:8]}"
        return cls(name, f"{name}-uncached")


@dataclass(frozen=True, slots=True)
class Ran:
    """A run: what it gave, and the histories of its family, the run's own first."""

    result: RunResult
    histories: tuple[WorkflowHistory, ...]


@dataclass(frozen=True, slots=True)
class Lane:
    """Where a run's workers are, and what is done about it before it starts and when it has ended."""

    task_queue: str
    arms: Callable[[Armed], Awaitable[None]]
    leaves: Callable[[Armed], Awaitable[None]]
    task_timeout: timedelta | None = None
