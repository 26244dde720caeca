"""Which workflow belongs to which run under a plan."""

import threading
from collections.abc import Collection

from replaykit.adapters.chaos.armed import Armed
from replaykit.model.chaos import FaultPlan


class Registry:
    """The runs of a sweep in one process, by the ids of all workflows of their families."""

    def __init__(self) -> None:
        self._armed: dict[str, Armed] = {}
        self._lock = threading.Lock()

    def arm(
        self, workflow_id: str, plan: FaultPlan, *, untrusted: Collection[str] = (), updates: bool = False
    ) -> Armed:
        """Put a run under a plan before it starts."""
        armed = Armed(plan, workflow_id, untrusted=untrusted, updates=updates)
        with self._lock:
            self._armed[workflow_id] = armed
        return armed

    def joins(self, workflow_id: str, armed: Armed) -> None:
        """Count a child to the family of its parent."""
        with self._lock:
            self._armed.setdefault(workflow_id, armed)

    def of(self, workflow_id: str | None) -> Armed | None:
        """Return the run that a workflow belongs to; None for a stranger."""
        with self._lock:
            return self._armed.get(workflow_id or "")

    def disarm(self, armed: Armed) -> None:
        """Forget a run and its family."""
        with self._lock:
            for workflow_id in [known for known, other in self._armed.items() if other is armed]:
                del self._armed[workflow_id]
