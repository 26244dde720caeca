"""One execution of a workflow on a simulated server: its tasks, what is delivered to it, and how it ends."""

import asyncio
from collections.abc import Sequence
from typing import Any

from temporalio.api.enums.v1 import EventType
from temporalio.api.failure.v1 import Failure
from temporalio.api.history.v1 import HistoryEvent
from temporalio.bridge.proto.workflow_activation import (
    InitializeWorkflow,
    NotifyHasPatch,
    RemoveFromCache,
    WorkflowActivation,
    WorkflowActivationJob,
)
from temporalio.bridge.proto.workflow_completion import WorkflowActivationCompletion

from replaykit.adapters.chaos.reach import PROBE
from replaykit.adapters.chaos.simulated.commands import Commands, shape_of
from replaykit.adapters.chaos.simulated.under_way import Activated, Task
from replaykit.adapters.chaos.simulated.world import MOST_TASKS, World, told_by
from replaykit.adapters.chaos.sweep import WEDGED_AFTER

# After so much time with a local activity, a task is completed all the same, and another begins.
_HEARTBEAT = 8.0
# A task begins later than an activity, and sooner than an activity's report comes.
_DISPATCH = 0.0005
_OTHER_CODE = "[TMPRL1100] Nondeterminism error: a replay asked for other commands"


class Execution:
    """One run of one workflow."""

    def __init__(self, world: World, init: InitializeWorkflow, *, run_id: str, parent: "Execution | None" = None):  # noqa: ANN204 - a constructor
        self.world = world
        self.init = init
        self.run_id = run_id
        self.parent = parent
        self.parent_seq = 0
        self.parent_close_policy = 0
        self.closed = False
        self.event = HistoryEvent()
        self.held = False
        self.cancel_requested = False
        self.commands = Commands(self)
        self.unseen: tuple[str, ...] = ()
        self._inbox: list[WorkflowActivationJob | None] = []
        self._task: Task | None = None
        self._due = False
        self._history: list[Activated] = []
        self._flags: set[int] = set()
        self._instance = world.instances.make(init, run_id)
        self.deliver(WorkflowActivationJob(initialize_workflow=init))

    @property
    def workflow_id(self) -> str:
        """The workflow's id."""
        return self.init.workflow_id

    @property
    def begun(self) -> bool:
        """Whether a task of it has been completed."""
        return bool(self._history)

    # What comes from outside.

    def deliver(self, job: WorkflowActivationJob | None) -> None:
        """Have the next task tell the workflow something; None is an event that means nothing to it."""
        if self.closed:
            return
        if job is not None:
            self.world.told.append(told_by(job))
        self._inbox.append(job)
        self._look()

    def cancel(self, reason: str = "") -> None:
        """Ask the workflow to cancel itself; a second time changes nothing."""
        if not self.cancel_requested:
            self.cancel_requested = True
            job = WorkflowActivationJob()
            job.cancel_workflow.reason = reason
            self.deliver(job)

    def hold(self, *, held: bool) -> None:
        """Hold tasks back, or let them go."""
        self.held = held
        self._look()

    def query(self, job: WorkflowActivationJob) -> WorkflowActivationCompletion:
        """Ask the workflow something, between its tasks."""
        return self._run([job], replaying=False)

    # Tasks.

    def _look(self) -> None:
        if self._inbox and self._task is None and not self.held and not self._due and not self.closed:
            self._due = True
            self.world.later(_DISPATCH, self._begin)

    def _begin(self) -> None:
        self._due = False
        if self.closed or self.held or self._task is not None or not self._inbox:
            return
        self.world.tasks += 1
        if self.world.tasks > MOST_TASKS:
            self.world.on_stop()
            return
        jobs = [job for job in self._inbox if job is not None]
        self._inbox = []
        self._task = Task(jobs)
        if not jobs:
            self._complete()
            return
        if self.world.evicts and self._history and not self._rebuild():
            return
        self._task.heartbeat = self.world.later(_HEARTBEAT, self._beats)
        self._activate(jobs)

    def _activate(self, jobs: Sequence[WorkflowActivationJob]) -> None:
        task = self._task
        if task is None:
            return
        while True:
            completion = self._run(jobs, replaying=False)
            if completion.HasField("failed"):
                self._again()
                return
            commands = completion.successful.commands
            self._flags |= set(completion.successful.used_internal_flags)
            task.activated.append(self._activated(jobs, commands))
            jobs = self.commands.now(commands, task.commands)
            if self.world.cannot or self.closed:
                return
            if not jobs:
                break
        if not self.commands.local:
            self._complete()

    def local_ended(self, job: WorkflowActivationJob) -> None:
        """Tell the task under way that a local activity has ended."""
        self.world.soon(self._activate, [job])

    def _beats(self) -> None:
        """Complete the task though local activities run: their workflow hears what has come meanwhile."""
        task = self._task
        if task is None or self.closed:
            return
        if any(job is not None for job in self._inbox) or task.commands:
            self._history += task.activated
            commands, jobs = task.commands, [job for job in self._inbox if job is not None]
            self._task, self._inbox = Task(jobs), []
            self.commands.apply(commands)
            if jobs:
                self._activate(jobs)
        if self._task is not None:
            self._task.heartbeat = self.world.later(_HEARTBEAT, self._beats)

    def _complete(self) -> None:
        """The server hears of the task: it takes it, or not if something has come that the workflow has not seen."""
        task = self._task
        if task is None:
            return
        if self.commands.closes(task.commands) and self._inbox:
            self._again()
            return
        self._ends(task)
        self._history += task.activated
        self.commands.apply(task.commands)
        self._look()

    def _again(self) -> None:
        """The task has failed: its jobs come again, to an instance made from the history."""
        task = self._task
        if task is None:
            return
        self._ends(task)
        self.commands.forget_local()
        self._inbox[:0] = task.jobs
        if self.world.armed.failed_tasks >= WEDGED_AFTER:
            self.world.on_stop()
            return
        if self._rebuild():
            self._look()

    def _ends(self, task: Task) -> None:
        if task.heartbeat is not None:
            task.heartbeat.cancel()
        self._task = None

    # The instance.

    def _run(self, jobs: Sequence[WorkflowActivationJob], *, replaying: bool) -> WorkflowActivationCompletion:
        act = WorkflowActivation(
            run_id=self.run_id,
            timestamp=self.world.now(),
            is_replaying=replaying,
            history_length=3 * (len(self._history) + 1),
            jobs=jobs,
            available_internal_flags=sorted(self._flags),
        )
        return self._activated_on(act)

    def _activated_on(self, act: WorkflowActivation) -> WorkflowActivationCompletion:
        # An instance is an event loop of its own, and leaves none behind it.
        outer = asyncio._get_running_loop()  # noqa: SLF001 - of asyncio.events.__all__, for those who write loops
        asyncio._set_running_loop(None)  # noqa: SLF001 - as above
        try:
            return self._instance.activate(act)
        finally:
            asyncio._set_running_loop(outer)  # noqa: SLF001 - as above

    def _activated(self, jobs: Sequence[WorkflowActivationJob], commands: Sequence[Any]) -> Activated:
        act = WorkflowActivation(
            run_id=self.run_id,
            timestamp=self.world.now(),
            is_replaying=True,
            history_length=3 * (len(self._history) + 1),
            jobs=jobs,
        )
        patches = tuple(each.set_patch_marker.patch_id for each in commands if each.HasField("set_patch_marker"))
        return Activated(act, shape_of(commands), patches)

    def _rebuild(self) -> bool:
        """Make a new instance and replay what was completed, as after an eviction; says whether it did the same."""
        self._evict()
        self._instance = self.world.instances.make(self.init, self.run_id)
        for held in self._history:
            act = WorkflowActivation()
            act.CopyFrom(held.act)
            act.available_internal_flags.extend(sorted(self._flags))
            for job in act.jobs:
                if job.HasField("do_update"):
                    job.do_update.run_validator = False
            for patch in held.patches:
                act.jobs.append(WorkflowActivationJob(notify_has_patch=NotifyHasPatch(patch_id=patch)))
            completion = self._activated_on(act)
            if completion.HasField("failed") or shape_of(completion.successful.commands) != held.shape:
                for _ in range(WEDGED_AFTER):
                    self.world.armed.task_fails(_OTHER_CODE)
                self.world.on_stop()
                return False
        return True

    def _evict(self) -> None:
        act = WorkflowActivation(run_id=self.run_id, timestamp=self.world.now())
        act.jobs.append(WorkflowActivationJob(remove_from_cache=RemoveFromCache()))
        try:
            self._activated_on(act)
        except RuntimeError:
            # Code that swallows the cancel of an eviction: a worker tries again and again, and goes on beside it.
            return

    # The end.

    def close(self, event: HistoryEvent) -> None:
        """End the execution; its parent and its children hear of it."""
        if self.closed:
            return
        self.closed = True
        self.event = event
        ended_by_itself = event.event_type not in {
            EventType.EVENT_TYPE_WORKFLOW_EXECUTION_TERMINATED,
            EventType.EVENT_TYPE_WORKFLOW_EXECUTION_TIMED_OUT,
            EventType.EVENT_TYPE_WORKFLOW_EXECUTION_CANCELED,
        }
        if ended_by_itself:
            names = [job.signal_workflow.signal_name for job in self._inbox if job is not None]
            self.unseen = tuple(f"signal {name}" for name in names if name and name != PROBE)
        self.commands.abandon()
        if event.event_type != EventType.EVENT_TYPE_WORKFLOW_EXECUTION_CONTINUED_AS_NEW:
            self.commands.families.leave()
            if self.parent is not None:
                self.parent.commands.families.ended(self)
        last = self.world.executions.get(self.workflow_id) is self
        if self.parent is None and (last or not self.world.chain):
            self.world.on_stop()

    def terminate(self) -> None:
        """End the execution from outside."""
        self.close(HistoryEvent(event_type=EventType.EVENT_TYPE_WORKFLOW_EXECUTION_TERMINATED))

    def times_out(self) -> None:
        """End the execution because it took too long."""
        self.close(HistoryEvent(event_type=EventType.EVENT_TYPE_WORKFLOW_EXECUTION_TIMED_OUT))

    def discard(self) -> None:
        """Let the instance go."""
        self._evict()

    @property
    def failure(self) -> Failure:
        """The failure with which it ended."""
        return self.event.workflow_execution_failed_event_attributes.failure
