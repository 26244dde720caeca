"""The commands of a replay become its observed trace."""

from collections.abc import Set as AbstractSet
from dataclasses import dataclass, replace

from temporalio.bridge.proto.workflow_commands import WorkflowCommand
from temporalio.converter import PayloadConverter

from replaykit.adapters.asked_steps import Reading, step_of
from replaykit.adapters.observe import Observation
from replaykit.adapters.sites import source_line
from replaykit.model.history import History
from replaykit.model.step import ENDS, Step, StepKind, Trace
from replaykit.rules.canonical import as_recorded, sequence_of


@dataclass(frozen=True, slots=True)
class Traces:
    """The observed trace, the steps ahead of the history, and the last completed workflow task that was reached."""

    trace: Trace
    ahead: Trace
    reached: int


def traces_of(observation: Observation, history: History, converter: PayloadConverter) -> Traces:
    """Read off the activations what the code asked for."""
    reading = Reading(converter, observation.identity.workflow_type, observation.updates, history)
    steps: list[Step] = []
    reached = 0
    for activation in observation.activations:
        task = history.task_at(activation.history_length)
        if task is None:
            task = len(history.tasks) + 1
        else:
            reached = max(reached, task)
        here = []
        for command, place in zip(activation.commands, activation.places, strict=True):
            step = step_of(reading, command)
            if step is not None and not _comes_too_late(reading, command, activation.history_length):
                here.append(replace(step, task=task, site=source_line(place)))
        cancelled = {
            command.request_cancel_local_activity.seq
            for command in activation.commands
            if command.WhichOneof("variant") == "request_cancel_local_activity"
        }
        steps.extend(_without_abandoned(here, cancelled))
    recorded = as_recorded(steps, moves_end_last=history.moves_end_last)
    return Traces(
        trace=Trace(tuple(step for step in recorded if step.task <= len(history.tasks))),
        ahead=Trace(tuple(step for step in recorded if step.task > len(history.tasks))),
        reached=reached,
    )


def _comes_too_late(reading: Reading, command: WorkflowCommand, history_length: int) -> bool:
    """Say whether something is cancelled that has ended, as this task itself tells: Core asks for nothing then.

    Signals and updates of a task are handled before it tells which timers fired and what has completed.
    """
    match command.WhichOneof("variant"):
        case "cancel_timer":
            kind, id_ = StepKind.TIMER, str(command.cancel_timer.seq)
        case "request_cancel_activity":
            _, id_, _ = reading.activities.get(command.request_cancel_activity.seq, ("", "", False))
            kind = StepKind.ACTIVITY
        case "cancel_child_workflow_execution":
            id_, _ = reading.children.get(command.cancel_child_workflow_execution.child_workflow_seq, ("", False))
            kind = StepKind.CHILD
        case _:
            return False
    return any(
        step.key.kind is kind
        and step.id == id_
        and step.answer is not None
        and step.answer.event_id is not None
        and step.answer.event_id <= history_length
        for step in reading.history.trace.steps
    )


def _without_abandoned(steps: list[Step], cancelled: AbstractSet[int]) -> list[Step]:
    """Leave out local activities asked for in one breath with the run's end: no marker of theirs is ever written.

    One that is cancelled in the same breath does leave a marker: that it was cancelled.
    """
    if not any(step.key.kind in ENDS for step in steps):
        return steps
    return [step for step in steps if step.key.kind is not StepKind.LOCAL_ACTIVITY or sequence_of(step) in cancelled]
