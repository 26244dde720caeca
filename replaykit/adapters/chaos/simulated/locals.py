"""A local activity: it runs inside its workflow's task, and its retries are Core's."""

from typing import TYPE_CHECKING, Any

from temporalio.api.failure.v1 import Failure
from temporalio.bridge.proto.workflow_activation import WorkflowActivationJob

from replaykit.adapters.chaos.simulated.activities import Environment, Outcome, info_of
from replaykit.adapters.chaos.simulated.retries import next_attempt
from replaykit.adapters.chaos.simulated.world import MOST_ATTEMPTS

if TYPE_CHECKING:
    from replaykit.adapters.chaos.simulated.execution import Execution

# A longer backoff than this becomes a timer of the workflow's, where the workflow does not say otherwise.
_THRESHOLD = 60.0


class LocalActivity:
    """One local activity under way."""

    def __init__(self, execution: "Execution", said: Any) -> None:  # noqa: ANN401 - Core's command
        self.said = said
        self._execution = execution
        self._world = execution.world
        self._attempt = max(said.attempt, 1) - 1
        self._done = False
        self._running: Environment | None = None
        self._timers: list[Any] = []
        now = self._world.loop.time()
        self._scheduled = now
        total = said.schedule_to_close_timeout.ToTimedelta().total_seconds()
        self._deadline = now + total if total else None
        self._world.soon(self._begin)

    def _begin(self) -> None:
        if self._done:
            return
        self._world.attempts += 1
        if self._world.attempts > MOST_ATTEMPTS:
            self._world.on_stop()
            return
        self._attempt += 1
        run = self._execution
        info = info_of(
            self.said,
            workflow_id=run.workflow_id,
            run_id=run.run_id,
            workflow_type=run.init.workflow_type,
            attempt=self._attempt,
            local=True,
            scheduled=self._scheduled,
            now=self._world.loop.time(),
            details=(),
        )
        environment = self._world.activities.environment(info)
        self._running = environment
        limit = self.said.start_to_close_timeout.ToTimedelta().total_seconds()
        if limit:
            self._timers.append(self._world.later(limit, self._times_out, environment))
        self._world.begin(self._run(environment))

    async def _run(self, environment: Environment) -> None:
        outcome = await self._world.activities.run(environment, self.said.arguments)
        if outcome.left_open and not self._done:
            self._world.stops("a local activity that is never heard of again")
            return
        self._world.soon(self._reports, environment, outcome)

    def _times_out(self, environment: Environment) -> None:
        if self._running is environment and not self._done:
            self._world.stops("a local activity that times out")

    def _reports(self, environment: Environment, outcome: Outcome) -> None:
        if self._done or self._running is not environment:
            return
        self._quiet()
        job = WorkflowActivationJob()
        job.resolve_activity.seq = self.said.seq
        job.resolve_activity.is_local = True
        result = job.resolve_activity.result
        if outcome.completed is not None:
            result.completed.result.CopyFrom(outcome.completed)
        else:
            failure = outcome.failed or outcome.cancelled or Failure()
            now = self._world.loop.time()
            following = next_attempt(self.said, self._attempt, failure, deadline=self._deadline, now=now)
            threshold = self.said.local_retry_threshold.ToTimedelta().total_seconds() or _THRESHOLD
            if not following.ends and following.seconds <= threshold:
                self._timers.append(self._world.later(following.seconds, self._begin))
                return
            if not following.ends:
                result.backoff.attempt = self._attempt + 1
                result.backoff.backoff_duration.FromNanoseconds(int(following.seconds * 10**9))
                result.backoff.original_schedule_time.CopyFrom(self._world.now())
            else:
                # Core hands on the failure itself, with nothing about an activity around it.
                result.failed.failure.CopyFrom(failure)
        self._done = True
        self._execution.commands.local_ended(self.said.seq, job)

    def _quiet(self) -> None:
        self._running = None
        for timer in self._timers:
            timer.cancel()
        self._timers.clear()

    def cancel(self) -> None:
        """Stop it: nobody waits for it any more."""
        self._done = True
        running = self._running
        self._quiet()
        if running is not None:
            running.stop()
