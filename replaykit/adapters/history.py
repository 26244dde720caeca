"""A checked document becomes a `History` and the SDK's own form of it."""

import contextlib
from collections.abc import Sequence
from pathlib import Path

from google.protobuf.json_format import ParseError
from temporalio.api.enums.v1 import EventType
from temporalio.api.history.v1 import HistoryEvent
from temporalio.client import WorkflowHistory
from temporalio.converter import DataConverter

from replaykit.adapters import recorded
from replaykit.adapters.event_json import Unusual, events_from
from replaykit.adapters.history_file import SAVE_AGAIN, Document, identity_note
from replaykit.adapters.options import timeouts_of
from replaykit.adapters.payloads import encoding_of, is_read
from replaykit.adapters.received import received
from replaykit.errors import HistoryInvalid
from replaykit.model.history import History, Identity, RunStatus, WorkflowTask

# Core's flags in sdkMetadata.coreUsedFlags of WorkflowTaskCompleted (sdk-core, internal_flags.rs).
FLAG_CHECKS_IDS = 1
FLAG_MOVES_END_LAST = 3

_STATUS = {
    EventType.EVENT_TYPE_WORKFLOW_EXECUTION_COMPLETED: RunStatus.COMPLETED,
    EventType.EVENT_TYPE_WORKFLOW_EXECUTION_FAILED: RunStatus.FAILED,
    EventType.EVENT_TYPE_WORKFLOW_EXECUTION_CANCELED: RunStatus.CANCELLED,
    EventType.EVENT_TYPE_WORKFLOW_EXECUTION_TERMINATED: RunStatus.TERMINATED,
    EventType.EVENT_TYPE_WORKFLOW_EXECUTION_TIMED_OUT: RunStatus.TIMED_OUT,
    EventType.EVENT_TYPE_WORKFLOW_EXECUTION_CONTINUED_AS_NEW: RunStatus.CONTINUED_AS_NEW,
}
_TYPES = frozenset(EventType.values()) - {EventType.EVENT_TYPE_UNSPECIFIED}


def load(document: Document, path: Path, converter: DataConverter) -> tuple[History, WorkflowHistory]:
    """Parse a checked document.

    Raises:
        HistoryInvalid: An event cannot be read as Temporal's protocol.
    """
    identity, guessed = identity_of(document, path)
    parsed = parse(document, identity.workflow_id, path)
    return describe(parsed.events, identity, converter, guessed_id=guessed), parsed


def identity_of(document: Document, path: Path) -> tuple[Identity, bool]:
    """Read whose history a document is, and whether the workflow id had to be guessed from the file's name.

    Server 1.32 records the workflow id in event 1; older ones and the time-skipping test server do not.
    """
    note = identity_note(document)
    started = document["events"][0]["workflowExecutionStartedEventAttributes"]
    workflow_id = note.get("workflowId") or _text(started.get("workflowId"))
    run_id = note.get("runId") or _text(started.get("originalExecutionRunId"))
    identity = Identity(
        workflow_id=workflow_id or path.name.removesuffix(".json"),
        run_id=run_id,
        workflow_type=_name(started.get("workflowType")),
        task_queue=_name(started.get("taskQueue")),
        namespace=note.get("namespace", ""),
    )
    return identity, not workflow_id


def parse(document: Document, workflow_id: str, path: Path | str) -> WorkflowHistory:
    """Turn a checked document into the SDK's history.

    Raises:
        HistoryInvalid: An event has a field that Temporal's protocol does not read.
    """
    with contextlib.suppress(Unusual):
        return WorkflowHistory(workflow_id, _known(events_from(document["events"]), path))
    try:
        found = WorkflowHistory.from_json(workflow_id, document)
    except (ParseError, ValueError, TypeError, KeyError) as error:
        # The parser's text quotes values: histories hold production data, so only the path is repeated.
        where = str(error).split(":", 1)[0][:120]
        raise HistoryInvalid(
            f"{path} has an event that Temporal's protocol does not read.",
            cause=f"{type(error).__name__}: {where}",
            fix=f"save the history again: {SAVE_AGAIN}",
        ) from None
    return WorkflowHistory(workflow_id, _known(found.events, path))


def _known(events: Sequence[HistoryEvent], path: Path | str) -> Sequence[HistoryEvent]:
    for event in events:
        if event.event_type not in _TYPES:
            # What a parser does not know it leaves out, and Core would wait for ever for what the event is about.
            raise HistoryInvalid(
                f"{path} has an event of a type that this version of temporalio does not know.",
                cause=f"event {event.event_id}: a newer server wrote it, or the file was changed by hand",
                fix=f"install a newer temporalio, or save the history again: {SAVE_AGAIN}",
            )
    return events


def _text(value: object) -> str:
    return value if isinstance(value, str) else ""


def _name(value: object) -> str:
    return _text(value.get("name")) if isinstance(value, dict) else ""


def status_of(events: Sequence[HistoryEvent]) -> RunStatus:
    """Say how a run stands at the end of its events."""
    return _STATUS.get(events[-1].event_type, RunStatus.OPEN) if events else RunStatus.OPEN


def describe(
    events: Sequence[HistoryEvent],
    identity: Identity,
    converter: DataConverter,
    *,
    guessed_id: bool,
) -> History:
    """Read all that a judgement needs off a run's events."""
    completed = [event for event in events if event.event_type == EventType.EVENT_TYPE_WORKFLOW_TASK_COMPLETED]
    flags: set[int] = set()
    for event in completed:
        flags |= set(event.workflow_task_completed_event_attributes.sdk_metadata.core_used_flags)
    return History(
        identity=identity,
        trace=recorded.trace_of(events, converter.payload_converter),
        received=received(events, converter.payload_converter),
        status=status_of(events),
        events=len(events),
        tasks=tuple(
            WorkflowTask(event.workflow_task_completed_event_attributes.started_event_id, event.event_id)
            for event in completed
        ),
        timeouts=timeouts_of(events[0]),
        started=events[0].event_time.ToNanoseconds() / 1e9,
        checks_ids=FLAG_CHECKS_IDS in flags,
        moves_end_last=FLAG_MOVES_END_LAST in flags,
        awaits_local_activity=_heartbeats_last(events),
        fails_pending_task=_fails_pending(events),
        undecoded=_undecoded(events, converter),
        guessed_id=guessed_id,
    )


def _heartbeats_last(events: Sequence[HistoryEvent]) -> bool:
    """Say whether the last completed workflow task only kept a local activity alive.

    Core then completes the task with no commands and asks for the next at once.
    """
    for index in range(len(events) - 1, -1, -1):
        if events[index].event_type == EventType.EVENT_TYPE_WORKFLOW_TASK_COMPLETED:
            after = events[index + 1 :]
            return bool(after) and after[0].event_type == EventType.EVENT_TYPE_WORKFLOW_TASK_SCHEDULED
    return False


def _fails_pending(events: Sequence[HistoryEvent]) -> bool:
    for event in reversed(events):
        if event.event_type == EventType.EVENT_TYPE_WORKFLOW_TASK_COMPLETED:
            return False
        if event.event_type == EventType.EVENT_TYPE_WORKFLOW_TASK_FAILED:
            return True
    return False


def _undecoded(events: Sequence[HistoryEvent], converter: DataConverter) -> str | None:
    """Name the first encoding among inputs and results that nobody here can read."""
    for event in events:
        attributes = event.WhichOneof("attributes")
        said = getattr(event, attributes) if attributes else None
        for name in ("input", "result"):
            field = getattr(said, name, None)
            for payload in getattr(field, "payloads", ()):
                if not is_read(payload, converter):
                    return encoding_of(payload) or "unknown"
    return None
