"""Whose history a list of events is: read off the events, and said so where it is a guess."""

import hashlib
import re
from collections.abc import Mapping, Sequence
from typing import Any

from temporalio.api.enums.v1 import EventType, WorkflowTaskFailedCause
from temporalio.api.history.v1 import HistoryEvent

from replaykit.model.history import Identity

GUESSED_FROM_NAME = "its workflow id is guessed from the file's name: the server that recorded it did not write it down"
GUESSED_FROM_RUN = "its run id stands in the place of its workflow id, which its server did not write down"
NO_RUN_ID = "its events tell no run id"

# Where Temporal Cloud puts what it exports; the last part of the path is a random id.
_CLOUD = re.compile(r"(?:^|/)temporal-workflow-history/export/([^/]+)/\d{4}/\d\d/\d\d/")
_SUFFIX = re.compile(r"\.(jsonl?|binpb|pb|proto|bin)$")
_PACKED = re.compile(r"\.(gz|zst|zstd)$")


def suffix_of(path: str) -> str | None:
    """Return the suffix that names a kind of history, whatever it is packed in; "" for none, None for another one."""
    name = _PACKED.sub("", path.rpartition("/")[2])
    found = _SUFFIX.search(name)
    if found:
        return found.group(1)
    return None if "." in name else ""


def stem_of(path: str) -> str:
    """Return a file's name without the suffixes that histories have."""
    return _SUFFIX.sub("", _PACKED.sub("", path.rpartition("/")[2]))


def identity_of_run(
    events: Sequence[HistoryEvent], *, note: Mapping[str, Any], namespace: str, path: str, alone: bool
) -> tuple[Identity, tuple[str, ...]]:
    """Tell whose history it is, and what of that is a guess.

    Args:
        events: All events, the first of them WorkflowExecutionStarted.
        note: What replaykit noted beside the events; it goes before all else.
        namespace: The namespace where neither note nor path tell it.
        path: The file's address; below Temporal Cloud's own directories it tells the namespace.
        alone: The file holds this history alone, so its name may be the workflow id.
    """
    started = events[0].workflow_execution_started_event_attributes
    cloud = _CLOUD.search(path)
    run_id = _text(note, "runId") or actual_run_id(events)
    workflow_id = _text(note, "workflowId") or started.workflow_id
    remarks = []
    if not workflow_id:
        workflow_id = stem_of(path) if alone or not run_id else run_id
        remarks.append(GUESSED_FROM_NAME if alone or not run_id else GUESSED_FROM_RUN)
    if not run_id:
        remarks.append(NO_RUN_ID)
    identity = Identity(
        workflow_id=workflow_id,
        run_id=run_id,
        workflow_type=started.workflow_type.name,
        task_queue=started.task_queue.name,
        namespace=_text(note, "namespace") or namespace or (cloud.group(1) if cloud else ""),
    )
    return identity, tuple(remarks)


def actual_run_id(events: Sequence[HistoryEvent]) -> str:
    """Read a run's own id off its events.

    A run that was made by a reset begins with a copy of the events of the run it was reset from, the id of that
    run's own beginning included. The reset itself is a WorkflowTaskFailed that names the new run. A run that was reset
    from one that was reset has both: its own is the last (server 1.32).
    """
    reset = ""
    for event in events:
        if event.event_type == EventType.EVENT_TYPE_WORKFLOW_TASK_FAILED:
            failed = event.workflow_task_failed_event_attributes
            if failed.cause == WorkflowTaskFailedCause.WORKFLOW_TASK_FAILED_CAUSE_RESET_WORKFLOW:
                reset = failed.new_run_id or reset
    return reset or events[0].workflow_execution_started_event_attributes.original_execution_run_id


def key_of(identity: Identity, events: Sequence[HistoryEvent]) -> bytes:
    """Shrink an identity to 16 bytes, of which millions fit in memory; the events stand in for a run id unknown."""
    digest = hashlib.blake2b(digest_size=16)
    for part in (identity.namespace, identity.workflow_id, identity.run_id):
        digest.update(part.encode("utf-8", "surrogatepass") + b"\0")
    if not identity.run_id:
        for event in events:
            digest.update(event.SerializeToString(deterministic=True))
    return digest.digest()


def _text(note: Mapping[str, Any], key: str) -> str:
    value = note.get(key)
    return value if isinstance(value, str) else ""
