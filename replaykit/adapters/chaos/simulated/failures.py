"""Failures as a server and Core write them around what an activity or a child raised."""

from typing import Any

from temporalio.api.enums.v1 import RetryState, TimeoutType
from temporalio.api.failure.v1 import Failure

TIMEOUTS = {
    "start_to_close_timeout": (TimeoutType.TIMEOUT_TYPE_START_TO_CLOSE, "activity StartToClose timeout"),
    "schedule_to_close_timeout": (TimeoutType.TIMEOUT_TYPE_SCHEDULE_TO_CLOSE, "activity ScheduleToClose timeout"),
    "heartbeat_timeout": (TimeoutType.TIMEOUT_TYPE_HEARTBEAT, "activity Heartbeat timeout"),
}


def activity_failed(said: Any, cause: Failure, state: RetryState.ValueType) -> Failure:  # noqa: ANN401 - Core's command
    """Write the failure of an activity for its workflow."""
    timed_out = cause.HasField("timeout_failure_info")
    failure = Failure(message="Activity task timed out" if timed_out else "Activity task failed", cause=cause)
    return _of_activity(failure, said, state)


def activity_cancelled(said: Any) -> Failure:  # noqa: ANN401 - as above
    """Write the failure of an activity that the workflow has cancelled."""
    failure = Failure(message="Activity cancelled")
    failure.cause.canceled_failure_info.SetInParent()
    return _of_activity(failure, said, RetryState.RETRY_STATE_CANCEL_REQUESTED)


def _of_activity(failure: Failure, said: Any, state: RetryState.ValueType) -> Failure:  # noqa: ANN401 - as above
    failure.activity_failure_info.activity_id = said.activity_id
    failure.activity_failure_info.activity_type.name = said.activity_type
    failure.activity_failure_info.retry_state = state
    return failure


def timeout(field: str) -> Failure:
    """Write a timeout of an attempt."""
    kind, message = TIMEOUTS[field]
    failure = Failure(message=message, source="Server")
    failure.timeout_failure_info.timeout_type = kind
    return failure


def child_failed(workflow_id: str, run_id: str, kind: str, cause: Failure) -> Failure:
    """Write the failure of a child for its parent."""
    failure = Failure(message="Child Workflow execution failed", cause=cause)
    info = failure.child_workflow_execution_failure_info
    info.workflow_execution.workflow_id, info.workflow_execution.run_id = workflow_id, run_id
    info.workflow_type.name = kind
    return failure


def cancelled() -> Failure:
    """Write a cancellation."""
    failure = Failure(message="Workflow cancelled")
    failure.canceled_failure_info.SetInParent()
    return failure


def terminated() -> Failure:
    """Write a termination."""
    failure = Failure(message="Workflow execution terminated")
    failure.terminated_failure_info.SetInParent()
    return failure


def run_timeout() -> Failure:
    """Write the timeout of a whole run."""
    failure = Failure(message="Workflow execution timed out")
    failure.timeout_failure_info.timeout_type = TimeoutType.TIMEOUT_TYPE_START_TO_CLOSE
    return failure


def not_found() -> Failure:
    """Write what comes of a signal or cancel to a workflow that there is not."""
    failure = Failure(message="Unable to reach the external workflow because it was not found")
    failure.application_failure_info.SetInParent()
    return failure
