"""How a run ended is known when the server says so, and not when the server is away."""

import asyncio
import uuid
from typing import TYPE_CHECKING, Any, cast

import pytest
from temporalio.api.taskqueue.v1 import TaskQueue
from temporalio.api.workflowservice.v1 import PollWorkflowTaskQueueRequest, RespondWorkflowTaskFailedRequest
from temporalio.service import RPCError, RPCStatusCode

from replaykit.adapters.chaos.ends import result_of, task_attempts

if TYPE_CHECKING:
    from temporalio.client import Client, WorkflowHandle

    from tests.recording import Server


class Answering:
    """A handle whose server gives these answers, one after the other."""

    def __init__(self, *answers: Exception | None) -> None:
        self.answers = list(answers)

    async def result(self, *, follow_runs: bool) -> None:
        assert not follow_runs
        answer = self.answers.pop(0)
        if answer is not None:
            raise answer


def refused(status: RPCStatusCode) -> RPCError:
    return RPCError("no answer", status, b"")


def left_after_waiting(*answers: Exception | None) -> int:
    handle = Answering(*answers)
    asyncio.run(result_of(cast("WorkflowHandle[Any, Any]", handle), follow=False))
    return len(handle.answers)


@pytest.mark.parametrize("status", [RPCStatusCode.UNAVAILABLE, RPCStatusCode.DEADLINE_EXCEEDED])
def test_a_server_that_is_away_for_long_is_no_end_of_a_run(status: RPCStatusCode) -> None:
    assert left_after_waiting(refused(status), None) == 0


@pytest.mark.parametrize("end", [None, refused(RPCStatusCode.NOT_FOUND), ValueError("the run failed")])
def test_whatever_else_the_server_says_is_an_end(end: Exception | None) -> None:
    assert left_after_waiting(end, None) == 1


def test_a_workflow_task_that_is_being_tried_is_not_counted_as_failing(server: "Server") -> None:
    async def counted(client: "Client") -> tuple[int, int]:
        queue = f"tried-{uuid.uuid4().hex[:8]}"
        handle = await client.start_workflow("Slow", id=queue, task_queue=queue)
        waiting = await task_attempts(handle)
        request = PollWorkflowTaskQueueRequest(namespace=client.namespace, task_queue=TaskQueue(name=queue))
        await client.workflow_service.poll_workflow_task_queue(request)
        tried = await task_attempts(handle)
        await handle.terminate()
        return waiting, tried

    assert server.run(counted) == (1, 0)


def test_a_workflow_task_that_is_tried_again_after_it_failed_is_counted(server: "Server") -> None:
    async def counted(client: "Client") -> int:
        queue = f"failing-{uuid.uuid4().hex[:8]}"
        handle = await client.start_workflow("Failing", id=queue, task_queue=queue)
        service = client.workflow_service
        request = PollWorkflowTaskQueueRequest(namespace=client.namespace, task_queue=TaskQueue(name=queue))
        first = await service.poll_workflow_task_queue(request)
        failed = RespondWorkflowTaskFailedRequest(namespace=client.namespace, task_token=first.task_token)
        await service.respond_workflow_task_failed(failed)
        # As Core does where code asks for another step than the history has: this attempt is never answered.
        await service.poll_workflow_task_queue(request)
        attempts = await task_attempts(handle)
        await handle.terminate()
        return attempts

    assert server.run(counted) == 2
