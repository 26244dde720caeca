"""What a workflow asks a simulated server for: timers, activities, updates' answers, and its own end."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from temporalio.api.common.v1 import Payloads
from temporalio.api.enums.v1 import EventType
from temporalio.api.history.v1 import HistoryEvent
from temporalio.api.update.v1 import Outcome
from temporalio.bridge.proto.workflow_activation import InitializeWorkflow, WorkflowActivationJob

from replaykit.adapters.chaos.simulated.attempts import Activity
from replaykit.adapters.chaos.simulated.failures import activity_cancelled
from replaykit.adapters.chaos.simulated.families import Families
from replaykit.adapters.chaos.simulated.locals import LocalActivity

if TYPE_CHECKING:
    from replaykit.adapters.chaos.simulated.execution import Execution

_CLOSING = frozenset(
    {
        "complete_workflow_execution",
        "fail_workflow_execution",
        "cancel_workflow_execution",
        "continue_as_new_workflow_execution",
    }
)
_WAIT_FOR_CANCEL = 1
_ABANDON = 2
_NAMES = ("activity_type", "workflow_type", "signal_name", "patch_id")


def shape_of(commands: Sequence[Any]) -> tuple[tuple[str, str], ...]:
    """Reduce commands to what a replay must ask for again: kinds and names."""
    shape = []
    for command in commands:
        variant = command.WhichOneof("variant") or ""
        if variant == "respond_to_query":
            continue
        said = getattr(command, variant)
        name = next((str(getattr(said, name)) for name in _NAMES if hasattr(said, name)), "")
        shape.append((variant, name))
    return tuple(shape)


class Commands:
    """The commands of one execution, and what has come of them."""

    def __init__(self, execution: "Execution") -> None:
        self._execution = execution
        self._world = execution.world
        self._timers: dict[int, Any] = {}
        self._activities: dict[int, Activity] = {}
        self.local: dict[int, LocalActivity] = {}
        self.families = Families(execution)
        self.updates: dict[str, Any] = {}

    @staticmethod
    def closes(commands: Sequence[Any]) -> bool:
        """Say whether commands end the run."""
        return any(command.WhichOneof("variant") in _CLOSING for command in commands)

    # While the task is under way.

    def now(self, commands: Sequence[Any], waiting: list[Any]) -> list[WorkflowActivationJob]:
        """Do what needs no server; the rest waits for the task's end. Returns what the workflow hears at once."""
        jobs = []
        for command in commands:
            variant = command.WhichOneof("variant")
            said = getattr(command, variant)
            match variant:
                case "schedule_local_activity":
                    self.local[said.seq] = LocalActivity(self._execution, said)
                case "request_cancel_local_activity":
                    if said.seq in self.local:
                        self._world.stops("the cancel of a local activity")
                case "request_cancel_activity":
                    jobs += self._cancel_activity(command, waiting)
                case "cancel_timer":
                    started = _find(waiting, "start_timer", said.seq)
                    if started is None:
                        waiting.append(command)
                    else:
                        waiting.remove(started)
                case "cancel_child_workflow_execution":
                    jobs += self.families.cancelled_now(command, waiting)
                case "schedule_nexus_operation":
                    self._world.stops("a Nexus operation")
                case _:
                    waiting.append(command)
        return jobs

    def _cancel_activity(self, command: Any, waiting: list[Any]) -> list[WorkflowActivationJob]:  # noqa: ANN401 - Core's
        seq = command.request_cancel_activity.seq
        unsent = _find(waiting, "schedule_activity", seq)
        if unsent is not None:
            waiting.remove(unsent)
            return [_cancelled(unsent.schedule_activity)]
        activity = self._activities.get(seq)
        if activity is None:
            return []
        if activity.said.cancellation_type != _ABANDON:
            waiting.append(command)
        if activity.said.cancellation_type == _WAIT_FOR_CANCEL:
            return []
        activity.heard = True
        return [_cancelled(activity.said)]

    def local_ended(self, seq: int, job: WorkflowActivationJob) -> None:
        """Tell the workflow that a local activity has ended."""
        if self.local.pop(seq, None) is not None:
            self._execution.local_ended(job)

    def forget_local(self) -> None:
        """Forget the local activities of a task that failed."""
        for each in self.local.values():
            each.cancel()
        self.local.clear()

    # Once the server has the task.

    def apply(self, commands: Sequence[Any]) -> None:
        """Do what a task asks for."""
        for command in commands:
            variant = command.WhichOneof("variant")
            said = getattr(command, variant)
            match variant:
                case "start_timer":
                    seconds = said.start_to_fire_timeout.ToTimedelta().total_seconds()
                    self._timers[said.seq] = self._world.later(seconds, self._fires, said.seq)
                case "cancel_timer":
                    self._timers.pop(said.seq).cancel()
                case "schedule_activity":
                    self._activities[said.seq] = Activity(self._execution, said)
                case "request_cancel_activity":
                    self._activities[said.seq].cancel()
                case "update_response":
                    self._answers(said)
                case _ if variant in _CLOSING:
                    self._closes(variant, said)
                case _:
                    self.families.apply(variant, said)

    def _fires(self, seq: int) -> None:
        self._timers.pop(seq)
        job = WorkflowActivationJob()
        job.fire_timer.seq = seq
        self._execution.deliver(job)

    def _answers(self, said: Any) -> None:  # noqa: ANN401 - Core's
        future = self.updates.get(said.protocol_instance_id)
        if future is None or future.done() or said.HasField("accepted"):
            return
        if said.HasField("rejected"):
            future.set_result(Outcome(failure=said.rejected))
        else:
            future.set_result(Outcome(success=Payloads(payloads=[said.completed])))

    def _closes(self, variant: str, said: Any) -> None:  # noqa: ANN401 - Core's
        event = HistoryEvent()
        match variant:
            case "complete_workflow_execution":
                event.event_type = EventType.EVENT_TYPE_WORKFLOW_EXECUTION_COMPLETED
                if said.HasField("result"):
                    event.workflow_execution_completed_event_attributes.result.payloads.append(said.result)
            case "fail_workflow_execution":
                event.event_type = EventType.EVENT_TYPE_WORKFLOW_EXECUTION_FAILED
                event.workflow_execution_failed_event_attributes.failure.CopyFrom(said.failure)
            case "cancel_workflow_execution":
                event.event_type = EventType.EVENT_TYPE_WORKFLOW_EXECUTION_CANCELED
            case _:
                event.event_type = EventType.EVENT_TYPE_WORKFLOW_EXECUTION_CONTINUED_AS_NEW
                self._continues(said)
        self._execution.close(event)

    def _continues(self, said: Any) -> None:  # noqa: ANN401 - Core's
        before = self._execution
        init = InitializeWorkflow()
        init.CopyFrom(before.init)
        run_id = self._world.new_run_id()
        init.workflow_type = said.workflow_type or before.init.workflow_type
        del init.arguments[:]
        init.arguments.extend(said.arguments)
        init.continued_from_execution_run_id = before.run_id
        init.original_execution_run_id = run_id
        init.start_time.CopyFrom(self._world.now())
        init.randomness_seed = self._world.seed(run_id)
        for name in said.memo:
            init.memo.fields[name].CopyFrom(said.memo[name])
        self.families.begins(init, run_id, said=None, successor_of=before)

    # The end.

    def abandon(self) -> None:
        """Leave everything that was under way: the run has ended."""
        for timer in self._timers.values():
            timer.cancel()
        for activity in self._activities.values():
            activity.abandon()
        self.forget_local()
        for future in self.updates.values():
            if not future.done():
                future.cancel()

    def activity(self, activity_id: str) -> Activity | None:
        """Return the activity of an id."""
        return next((each for each in self._activities.values() if each.said.activity_id == activity_id), None)


def _find(waiting: Sequence[Any], variant: str, seq: int) -> Any:  # noqa: ANN401 - a command
    return next((each for each in waiting if each.HasField(variant) and getattr(each, variant).seq == seq), None)


def _cancelled(said: Any) -> WorkflowActivationJob:  # noqa: ANN401 - Core's
    job = WorkflowActivationJob()
    job.resolve_activity.seq = said.seq
    job.resolve_activity.result.cancelled.failure.CopyFrom(activity_cancelled(said))
    return job
