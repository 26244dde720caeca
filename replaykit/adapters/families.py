"""The runs that a run is related to: its children and parent, the runs it continues, and those it was reset from."""

from collections import deque
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass
from enum import StrEnum
from typing import TypeAlias

from temporalio.api.common.v1 import WorkflowExecution
from temporalio.api.enums.v1 import WorkflowTaskFailedCause
from temporalio.api.workflowservice.v1 import DescribeWorkflowExecutionRequest
from temporalio.service import RPCError

from replaykit.adapters.connect import Connection
from replaykit.adapters.fetch import Fetched, fetch_run, not_fetched
from replaykit.adapters.rate import Rate
from replaykit.errors import Problem, RunMissing


class Kin(StrEnum):
    """How a run can be related to another, as `--follow` names it."""

    CHILDREN = "children"
    PARENTS = "parents"
    CONTINUED = "continue-as-new"
    RESET = "reset"


@dataclass(frozen=True, slots=True)
class Relative:
    """A run that another is related to."""

    kin: Kin
    workflow_id: str
    run_id: str
    namespace: str


@dataclass(frozen=True, slots=True)
class Elsewhere:
    """A relative in another namespace: named, not fetched."""

    relative: Relative


@dataclass(frozen=True, slots=True)
class Gone:
    """A relative that the server no longer has, past its retention or deleted."""

    relative: Relative
    problem: Problem


@dataclass(frozen=True, slots=True)
class Beyond:
    """A relative that was left out, for the limit was reached."""

    relative: Relative


Followed: TypeAlias = Fetched | Elsewhere | Gone | Beyond


class Visited:
    """The runs met so far, so that each is fetched once, and how many more may be."""

    def __init__(self, *, limit: int | None = None) -> None:
        """Admit up to `limit` runs; None for all."""
        self._left = limit
        self._met: set[tuple[str, str, str]] = set()

    def meet(self, namespace: str, workflow_id: str, run_id: str) -> bool:
        """Note a run; False where it was met before."""
        key = (namespace, workflow_id, run_id)
        if key in self._met:
            return False
        self._met.add(key)
        return True

    def admit(self) -> bool:
        """Take one place of the limit; False where none is left."""
        if self._left == 0:
            return False
        self._left = None if self._left is None else self._left - 1
        return True


async def family(
    connection: Connection, fetched: Fetched, *, follow: frozenset[Kin], visited: Visited, rate: Rate
) -> AsyncIterator[Followed]:
    """Yield the runs related to a fetched one, their relatives too, each that was not visited before once.

    Raises:
        ServerError: The server cannot be asked.
    """
    who = fetched.identity
    visited.meet(who.namespace, who.workflow_id, who.run_id)
    waiting = deque(await _relatives(connection, fetched, follow, rate))
    while waiting:
        relative = waiting.popleft()
        if not visited.meet(relative.namespace, relative.workflow_id, relative.run_id):
            continue
        if relative.namespace != connection.namespace:
            yield Elsewhere(relative)
        elif not visited.admit():
            yield Beyond(relative)
        else:
            try:
                found = await fetch_run(connection, relative.workflow_id, run_id=relative.run_id, rate=rate)
            except RunMissing as error:
                yield Gone(relative, error.problem)
            else:
                yield found
                waiting += await _relatives(connection, found, follow, rate)


async def _relatives(
    connection: Connection, fetched: Fetched, follow: frozenset[Kin], rate: Rate
) -> tuple[Relative, ...]:
    found = [relative for relative in relatives(fetched) if relative.kin in follow]
    if Kin.RESET in follow and (later := await _reset_to(connection, fetched, rate)):
        found.append(later)
    return tuple(found)


def relatives(fetched: Fetched) -> Iterator[Relative]:
    """Read off a history which runs the run is related to; some more than once.

    A run that was reset does not say so in its history: only the server does, when asked for its description.
    """
    who = fetched.identity

    def of_same_id(kin: Kin, run_id: str) -> Iterator[Relative]:
        if run_id and run_id != who.run_id:
            yield Relative(kin, who.workflow_id, run_id, who.namespace)

    for event in fetched.history.events:
        match event.WhichOneof("attributes"):
            case "workflow_execution_started_event_attributes":
                began = event.workflow_execution_started_event_attributes
                if parent := began.parent_workflow_execution.workflow_id:
                    run_id = began.parent_workflow_execution.run_id
                    yield Relative(Kin.PARENTS, parent, run_id, began.parent_workflow_namespace or who.namespace)
                yield from of_same_id(Kin.CONTINUED, began.continued_execution_run_id)
                yield from of_same_id(Kin.RESET, began.original_execution_run_id)
            case "child_workflow_execution_started_event_attributes":
                child = event.child_workflow_execution_started_event_attributes
                execution = child.workflow_execution
                namespace = child.namespace or who.namespace
                yield Relative(Kin.CHILDREN, execution.workflow_id, execution.run_id, namespace)
            case "workflow_task_failed_event_attributes":
                failed = event.workflow_task_failed_event_attributes
                if failed.cause == WorkflowTaskFailedCause.WORKFLOW_TASK_FAILED_CAUSE_RESET_WORKFLOW:
                    yield from of_same_id(Kin.RESET, failed.base_run_id)
                    yield from of_same_id(Kin.RESET, failed.new_run_id)
            # A run that is retried, or runs by cron, is continued as well.
            case "workflow_execution_continued_as_new_event_attributes":
                closed = event.workflow_execution_continued_as_new_event_attributes
                yield from of_same_id(Kin.CONTINUED, closed.new_execution_run_id)
            case "workflow_execution_completed_event_attributes":
                completed = event.workflow_execution_completed_event_attributes
                yield from of_same_id(Kin.CONTINUED, completed.new_execution_run_id)
            case "workflow_execution_failed_event_attributes":
                failure = event.workflow_execution_failed_event_attributes
                yield from of_same_id(Kin.CONTINUED, failure.new_execution_run_id)
            case "workflow_execution_timed_out_event_attributes":
                late = event.workflow_execution_timed_out_event_attributes
                yield from of_same_id(Kin.CONTINUED, late.new_execution_run_id)


async def _reset_to(connection: Connection, fetched: Fetched, rate: Rate) -> Relative | None:
    # The description names the latest reset alone: an earlier one of the same run is found from its own side.
    who = fetched.identity
    request = DescribeWorkflowExecutionRequest(
        namespace=connection.namespace,
        execution=WorkflowExecution(workflow_id=who.workflow_id, run_id=who.run_id),
    )
    try:
        described = await rate.ask(connection.client.workflow_service.describe_workflow_execution, request)
    except RPCError as error:
        problem = not_fetched(error, connection, who.workflow_id, who.run_id)
        if isinstance(problem, RunMissing):
            return None
        raise problem from None
    run_id = described.workflow_extended_info.reset_run_id
    return Relative(Kin.RESET, who.workflow_id, run_id, who.namespace) if run_id else None
