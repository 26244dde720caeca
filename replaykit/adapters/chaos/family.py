"""The activities and children of a struck run are its own: on its task queue, under ids that no run beside it has."""

from collections.abc import Iterator, Sequence
from typing import Any

from temporalio import workflow
from temporalio.worker import (
    Interceptor,
    StartActivityInput,
    StartChildWorkflowInput,
    WorkflowInboundInterceptor,
    WorkflowInterceptorClassInput,
    WorkflowOutboundInterceptor,
)

# What stands before the root's id in the id of a child that did not hold it.
MARK = "@"


class OwnFamily(Interceptor):
    """Keeps children with the worker of their parent; a sweep has no other, and many runs side by side."""

    def workflow_interceptor_class(self, input: WorkflowInterceptorClassInput) -> type[WorkflowInboundInterceptor]:  # noqa: A002, ARG002 - the SDK's signature
        """Return what stands in each workflow's way out."""
        return _Inbound


class _Inbound(WorkflowInboundInterceptor):
    def init(self, outbound: WorkflowOutboundInterceptor) -> None:
        super().init(_Outbound(outbound))


class _Outbound(WorkflowOutboundInterceptor):
    def start_activity(self, input: StartActivityInput) -> workflow.ActivityHandle[Any]:  # noqa: A002 - the SDK's
        input.task_queue = None
        return super().start_activity(input)

    async def start_child_workflow(self, input: StartChildWorkflowInput) -> workflow.ChildWorkflowHandle[Any, Any]:  # noqa: A002 - the SDK's
        info = workflow.info()
        root = info.root.workflow_id if info.root is not None else info.workflow_id
        input.task_queue = info.task_queue
        if root not in input.id:
            input.id = f"{input.id}{MARK}{root}"
        return await super().start_child_workflow(input)


def id_here(recorded: str, root: str, recorded_root: str) -> str:
    """Return the workflow id that a recorded child has under a run."""
    own = recorded.replace(recorded_root, root)
    return own if root in own else f"{own}{MARK}{root}"


def names_of(root: str, workflow_id: str, run_id: str, recorded_as: Sequence[str]) -> Iterator[tuple[str, str]]:
    """Pair the names of a run with what they are called in the recordings.

    Args:
        root: The id of the run that was started.
        workflow_id: The id of the workflow whose step it is, which may be a child's.
        run_id: Its run id.
        recorded_as: The ids under which the run that was started was recorded.
    """
    before, mark, _ = workflow_id.partition(f"{MARK}{root}")
    if mark and recorded_as:
        yield before + mark, before
    yield from zip((root, run_id), recorded_as, strict=False)
