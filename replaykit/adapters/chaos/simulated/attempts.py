"""An activity on a simulated server: its attempts, timeouts and retries, and its cancel."""

from typing import TYPE_CHECKING, Any

from temporalio.api.enums.v1 import RetryState
from temporalio.api.failure.v1 import Failure
from temporalio.bridge.proto.workflow_activation import WorkflowActivationJob

from replaykit.adapters.chaos.simulated import failures
from replaykit.adapters.chaos.simulated.activities import Environment, Outcome, info_of
from replaykit.adapters.chaos.simulated.instances import TASK_QUEUE
from replaykit.adapters.chaos.simulated.retries import next_attempt
from replaykit.adapters.chaos.simulated.world import MOST_ATTEMPTS

if TYPE_CHECKING:
    from replaykit.adapters.chaos.simulated.execution import Execution

# A report takes longer than the beginning of a workflow task: what was sent before it is heard before it.
_REPORT = 0.005
_COLLAPSED = 0.5


class Activity:
    """One scheduled activity."""

    def __init__(self, execution: "Execution", said: Any) -> None:  # noqa: ANN401 - Core's command
        self.said = said
        # The workflow has been told that it is cancelled: its own end means nothing any more.
        self.heard = False
        self._execution = execution
        self._world = execution.world
        self._done = False
        self._cancelled = False
        self._attempt = 0
        self._last: Failure | None = None
        self._running: Environment | None = None
        self._timers: dict[str, Any] = {}
        self._backoff: Any = None
        self._total: Any = None
        self._details: tuple[Any, ...] = ()
        self._scheduled = self._world.loop.time()
        total = _seconds(said, "schedule_to_close_timeout")
        self._deadline = self._scheduled + total if total else None
        if said.task_queue and said.task_queue != TASK_QUEUE:
            self._world.stops(f"an activity on the task queue {said.task_queue}")
            return
        if self._deadline is not None:
            self._total = self._world.later(total, self._times_out, "schedule_to_close_timeout")
        self._world.soon(self._begin)

    # Attempts.

    def _begin(self) -> None:
        if self._done:
            return
        self._world.attempts += 1
        if self._world.attempts > MOST_ATTEMPTS:
            self._world.on_stop()
            return
        self._attempt += 1
        run = self._execution
        now = self._world.loop.time()
        info = info_of(
            self.said,
            workflow_id=run.workflow_id,
            run_id=run.run_id,
            workflow_type=run.init.workflow_type,
            attempt=self._attempt,
            local=False,
            scheduled=self._scheduled,
            now=now,
            details=self._details,
        )
        environment = self._world.activities.environment(info)
        environment.on_heartbeat = lambda *details: self._beats(environment, details)
        self._running = environment
        for field in ("start_to_close_timeout", "heartbeat_timeout"):
            self._arm(field, _seconds(self.said, field))
        self._world.begin(self._run(environment))

    async def _run(self, environment: Environment) -> None:
        outcome = await self._world.activities.run(environment, self.said.arguments)
        if not outcome.left_open:
            self._world.later(_REPORT, self._reports, environment, outcome)

    def _reports(self, environment: Environment, outcome: Outcome) -> None:
        """Hear of an attempt; one that has timed out is not heard."""
        if self._done or self._running is not environment:
            return
        self._quiet()
        if outcome.completed is not None:
            job = self._job()
            job.resolve_activity.result.completed.result.CopyFrom(outcome.completed)
            self._ends(job)
        elif outcome.cancelled is not None and self._cancelled:
            self._ends(self._cancelled_job())
        else:
            self._fails(outcome.failed or outcome.cancelled or Failure())

    def _fails(self, failure: Failure) -> None:
        now = self._world.loop.time()
        if self._cancelled:
            state = RetryState.RETRY_STATE_CANCEL_REQUESTED
        else:
            following = next_attempt(self.said, self._attempt, failure, deadline=self._deadline, now=now)
            if not following.ends:
                self._last = failure
                self._backoff = self._world.later(following.seconds, self._begin)
                return
            state = following.state
        self._gives_up(failure, state)

    def _gives_up(self, failure: Failure, state: RetryState.ValueType) -> None:
        said = Failure()
        said.CopyFrom(failure)
        if said.HasField("timeout_failure_info") and self._last is not None:
            # A server says of a timeout what went wrong in the attempt before it.
            said.cause.CopyFrom(self._last)
        job = self._job()
        job.resolve_activity.result.failed.failure.CopyFrom(failures.activity_failed(self.said, said, state))
        self._ends(job)

    # Timeouts.

    def _arm(self, field: str, seconds: float) -> None:
        timer = self._timers.pop(field, None)
        if timer is not None:
            timer.cancel()
        if seconds:
            self._timers[field] = self._world.later(seconds, self._times_out, field)

    def _times_out(self, field: str) -> None:
        if self._done:
            return
        self._quiet()
        failure = failures.timeout(field)
        if field == "schedule_to_close_timeout":
            self._gives_up(failure, RetryState.RETRY_STATE_TIMEOUT)
        else:
            self._fails(failure)

    def collapse(self, field: str) -> None:
        """Have a timeout of the running attempt come now, not when it is due."""
        self._arm(field, _COLLAPSED)

    def _beats(self, environment: Environment, details: tuple[Any, ...]) -> None:
        if self._done or self._cancelled or self._running is not environment:
            if self._world.activities.is_thread(self.said.activity_type):
                self._world.stops("a thread that is interrupted because its activity is cancelled")
            self._world.soon(environment.stop)
        if not self._done and self._running is environment:
            self._details = details
            self._arm("heartbeat_timeout", _seconds(self.said, "heartbeat_timeout"))

    def _quiet(self) -> None:
        self._running = None
        for timer in self._timers.values():
            timer.cancel()
        self._timers.clear()

    # The end.

    def cancel(self) -> None:
        """Hear that the workflow has cancelled it: a running attempt learns of it when it heartbeats."""
        if self._done:
            return
        self._cancelled = True
        if self._running is None:
            if self._backoff is not None:
                self._backoff.cancel()
            self._ends(self._cancelled_job())

    def abandon(self) -> None:
        """Leave it: its workflow has ended."""
        self._done = True
        self._quiet()
        for timer in (self._backoff, self._total):
            if timer is not None:
                timer.cancel()

    def _ends(self, job: WorkflowActivationJob) -> None:
        self.abandon()
        self._execution.deliver(None if self.heard else job)

    def _job(self) -> WorkflowActivationJob:
        job = WorkflowActivationJob()
        job.resolve_activity.seq = self.said.seq
        return job

    def _cancelled_job(self) -> WorkflowActivationJob:
        job = self._job()
        job.resolve_activity.result.cancelled.failure.CopyFrom(failures.activity_cancelled(self.said))
        return job


def _seconds(said: Any, field: str) -> float:  # noqa: ANN401 - Core's command
    seconds: float = getattr(said, field).ToTimedelta().total_seconds() if said.HasField(field) else 0.0
    return seconds
