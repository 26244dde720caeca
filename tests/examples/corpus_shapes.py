"""Shapes of histories, told from their events alone."""

import base64
import json
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any


@dataclass(frozen=True)
class Recorded:
    """One history file and what its events say."""

    path: Path
    events: Sequence[dict[str, Any]]

    @cached_property
    def types(self) -> list[str]:
        """The events' types in order, such as `TimerFired` as TIMER_FIRED."""
        return [event["eventType"].removeprefix("EVENT_TYPE_") for event in self.events]

    @property
    def is_open(self) -> bool:
        """Whether the run had not ended when it was recorded."""
        return not self.ended("COMPLETED", "FAILED", "CANCELED", "TERMINATED", "TIMED_OUT", "CONTINUED_AS_NEW")

    def ended(self, *ways: str) -> bool:
        """Whether the run ended in one of these ways."""
        return self.types[-1] in {f"WORKFLOW_EXECUTION_{way}" for way in ways}

    def has(self, *types: str) -> bool:
        """Whether there are events of all these types."""
        return set(types) <= set(self.types)

    def attributes(self, event_type: str) -> list[dict[str, Any]]:
        """The attributes of all events of a type."""
        first, *rest = event_type.lower().split("_")
        key = first + "".join(word.capitalize() for word in rest) + "EventAttributes"
        return [event[key] for event in self.events if key in event]

    def pending(self, opener: str, closers: Collection[str], reference: str) -> bool:
        """Whether an opened thing (activity, timer, child) is not closed by the end of the history."""
        opened = {event["eventId"] for event, kind in zip(self.events, self.types, strict=True) if kind == opener}
        closed = {attributes.get(reference) for closer in closers for attributes in self.attributes(closer)}
        return self.is_open and bool(opened - closed)

    @property
    def pending_activity(self) -> bool:
        """Whether an activity is scheduled and not closed."""
        closers = [f"ACTIVITY_TASK_{end}" for end in ("COMPLETED", "FAILED", "CANCELED", "TIMED_OUT")]
        return self.pending("ACTIVITY_TASK_SCHEDULED", closers, "scheduledEventId")

    @property
    def pending_timer(self) -> bool:
        """Whether a timer is started and not closed."""
        return self.pending("TIMER_STARTED", ["TIMER_FIRED", "TIMER_CANCELED"], "startedEventId")

    @property
    def pending_child(self) -> bool:
        """Whether a child is initiated and not closed."""
        ends = ("COMPLETED", "FAILED", "CANCELED", "TIMED_OUT", "TERMINATED")
        closers = [f"CHILD_WORKFLOW_EXECUTION_{end}" for end in ends]
        return self.pending("START_CHILD_WORKFLOW_EXECUTION_INITIATED", closers, "initiatedEventId")

    @property
    def reset_from(self) -> str | None:
        """The run id this run was reset from."""
        for failed in self.attributes("WORKFLOW_TASK_FAILED"):
            if failed.get("cause") == "WORKFLOW_TASK_FAILED_CAUSE_RESET_WORKFLOW":
                return str(failed["baseRunId"])
        return None

    @property
    def patches(self) -> list[bool]:
        """For each patch marker, whether it is deprecated."""
        return [
            json.loads(base64.b64decode(marker["details"]["patch-data"]["payloads"][0]["data"]))["deprecated"]
            for marker in self.attributes("MARKER_RECORDED")
            if marker["markerName"] == "core_patch"
        ]

    @property
    def local_activities(self) -> int:
        """How many local activities ran."""
        return sum(m["markerName"] == "core_local_activity" for m in self.attributes("MARKER_RECORDED"))


SHAPES: dict[str, Callable[[Recorded], object]] = {
    "completed": lambda r: r.ended("COMPLETED"),
    "failed": lambda r: r.ended("FAILED"),
    "cancelled": lambda r: r.ended("CANCELED"),
    "terminated": lambda r: r.ended("TERMINATED"),
    "timed out": lambda r: r.ended("TIMED_OUT"),
    "continued as new": lambda r: r.ended("CONTINUED_AS_NEW"),
    "run that continues another": lambda r: r.attributes("WORKFLOW_EXECUTION_STARTED")[0].get(
        "continuedExecutionRunId"
    ),
    "reset": lambda r: r.reset_from,
    "open, waiting for a signal": lambda r: (
        r.is_open
        and r.types[-1] == "WORKFLOW_TASK_COMPLETED"
        and not (r.pending_activity or r.pending_timer or r.pending_child)
    ),
    "open, pending activity": lambda r: r.pending_activity,
    "open, pending timer": lambda r: r.pending_timer,
    "open, pending child": lambda r: r.pending_child,
    "open, first workflow task in progress": lambda r: (
        r.types[-1] == "WORKFLOW_TASK_STARTED" and not r.has("WORKFLOW_TASK_COMPLETED")
    ),
    "open, later workflow task in progress": lambda r: (
        r.types[-1] == "WORKFLOW_TASK_STARTED" and r.has("WORKFLOW_TASK_COMPLETED")
    ),
    "retried activity that completed": lambda r: (
        r.ended("COMPLETED") and any(a["attempt"] > 1 for a in r.attributes("ACTIVITY_TASK_STARTED"))
    ),
    "activity that used up its attempts": lambda r: any(
        f.get("retryState") == "RETRY_STATE_MAXIMUM_ATTEMPTS_REACHED" for f in r.attributes("ACTIVITY_TASK_FAILED")
    ),
    "activity whose error is not retried": lambda r: any(
        f.get("retryState") == "RETRY_STATE_NON_RETRYABLE_FAILURE" for f in r.attributes("ACTIVITY_TASK_FAILED")
    ),
    "failed workflow task, then completed": lambda r: (
        r.ended("COMPLETED") and r.has("WORKFLOW_TASK_FAILED") and not r.reset_from
    ),
    "timed out workflow task, then completed": lambda r: (
        r.ended("COMPLETED")
        and any(t.get("timeoutType") == "TIMEOUT_TYPE_START_TO_CLOSE" for t in r.attributes("WORKFLOW_TASK_TIMED_OUT"))
    ),
    "signal": lambda r: r.has("WORKFLOW_EXECUTION_SIGNALED"),
    "signal to another workflow": lambda r: r.has("EXTERNAL_WORKFLOW_EXECUTION_SIGNALED"),
    "update": lambda r: r.has("WORKFLOW_EXECUTION_UPDATE_ACCEPTED", "WORKFLOW_EXECUTION_UPDATE_COMPLETED"),
    "cancel requested": lambda r: r.has("WORKFLOW_EXECUTION_CANCEL_REQUESTED"),
    "child completed": lambda r: r.has("CHILD_WORKFLOW_EXECUTION_COMPLETED"),
    "child failed": lambda r: r.has("CHILD_WORKFLOW_EXECUTION_FAILED"),
    "child cancelled": lambda r: r.has("CHILD_WORKFLOW_EXECUTION_CANCELED"),
    "run of a child": lambda r: r.attributes("WORKFLOW_EXECUTION_STARTED")[0].get("parentWorkflowExecution"),
    "local activity": lambda r: r.local_activities,
    "timer fired": lambda r: r.has("TIMER_FIRED"),
    "timer cancelled": lambda r: r.has("TIMER_CANCELED"),
    "search attribute": lambda r: r.has("UPSERT_WORKFLOW_SEARCH_ATTRIBUTES"),
    "memo": lambda r: r.has("WORKFLOW_PROPERTIES_MODIFIED"),
    "started by a schedule": lambda r: "TemporalScheduledById" in json.dumps(r.events[0]),
    "patch of the first generation, unmarked": lambda r: "VersionedDigest" in r.path.parts and not r.patches,
    "patch of the second generation, marked": lambda r: False in r.patches,
    "patch of the third generation, deprecated": lambda r: True in r.patches,
}


def read(path: Path) -> Recorded:
    """Read one history file."""
    return Recorded(path, json.loads(path.read_text(encoding="utf-8"))["events"])
