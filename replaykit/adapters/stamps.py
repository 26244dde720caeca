"""What a history's events say beside the run itself: the SDKs and builds of its workers, and when it ended."""

from collections.abc import Sequence

from temporalio.api.enums.v1 import EventType, VersioningBehavior
from temporalio.api.history.v1 import HistoryEvent

from replaykit.model.history import RunStatus
from replaykit.model.shape import Stamps

_BEHAVIORS = {
    VersioningBehavior.VERSIONING_BEHAVIOR_PINNED: "pinned",
    VersioningBehavior.VERSIONING_BEHAVIOR_AUTO_UPGRADE: "auto_upgrade",
}


def stamps_of(events: Sequence[HistoryEvent], status: RunStatus) -> Stamps:
    """Read the stamps of a run."""
    sdks: set[str] = set()
    builds: set[str] = set()
    behavior = ""
    for event in events:
        if event.event_type == EventType.EVENT_TYPE_WORKFLOW_TASK_COMPLETED:
            said = event.workflow_task_completed_event_attributes
            behavior = _BEHAVIORS.get(said.versioning_behavior, "unversioned")
            # Core writes name and version where they have changed since the task before.
            if said.sdk_metadata.sdk_version:
                sdks.add(f"{said.sdk_metadata.sdk_name or 'SDK'} {said.sdk_metadata.sdk_version}")
            # A worker without versioning is stamped with a digest of its code, which every deploy changes.
            if said.deployment_version.build_id:
                builds.add(f"{said.deployment_version.deployment_name} {said.deployment_version.build_id}".strip())
            elif said.worker_version.use_versioning:
                builds.add(said.worker_version.build_id)
    ended = None if status is RunStatus.OPEN else events[-1].event_time.ToNanoseconds() / 1e9
    return Stamps(tuple(sorted(sdks)), tuple(sorted(builds)), ended, behavior)
