"""Executions that begin others: children, their ends, and what goes from one workflow to another."""

from typing import TYPE_CHECKING, Any

from temporalio.api.enums.v1 import EventType
from temporalio.bridge.proto.child_workflow import StartChildWorkflowExecutionFailedCause
from temporalio.bridge.proto.workflow_activation import InitializeWorkflow, WorkflowActivationJob

from replaykit.adapters.chaos.simulated import failures
from replaykit.adapters.chaos.simulated.instances import TASK_QUEUE

if TYPE_CHECKING:
    from replaykit.adapters.chaos.simulated.execution import Execution

_ABANDON, _TRY_CANCEL, _WAIT_COMPLETED, _WAIT_REQUESTED = range(4)
_LEAVE, _CANCEL = 2, 3
# The cancel of a child comes later than its first task begins.
_CANCELS = 0.0008
# What a parent's end means for a child comes later still, though before the report of what the child has begun.
_LEAVES = 0.003
_EXISTS = StartChildWorkflowExecutionFailedCause.START_CHILD_WORKFLOW_EXECUTION_FAILED_CAUSE_WORKFLOW_ALREADY_EXISTS
_WITHOUT_EFFECT = frozenset(
    {"set_patch_marker", "upsert_workflow_search_attributes", "modify_workflow_properties", "cancel_signal_workflow"}
)


class Families:
    """The children of one execution, and its word to others."""

    def __init__(self, execution: "Execution") -> None:
        self._execution = execution
        self._world = execution.world
        self._children: dict[int, Execution] = {}
        self._said: dict[int, Any] = {}
        self._unheard: set[int] = set()

    def apply(self, variant: str, said: Any) -> None:  # noqa: ANN401 - Core's
        """Do what a command asks for."""
        match variant:
            case "start_child_workflow_execution":
                self._start(said)
            case "cancel_child_workflow_execution":
                child = self._children.get(said.child_workflow_seq)
                if child is not None:
                    self._world.later(_CANCELS, lambda: self._latest(child).cancel(said.reason))
            case "signal_external_workflow_execution":
                self._signal(said)
            case "request_cancel_external_workflow_execution":
                self._cancel(said)
            case _ if variant in _WITHOUT_EFFECT:
                pass
            case _:
                self._world.stops(f"the command {variant}")

    def _start(self, said: Any) -> None:  # noqa: ANN401 - Core's
        if said.cron_schedule or (said.task_queue and said.task_queue != TASK_QUEUE):
            self._world.stops("a child on a schedule or on another task queue")
            return
        if not self._world.instances.knows(said.workflow_type):
            self._world.stops(f"a child of the unknown type {said.workflow_type}")
            return
        job = WorkflowActivationJob()
        started = job.resolve_child_workflow_execution_start
        started.seq = said.seq
        other = self._world.executions.get(said.workflow_id)
        if other is not None and not other.closed:
            started.failed.workflow_id, started.failed.workflow_type = said.workflow_id, said.workflow_type
            started.failed.cause = _EXISTS
            self._execution.deliver(job)
            return
        run_id = self._world.new_run_id()
        started.succeeded.run_id = run_id
        self._said[said.seq] = said
        self._execution.deliver(job)
        self._world.soon(self.begins, self._init(said, run_id), run_id, said)

    def _init(self, said: Any, run_id: str) -> InitializeWorkflow:  # noqa: ANN401 - Core's
        parent = self._execution
        init = InitializeWorkflow(
            workflow_type=said.workflow_type,
            workflow_id=said.workflow_id,
            arguments=said.input,
            randomness_seed=self._world.seed(run_id),
            attempt=1,
            first_execution_run_id=run_id,
            original_execution_run_id=run_id,
            start_time=self._world.now(),
        )
        init.headers.MergeFrom(said.headers)
        init.workflow_task_timeout.FromSeconds(10)
        init.parent_workflow_info.namespace = parent.init.parent_workflow_info.namespace or "default"
        init.parent_workflow_info.workflow_id = parent.workflow_id
        init.parent_workflow_info.run_id = parent.run_id
        for name in ("workflow_run_timeout", "workflow_execution_timeout"):
            if said.HasField(name):
                getattr(init, name).CopyFrom(getattr(said, name))
        for name in said.memo:
            init.memo.fields[name].CopyFrom(said.memo[name])
        return init

    def begins(
        self,
        init: InitializeWorkflow,
        run_id: str,
        said: Any,  # noqa: ANN401 - Core's command
        *,
        successor_of: "Execution | None" = None,
    ) -> None:
        """Begin a child, or the next run of a chain."""
        if not self._world.instances.knows(init.workflow_type):
            self._world.stops(f"a run of the unknown type {init.workflow_type}")
            return
        kind = type(self._execution)
        parent = successor_of.parent if successor_of is not None else self._execution
        begun = kind(self._world, init, run_id=run_id, parent=parent)
        if successor_of is not None:
            begun.parent_seq = successor_of.parent_seq
            begun.parent_close_policy = successor_of.parent_close_policy
        else:
            begun.parent_seq = said.seq
            begun.parent_close_policy = said.parent_close_policy
            self._children[said.seq] = begun
        self._world.executions[init.workflow_id] = begun
        if successor_of is None and self._execution.closed:
            # The parent ended in the task that asked for the child.
            self._leave(begun)
        if init.HasField("workflow_run_timeout"):
            seconds = init.workflow_run_timeout.ToTimedelta().total_seconds()
            if seconds:
                self._world.later(seconds, begun.times_out)

    def _latest(self, child: "Execution") -> "Execution":
        return self._world.executions.get(child.workflow_id, child)

    def cancelled_now(self, command: Any, waiting: list[Any]) -> list[WorkflowActivationJob]:  # noqa: ANN401 - Core's
        """Note that a child is to be cancelled; returns what the parent hears at once."""
        seq = command.cancel_child_workflow_execution.child_workflow_seq
        for each in waiting:
            if each.HasField("start_child_workflow_execution") and each.start_child_workflow_execution.seq == seq:
                waiting.remove(each)
                job = WorkflowActivationJob()
                started = job.resolve_child_workflow_execution_start
                started.seq = seq
                said = each.start_child_workflow_execution
                started.cancelled.failure.CopyFrom(
                    failures.child_failed(said.workflow_id, "", said.workflow_type, failures.cancelled())
                )
                return [job]
        said = self._said.get(seq)
        if said is None or seq in self._unheard:
            return []
        if said.cancellation_type != _ABANDON:
            waiting.append(command)
        if said.cancellation_type == _WAIT_COMPLETED:
            return []
        self._unheard.add(seq)
        job = WorkflowActivationJob()
        job.resolve_child_workflow_execution.seq = seq
        job.resolve_child_workflow_execution.result.cancelled.failure.CopyFrom(
            failures.child_failed(said.workflow_id, "", said.workflow_type, failures.cancelled())
        )
        return [job]

    def ended(self, child: "Execution") -> None:
        """Tell the parent how a child has ended."""
        parent = self._execution
        if child.parent_seq in self._unheard:
            parent.deliver(None)
            return
        job = WorkflowActivationJob()
        resolved = job.resolve_child_workflow_execution
        resolved.seq = child.parent_seq

        def of(cause: Any) -> Any:  # noqa: ANN401 - failures
            return failures.child_failed(child.workflow_id, child.run_id, child.init.workflow_type, cause)

        match child.event.event_type:
            case EventType.EVENT_TYPE_WORKFLOW_EXECUTION_COMPLETED:
                payloads = child.event.workflow_execution_completed_event_attributes.result.payloads
                resolved.result.completed.SetInParent()
                if payloads:
                    resolved.result.completed.result.CopyFrom(payloads[0])
            case EventType.EVENT_TYPE_WORKFLOW_EXECUTION_FAILED:
                if self._said[child.parent_seq].HasField("retry_policy"):
                    self._world.stops("a child with a retry policy has failed")
                resolved.result.failed.failure.CopyFrom(of(child.failure))
            case EventType.EVENT_TYPE_WORKFLOW_EXECUTION_CANCELED:
                resolved.result.cancelled.failure.CopyFrom(of(failures.cancelled()))
            case EventType.EVENT_TYPE_WORKFLOW_EXECUTION_TERMINATED:
                resolved.result.failed.failure.CopyFrom(of(failures.terminated()))
            case _:
                resolved.result.failed.failure.CopyFrom(of(failures.run_timeout()))
        parent.deliver(job)

    def leave(self) -> None:
        """Do to the children what their parent's end means for them."""
        for child in self._children.values():
            latest = self._latest(child)
            if not latest.closed:
                self._leave(latest)

    def _leave(self, child: "Execution") -> None:
        if child.parent_close_policy == _CANCEL:
            self._world.later(_LEAVES, child.cancel)
        elif child.parent_close_policy != _LEAVE:
            self._world.later(_LEAVES, child.terminate)

    def _signal(self, said: Any) -> None:  # noqa: ANN401 - Core's
        target = said.child_workflow_id or said.workflow_execution.workflow_id
        heard = WorkflowActivationJob()
        heard.resolve_signal_external_workflow.seq = said.seq
        other = self._world.executions.get(target)
        if other is None or other.closed:
            heard.resolve_signal_external_workflow.failure.CopyFrom(failures.not_found())
        else:
            job = WorkflowActivationJob()
            job.signal_workflow.signal_name = said.signal_name
            job.signal_workflow.input.extend(said.args)
            other.deliver(job)
        self._execution.deliver(heard)

    def _cancel(self, said: Any) -> None:  # noqa: ANN401 - Core's
        heard = WorkflowActivationJob()
        heard.resolve_request_cancel_external_workflow.seq = said.seq
        other = self._world.executions.get(said.workflow_execution.workflow_id)
        if other is None or other.closed:
            heard.resolve_request_cancel_external_workflow.failure.CopyFrom(failures.not_found())
        else:
            other.cancel(said.reason)
        self._execution.deliver(heard)
