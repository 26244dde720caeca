"""Children of which only the answer is recorded give it again; their code does not run."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from temporalio import workflow
from temporalio.api.common.v1 import Payload
from temporalio.api.enums.v1 import EventType
from temporalio.api.failure.v1 import Failure
from temporalio.api.history.v1 import HistoryEvent
from temporalio.common import RawValue
from temporalio.converter import DefaultFailureConverter
from temporalio.worker import (
    ExecuteWorkflowInput,
    Interceptor,
    WorkflowInboundInterceptor,
    WorkflowInterceptorClassInput,
)

from replaykit.adapters.chaos.family import MARK


@dataclass(frozen=True, slots=True)
class ChildAnswer:
    """How a child ended: with payloads or with a failure; with neither it waits until somebody ends it."""

    workflow_type: str
    payload: Payload | None = None
    failure: Failure | None = None
    completed: bool = False


class RecordedChildren(Interceptor):
    """Answers for children that have no history."""

    def __init__(self, root: str, answers: Mapping[str, ChildAnswer]) -> None:
        """Take the workflow id under which the parent was recorded, and the answers by the children's workflow ids."""
        self._root = root
        self._answers = answers

    @property
    def unverified(self) -> tuple[str, ...]:
        """What is not checked, in words."""
        types = sorted({answer.workflow_type for answer in self._answers.values()})
        return tuple(
            f"the code of children of type {name} that have no history; they answer as recorded" for name in types
        )

    def workflow_interceptor_class(self, input: WorkflowInterceptorClassInput) -> type[WorkflowInboundInterceptor]:  # noqa: A002, ARG002 - the SDK's signature
        """Return what stands before each workflow's own code."""
        answers, recorded_root = self._answers, self._root

        class Answered(WorkflowInboundInterceptor):
            async def execute_workflow(self, input: ExecuteWorkflowInput) -> Any:  # noqa: A002, ANN401 - the SDK's signature
                info = workflow.info()
                answer = None
                if info.parent is not None and info.root is not None:
                    root = info.root.workflow_id
                    answer = answers.get(info.workflow_id.replace(f"{MARK}{root}", "").replace(root, recorded_root))
                if answer is None:
                    return await super().execute_workflow(input)
                if answer.failure is not None:
                    raise DefaultFailureConverter().from_failure(answer.failure, workflow.payload_converter())
                if not answer.completed:
                    await workflow.wait_condition(lambda: False)
                return None if answer.payload is None else RawValue(answer.payload)

        return Answered


def answers_of(events: Sequence[HistoryEvent], run_ids: Mapping[str, str]) -> dict[str, ChildAnswer]:
    """Read off a parent's history how children ended.

    Args:
        events: The parent's events.
        run_ids: The workflow ids of the children in question, by their run ids.
    """
    found: dict[str, ChildAnswer] = {}
    for event in events:
        match event.event_type:
            case EventType.EVENT_TYPE_CHILD_WORKFLOW_EXECUTION_STARTED:
                started = event.child_workflow_execution_started_event_attributes
                if started.workflow_execution.run_id in run_ids:
                    found[started.workflow_execution.workflow_id] = ChildAnswer(started.workflow_type.name)
            case EventType.EVENT_TYPE_CHILD_WORKFLOW_EXECUTION_COMPLETED:
                done = event.child_workflow_execution_completed_event_attributes
                if done.workflow_execution.run_id in run_ids:
                    payload = done.result.payloads[0] if done.result.payloads else None
                    found[done.workflow_execution.workflow_id] = ChildAnswer(
                        done.workflow_type.name, payload, completed=True
                    )
            case EventType.EVENT_TYPE_CHILD_WORKFLOW_EXECUTION_FAILED:
                failed = event.child_workflow_execution_failed_event_attributes
                if failed.workflow_execution.run_id in run_ids:
                    found[failed.workflow_execution.workflow_id] = ChildAnswer(
                        failed.workflow_type.name, failure=failed.failure
                    )
    return found
