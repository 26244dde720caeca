"""What commands and events say beside kind, name and input, written as the server records it.

The server fills in what a command leaves open and trims what exceeds the run's own timeouts, so unchanged code asks
for less than its history holds. Both sides go through here: an event as it stands, a command as the server would have
recorded it (temporal server 1.32: `validateActivityScheduleAttributes`, `validateStartChildExecutionAttributes` and
`EnsureDefaults` of retry policies).
"""

from typing import Any, TypeAlias

from google.protobuf.duration_pb2 import Duration
from temporalio.api.history.v1 import HistoryEvent

from replaykit.model.history import RunTimeouts
from replaykit.model.value import Json, JsonData

Options: TypeAlias = tuple[tuple[str, Json], ...]

# What the server puts where a retry policy leaves a field open; a maximum interval is 100 times the initial one.
INITIAL_INTERVAL = 1
BACKOFF = 2.0
MAXIMUM_INTERVALS = 100
DEFAULT_TASK_TIMEOUT = 10

CLOSE_POLICIES = {0: "terminate", 1: "terminate", 2: "abandon", 3: "request cancel"}
REUSE_POLICIES = {
    0: "allow duplicate",
    1: "allow duplicate",
    2: "allow duplicate failed only",
    3: "reject duplicate",
    4: "terminate if running",
}


def seconds(duration: Duration) -> float:
    """Return a protobuf duration in seconds, a whole number where it is one."""
    if not duration.nanos:
        return duration.seconds
    return duration.seconds + duration.nanos / 1e9


def timeouts_of(started: HistoryEvent) -> RunTimeouts:
    """Read the run's timeouts off its first event."""
    said = started.workflow_execution_started_event_attributes
    return RunTimeouts(run=seconds(said.workflow_run_timeout), task=seconds(said.workflow_task_timeout))


def options(**said: JsonData | Json) -> Options:
    """Gather options, leaving out what was not said: None, 0, an empty text, list or object."""
    found = []
    for name, value in said.items():
        data = value.data if isinstance(value, Json) else value
        if data is not None and data not in (0, "", [], {}):
            found.append((name, Json(data)))
    return tuple(found)


def activity_timeouts(said: Any, run: RunTimeouts) -> dict[str, JsonData]:  # noqa: ANN401 - an event's or a command's attributes
    """Return an activity's timeouts as the server records them: what stands in a history passes unchanged."""
    close, start = seconds(said.schedule_to_close_timeout), seconds(said.schedule_to_start_timeout)
    work, beat = seconds(said.start_to_close_timeout), seconds(said.heartbeat_timeout)
    if close:
        start = min(start, close) if start else close
        work = min(work, close) if work else close
    elif work:
        close = run.run
        start = start or run.run
    if run.run:
        close, start, work, beat = (min(value, run.run) for value in (close, start, work, beat))
    return {
        "scheduleToCloseTimeout": close,
        "scheduleToStartTimeout": start,
        "startToCloseTimeout": work,
        "heartbeatTimeout": min(beat, work) if work else beat,
    }


def workflow_timeouts(said: Any) -> dict[str, JsonData]:  # noqa: ANN401 - as above
    """Return a child workflow's timeouts as the server records them."""
    execution, run = seconds(said.workflow_execution_timeout), seconds(said.workflow_run_timeout)
    task = seconds(said.workflow_task_timeout) or DEFAULT_TASK_TIMEOUT
    if execution:
        run = min(run, execution) if run else execution
    return {
        "workflowExecutionTimeout": execution,
        "workflowRunTimeout": run,
        "workflowTaskTimeout": min(task, run) if run else task,
    }


def retry_policy(said: Any, *, always: bool) -> JsonData:  # noqa: ANN401 - as above
    """Return a retry policy with the server's defaults; None for none, unless the server `always` sets one."""
    given = said.HasField("retry_policy")
    if not given and not always:
        return None
    policy = said.retry_policy
    initial = seconds(policy.initial_interval) or INITIAL_INTERVAL
    return {
        "initialInterval": initial,
        "backoffCoefficient": policy.backoff_coefficient or BACKOFF,
        "maximumInterval": seconds(policy.maximum_interval) or initial * MAXIMUM_INTERVALS,
        "maximumAttempts": policy.maximum_attempts,
        "nonRetryableErrorTypes": list(policy.non_retryable_error_types),
    }


def priority(said: Any) -> JsonData:  # noqa: ANN401 - as above
    """Return a priority's fields that are set."""
    found = said.priority
    fields = {
        "priorityKey": found.priority_key,
        "fairnessKey": found.fairness_key,
        "fairnessWeight": found.fairness_weight,
    }
    return {name: value for name, value in fields.items() if value}
