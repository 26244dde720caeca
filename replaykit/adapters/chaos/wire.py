"""Strikes on the wire: what workers tell the server is lost, late or told twice, and what it answers never arrives."""

import asyncio
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from typing import TypeAlias

from temporalio.api.workflowservice.v1 import (
    DescribeWorkflowExecutionRequest,
    PollActivityTaskQueueResponse,
    PollWorkflowTaskQueueResponse,
    RespondActivityTaskCanceledByIdRequest,
    RespondActivityTaskCanceledRequest,
    RespondActivityTaskCompletedByIdRequest,
    RespondActivityTaskCompletedRequest,
    RespondActivityTaskFailedByIdRequest,
    RespondActivityTaskFailedRequest,
    RespondWorkflowTaskCompletedRequest,
    RespondWorkflowTaskCompletedResponse,
)
from temporalio.service import RPCError

from replaykit.adapters.chaos.armed import Armed
from replaykit.adapters.chaos.proxy import Call, Status
from replaykit.adapters.chaos.reach import Attempt, Reach
from replaykit.adapters.chaos.registry import Registry
from replaykit.adapters.chaos.updates import send_next
from replaykit.adapters.chaos.wire_lane import task_timeout
from replaykit.model.chaos import Boundary, Place, Strike
from replaykit.model.scenario import Signal

_LOOK = 0.05
_HELD_FOR = 8.0
# Time for an update to reach the server while the task is under way; the task is there until its timeout.
_UPDATE_ARRIVES = 0.2
# The requests that report an activity's attempt. Each is read as what it is: one type's failure is no other's result.
_Report: TypeAlias = (
    RespondActivityTaskCompletedRequest | RespondActivityTaskFailedRequest | RespondActivityTaskCanceledRequest
)
_ReportById: TypeAlias = (
    RespondActivityTaskCompletedByIdRequest
    | RespondActivityTaskFailedByIdRequest
    | RespondActivityTaskCanceledByIdRequest
)
_REPORTS: Mapping[str, Callable[[bytes], _Report]] = {
    "RespondActivityTaskCompleted": RespondActivityTaskCompletedRequest.FromString,
    "RespondActivityTaskFailed": RespondActivityTaskFailedRequest.FromString,
    "RespondActivityTaskCanceled": RespondActivityTaskCanceledRequest.FromString,
}
_REPORTS_BY_ID: Mapping[str, Callable[[bytes], _ReportById]] = {
    "RespondActivityTaskCompletedById": RespondActivityTaskCompletedByIdRequest.FromString,
    "RespondActivityTaskFailedById": RespondActivityTaskFailedByIdRequest.FromString,
    "RespondActivityTaskCanceledById": RespondActivityTaskCanceledByIdRequest.FromString,
}


@dataclass(slots=True)
class Wire:
    """Stands between the workers of a lane and the server, and strikes where the plan of a run says so."""

    registry: Registry
    reach: Reach
    updates: Sequence[Signal] = ()
    _tasks: dict[bytes, tuple[str, str]] = field(default_factory=dict)
    _attempts: dict[bytes, Attempt] = field(default_factory=dict)
    _latest: dict[tuple[str, str], Attempt] = field(default_factory=dict)

    async def answer(self, call: Call) -> bytes:
        """Answer a call.

        Raises:
            Status: The server's own, or a strike's.
        """
        match call.method:
            case "PollWorkflowTaskQueue":
                answer = await call.forward(call.message)
                self._given_task(PollWorkflowTaskQueueResponse.FromString(answer))
                return answer
            case "PollActivityTaskQueue":
                answer = await call.forward(call.message)
                self._given_attempt(PollActivityTaskQueueResponse.FromString(answer))
                return answer
            case "RespondWorkflowTaskCompleted":
                return await self._task(call)
            case method if method in _REPORTS:
                report = _REPORTS[method](call.message)
                return await self._report(call, self._attempts.pop(report.task_token, None))
            case method if method in _REPORTS_BY_ID:
                named = _REPORTS_BY_ID[method](call.message)
                return await self._report(call, self._latest.get((named.workflow_id, named.activity_id)), by_id=True)
        return await call.forward(call.message)

    # Who is who.

    def _given_task(self, task: PollWorkflowTaskQueueResponse) -> None:
        run = task.workflow_execution
        # A query's task is answered by another request.
        if task.task_token and not task.HasField("query"):
            self._tasks[task.task_token] = (run.workflow_id, run.run_id)

    def _given_attempt(self, task: PollActivityTaskQueueResponse) -> None:
        if not task.task_token:
            return
        attempt = _attempt(task)
        self._attempts[task.task_token] = attempt
        self._latest[attempt.workflow_id, attempt.activity_id] = attempt

    # Workflow tasks.

    async def _task(self, call: Call) -> bytes:
        request = RespondWorkflowTaskCompletedRequest.FromString(call.message)
        workflow_id, run_id = self._tasks.pop(request.task_token, ("", ""))
        armed = self.registry.of(workflow_id)
        if armed is None:
            # A stranger's, or one that comes again because its answer was lost.
            return await call.forward(call.message)
        asked = armed.asked(run_id)
        await self._lost(armed, asked)
        timeout = task_timeout(armed.plan)
        message = request.SerializeToString() if timeout and _hurried(request, timeout) else call.message
        answer = await self._on_time(call, message, armed)
        response = RespondWorkflowTaskCompletedResponse.FromString(answer)
        if strike := _due(armed, asked, "task_response_lost"):
            for task in response.activity_tasks:
                self._burnt(armed, _attempt(task))
            armed.fires(strike)
            raise Status("UNAVAILABLE", f"replaykit: {strike}")
        for task in response.activity_tasks:
            self._given_attempt(task)
        self._given_task(response.workflow_task)
        return answer

    async def _lost(self, armed: Armed, asked: Sequence[Boundary]) -> None:
        """Lose the completion where that is due: the server never hears of it.

        Raises:
            Status: It is lost.
        """
        strike = _due(armed, asked, "update_in_lost_task")
        if strike is not None and not await self._update_arrives(armed):
            strike = None
        armed.task_came.set()
        strike = strike or _due(armed, asked, "task_lost")
        if strike is not None:
            armed.fires(strike)
            raise Status("NOT_FOUND", f"replaykit: {strike}")

    async def _update_arrives(self, armed: Armed) -> bool:
        """Send an update, and say whether it is with the server: it is answered after the task comes again."""
        sending = self.reach.begin(send_next(self.reach.client, armed, self.updates))
        done, _ = await asyncio.wait({sending}, timeout=_UPDATE_ARRIVES)
        return not done or sending.result()

    async def _on_time(self, call: Call, message: bytes, armed: Armed) -> bytes:
        try:
            return await call.forward(message)
        except Status as status:
            if status.code == "NOT_FOUND" and "task not found" in status.details.lower():
                armed.attempts.too_late("a workflow task timed out")
            raise

    def _burnt(self, armed: Armed, attempt: Attempt) -> None:
        """An eager attempt that the server began and no worker ever heard of: its timeout comes now."""
        armed.happens(f"{attempt.activity_type} attempt {attempt.attempt} was given to the worker in the lost answer")
        armed.attempts.ends_badly(attempt.workflow_run_id, attempt.activity_id)
        self.reach.later(self.reach.collapse(armed, attempt, "start_to_close_timeout"))

    # Reports of activities.

    async def _report(self, call: Call, attempt: Attempt | None, *, by_id: bool = False) -> bytes:
        armed = None if attempt is None else self.registry.of(attempt.workflow_id)
        if attempt is None or armed is None:
            return await call.forward(call.message)
        at = Boundary(
            Place.ACTIVITY,
            attempt.activity_type,
            armed.kin.nth(attempt.workflow_run_id, attempt.activity_id),
            attempt.attempt,
            within=armed.kin.within(attempt.workflow_id, attempt.workflow_run_id),
        )
        if strike := armed.due(at, "completion_late"):
            return await self._late(call, armed, attempt, strike, followed=by_id)
        answer = await call.forward(call.message)
        if strike := armed.due(at, "completion_twice"):
            try:
                await call.forward(call.message)
            except Status as status:
                armed.happens(f"{at}: its second report was answered with {status}")
            armed.fires(strike)
        if strike := armed.take(at, "completion_response_lost"):
            raise Status("UNAVAILABLE", f"replaykit: {strike}")
        return answer

    async def _late(self, call: Call, armed: Armed, attempt: Attempt, strike: Strike, *, followed: bool) -> bytes:
        """Hold a report until the server has given the attempt up, and one by id until it is followed by the next.

        One by id that comes between two attempts is taken for the first one's, and there is no second.
        """
        # The run waits for it as for an attempt that is still at work.
        armed.attempts.running += 1
        try:
            await self.reach.collapse(armed, attempt, "start_to_close_timeout")
            armed.attempts.ends_badly(attempt.workflow_run_id, attempt.activity_id)
            pending = await self._given_up(attempt)
            if pending and followed:
                await _until(lambda: armed.attempts.is_followed(strike.at) or armed.closed)
            try:
                # Refused, or, where it names the activity and no attempt, taken for the report of the next one.
                return await call.forward(call.message)
            finally:
                if pending is not None:
                    armed.fires(strike)
        finally:
            armed.attempts.running -= 1

    async def _given_up(self, attempt: Attempt) -> bool | None:
        """Wait until the server has timed an attempt out.

        Returns:
            Whether another is to come; None where it has not timed out.
        """
        request = DescribeWorkflowExecutionRequest(namespace=self.reach.client.namespace)
        request.execution.workflow_id = attempt.workflow_id
        request.execution.run_id = attempt.workflow_run_id
        loop = asyncio.get_running_loop()
        deadline = loop.time() + _HELD_FOR
        while loop.time() < deadline:
            await asyncio.sleep(_LOOK)
            try:
                found = await self.reach.client.workflow_service.describe_workflow_execution(request)
            except RPCError:
                return None
            pending = [each for each in found.pending_activities if each.activity_id == attempt.activity_id]
            if not pending or pending[0].attempt > attempt.attempt:
                return bool(pending)
        return None


async def _until(holds: Callable[[], bool]) -> None:
    loop = asyncio.get_running_loop()
    deadline = loop.time() + _HELD_FOR
    while loop.time() < deadline and not holds():  # noqa: ASYNC110 - attempts start on several threads
        await asyncio.sleep(_LOOK)


def _due(armed: Armed, asked: Sequence[Boundary], fault: str) -> Strike | None:
    return next((strike for at in asked if (strike := armed.due(at, fault))), None)


def _attempt(task: PollActivityTaskQueueResponse) -> Attempt:
    return Attempt(
        namespace=task.workflow_namespace,
        workflow_id=task.workflow_execution.workflow_id,
        workflow_run_id=task.workflow_execution.run_id,
        activity_id=task.activity_id,
        activity_type=task.activity_type.name,
        attempt=task.attempt,
    )


def _hurried(request: RespondWorkflowTaskCompletedRequest, timeout: timedelta) -> bool:
    """Give the children that a task asks for the short timeout of their parent; says whether there are any."""
    found = False
    for command in request.commands:
        if command.HasField("start_child_workflow_execution_command_attributes"):
            child = command.start_child_workflow_execution_command_attributes
            if not child.workflow_task_timeout.ToTimedelta():
                child.workflow_task_timeout.FromTimedelta(timeout)
                found = True
    return found
