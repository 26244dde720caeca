"""One command of a replay becomes the step that the code asks for."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, TypeAlias

from temporalio.api.common.v1 import Payload
from temporalio.bridge.proto.child_workflow import ChildWorkflowCancellationType
from temporalio.bridge.proto.workflow_commands import ActivityCancellationType, WorkflowCommand
from temporalio.converter import PayloadConverter

from replaykit.adapters.failures import chain_of
from replaykit.adapters.options import (
    CLOSE_POLICIES,
    REUSE_POLICIES,
    activity_timeouts,
    options,
    priority,
    retry_policy,
    seconds,
    workflow_timeouts,
)
from replaykit.adapters.payloads import mapping_of, value_of, values_of
from replaykit.model.history import History
from replaykit.model.step import Step, StepKey, StepKind
from replaykit.model.value import Json, Value


@dataclass(slots=True)
class Reading:
    """What has been read so far while walking the commands once."""

    converter: PayloadConverter
    workflow_type: str
    updates: dict[str, str]
    history: History
    summary: Json | None = None
    activities: dict[int, tuple[str, str, bool]] = field(default_factory=dict)
    children: dict[int, tuple[str, bool]] = field(default_factory=dict)
    operations: dict[int, tuple[str, str]] = field(default_factory=dict)
    accepted: set[str] = field(default_factory=set)

    def values(self, payloads: Sequence[Any]) -> tuple[Value, ...]:
        """Decode payloads."""
        return values_of(payloads, self.converter)

    def mapping(self, fields: Mapping[str, Payload]) -> Json:
        """Decode the fields of a memo, of headers or of search attributes."""
        return mapping_of(fields, self.converter)


_Reader: TypeAlias = Callable[[Reading, Any], Step | None]


def step_of(reading: Reading, command: WorkflowCommand) -> Step | None:
    """Read off a command the step that it asks for; nothing where it asks for none."""
    variant = command.WhichOneof("variant")
    metadata = command.user_metadata
    summary = value_of(metadata.summary, reading.converter) if metadata.HasField("summary") else None
    reading.summary = summary if isinstance(summary, Json) else None
    reader = _READERS.get(variant or "")
    return reader(reading, getattr(command, variant)) if variant and reader else None


def _step(kind: StepKind, name: str = "", *, id: str = "", **more: Any) -> Step:  # noqa: A002, ANN401 - Temporal's word; Step's own fields
    return Step(StepKey(kind, name, 0), task=0, id=id, **more)


def _activity(reading: Reading, said: Any) -> Step:  # noqa: ANN401 - one of Core's command messages, here and below
    abandons = said.cancellation_type == ActivityCancellationType.ABANDON
    reading.activities[said.seq] = (said.activity_type, said.activity_id, abandons)
    return _step(
        StepKind.ACTIVITY,
        said.activity_type,
        id=said.activity_id,
        input=reading.values(said.arguments),
        options=options(
            **activity_timeouts(said, reading.history.timeouts),
            retryPolicy=retry_policy(said, always=True),
            taskQueue=said.task_queue or reading.history.identity.task_queue,
            headers=reading.mapping(said.headers),
            priority=priority(said),
            summary=reading.summary,
        ),
    )


def _activity_cancel(reading: Reading, said: Any) -> Step | None:  # noqa: ANN401
    name, id_, abandons = reading.activities.get(said.seq, ("", "", False))
    # An abandoned activity is cancelled in the workflow alone: the server records nothing.
    return None if abandons else _step(StepKind.ACTIVITY_CANCEL, name, id=id_)


def _local_activity(reading: Reading, said: Any) -> Step:  # noqa: ANN401
    return _step(
        StepKind.LOCAL_ACTIVITY,
        said.activity_type,
        id=said.activity_id,
        input=reading.values(said.arguments),
        options=(("seq", Json(said.seq)),),
    )


def _timer(reading: Reading, said: Any) -> Step:  # noqa: ANN401
    said_beside = options(duration=seconds(said.start_to_fire_timeout), summary=reading.summary)
    return _step(StepKind.TIMER, id=str(said.seq), options=said_beside)


def _timer_cancel(_reading: Reading, said: Any) -> Step:  # noqa: ANN401
    return _step(StepKind.TIMER_CANCEL, id=str(said.seq))


def _child(reading: Reading, said: Any) -> Step:  # noqa: ANN401
    abandons = said.cancellation_type == ChildWorkflowCancellationType.ABANDON
    reading.children[said.seq] = (said.workflow_id, abandons)
    return _step(
        StepKind.CHILD,
        said.workflow_type,
        id=said.workflow_id,
        input=reading.values(said.input),
        options=options(
            **workflow_timeouts(said),
            retryPolicy=retry_policy(said, always=False),
            taskQueue=said.task_queue or reading.history.identity.task_queue,
            parentClosePolicy=CLOSE_POLICIES.get(said.parent_close_policy),
            workflowIdReusePolicy=REUSE_POLICIES.get(said.workflow_id_reuse_policy),
            cronSchedule=said.cron_schedule,
            memo=reading.mapping(said.memo),
            searchAttributes=reading.mapping(said.search_attributes.indexed_fields),
            headers=reading.mapping(said.headers),
            priority=priority(said),
            summary=reading.summary,
        ),
    )


def _child_cancel(reading: Reading, said: Any) -> Step | None:  # noqa: ANN401
    id_, abandons = reading.children.get(said.child_workflow_seq, ("", False))
    return None if abandons else _step(StepKind.CANCEL_EXTERNAL, id=id_, options=options(reason=said.reason))


def _signal(reading: Reading, said: Any) -> Step:  # noqa: ANN401
    return _step(
        StepKind.SIGNAL,
        said.signal_name,
        id=said.child_workflow_id or said.workflow_execution.workflow_id,
        input=reading.values(said.args),
        options=options(headers=reading.mapping(said.headers)),
    )


def _cancel_external(_reading: Reading, said: Any) -> Step:  # noqa: ANN401
    return _step(StepKind.CANCEL_EXTERNAL, id=said.workflow_execution.workflow_id, options=options(reason=said.reason))


def _patch(_reading: Reading, said: Any) -> Step:  # noqa: ANN401
    return _step(StepKind.PATCH, said.patch_id, options=(("deprecated", Json(said.deprecated)),))


def _search_attributes(reading: Reading, said: Any) -> Step:  # noqa: ANN401
    attributes = reading.mapping(said.search_attributes.indexed_fields)
    return _step(StepKind.SEARCH_ATTRIBUTES, options=(("attributes", attributes),))


def _memo(reading: Reading, said: Any) -> Step:  # noqa: ANN401
    fields = reading.mapping(said.upserted_memo.fields)
    return _step(StepKind.MEMO, options=(("fields", fields),))


def _nexus(reading: Reading, said: Any) -> Step:  # noqa: ANN401
    name = f"{said.service}/{said.operation}"
    reading.operations[said.seq] = (name, said.endpoint)
    return _step(
        StepKind.NEXUS,
        name,
        id=said.endpoint,
        input=reading.values([said.input]),
        options=options(
            scheduleToCloseTimeout=seconds(said.schedule_to_close_timeout),
            scheduleToStartTimeout=seconds(said.schedule_to_start_timeout),
            startToCloseTimeout=seconds(said.start_to_close_timeout),
            headers=dict(said.nexus_header),
            summary=reading.summary,
        ),
    )


def _nexus_cancel(reading: Reading, said: Any) -> Step:  # noqa: ANN401
    name, endpoint = reading.operations.get(said.seq, ("", ""))
    return _step(StepKind.NEXUS_CANCEL, name, id=endpoint)


def _update(reading: Reading, said: Any) -> Step:  # noqa: ANN401
    id_ = said.protocol_instance_id
    name = reading.updates.get(id_, "")
    match said.WhichOneof("response"):
        case "accepted":
            reading.accepted.add(id_)
            return _step(StepKind.UPDATE_ACCEPTED, name, id=id_)
        case "completed":
            outcome = reading.values([said.completed])
            return _step(StepKind.UPDATE_COMPLETED, name, id=id_, input=outcome)
        case _:
            # A handler that fails after acceptance answers "rejected" too; the server records a completed update.
            kind = StepKind.UPDATE_COMPLETED if id_ in reading.accepted else StepKind.UPDATE_REJECTED
            return _step(kind, name, id=id_, input=(chain_of(said.rejected, reading.converter),))


def _complete(reading: Reading, said: Any) -> Step:  # noqa: ANN401
    result = reading.values([said.result]) if said.HasField("result") else ()
    return _step(StepKind.COMPLETE, input=result)


def _fail(reading: Reading, said: Any) -> Step:  # noqa: ANN401
    return _step(StepKind.FAIL, input=(chain_of(said.failure, reading.converter),))


def _cancel(_reading: Reading, _said: Any) -> Step:  # noqa: ANN401
    return _step(StepKind.CANCEL)


def _continue_as_new(reading: Reading, said: Any) -> Step:  # noqa: ANN401
    name = said.workflow_type or reading.workflow_type
    inherited = reading.history.timeouts
    return _step(
        StepKind.CONTINUE_AS_NEW,
        name,
        input=reading.values(said.arguments),
        options=options(
            taskQueue=said.task_queue or reading.history.identity.task_queue,
            workflowRunTimeout=seconds(said.workflow_run_timeout) or inherited.run,
            workflowTaskTimeout=seconds(said.workflow_task_timeout) or inherited.task,
            backoffStartInterval=seconds(said.backoff_start_interval),
            memo=reading.mapping(said.memo),
            searchAttributes=reading.mapping(said.search_attributes.indexed_fields),
            headers=reading.mapping(said.headers),
        ),
    )


_READERS: dict[str, _Reader] = {
    "schedule_activity": _activity,
    "request_cancel_activity": _activity_cancel,
    "schedule_local_activity": _local_activity,
    "start_timer": _timer,
    "cancel_timer": _timer_cancel,
    "start_child_workflow_execution": _child,
    "cancel_child_workflow_execution": _child_cancel,
    "signal_external_workflow_execution": _signal,
    "request_cancel_external_workflow_execution": _cancel_external,
    "set_patch_marker": _patch,
    "upsert_workflow_search_attributes": _search_attributes,
    "modify_workflow_properties": _memo,
    "schedule_nexus_operation": _nexus,
    "request_cancel_nexus_operation": _nexus_cancel,
    "update_response": _update,
    "complete_workflow_execution": _complete,
    "fail_workflow_execution": _fail,
    "cancel_workflow_execution": _cancel,
    "continue_as_new_workflow_execution": _continue_as_new,
}
