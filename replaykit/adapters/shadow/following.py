"""Shadows are started, looked at, stopped and waited for."""

from datetime import timedelta

from temporalio.api.enums.v1 import TaskQueueType
from temporalio.api.taskqueue.v1 import TaskQueue
from temporalio.api.workflowservice.v1 import DescribeTaskQueueRequest
from temporalio.client import Client, WorkflowFailureError, WorkflowHandle, WorkflowQueryFailedError
from temporalio.common import WorkflowIDConflictPolicy
from temporalio.exceptions import ActivityError, ApplicationError, CancelledError, FailureError, TerminatedError
from temporalio.service import RPCError, RPCStatusCode

from replaykit.adapters.connect import Connection
from replaykit.adapters.rate import Rate
from replaykit.adapters.refusals import explained
from replaykit.errors import NoShadowReport, NoShadowWorker, RunMissing
from replaykit.model.shadow import PROGRESS, STOP, WORKFLOW, Asked, Progress, Report, State

ANSWERS_WITHIN = timedelta(seconds=3)


class Following:
    """One shadow, seen from outside."""

    def __init__(self, connection: Connection, workflow_id: str) -> None:
        """Look at the shadow of a workflow id, whichever run of it is the latest."""
        self._connection = connection
        self.workflow_id = workflow_id
        client: Client = connection.client
        self._handle: WorkflowHandle[object, Report] = client.get_workflow_handle(workflow_id, result_type=Report)

    async def check(self) -> None:
        """Make sure that there is a shadow of this name.

        Raises:
            RunMissing: The server knows no such workflow.
            NoShadowReport: It is another kind of workflow.
            ServerError: The server cannot be asked.
        """
        try:
            described = await self._handle.describe()
        except RPCError as error:
            if error.status is RPCStatusCode.NOT_FOUND:
                raise self._missing() from None
            raise explained(error, self._connection, f"the shadow {self.workflow_id}") from None
        if described.workflow_type != WORKFLOW:
            raise NoShadowReport(
                f"{self.workflow_id} is no shadow.",
                cause=f"it is a workflow of type {described.workflow_type}",
                fix=f"temporal workflow list --query \"WorkflowType = '{WORKFLOW}'\"",
            )

    async def progress(self) -> Progress | None:
        """Tell how far it is; None where no worker answers."""
        try:
            found: Progress = await self._handle.query(PROGRESS, result_type=Progress, rpc_timeout=ANSWERS_WITHIN)
        except (RPCError, WorkflowQueryFailedError):
            return None
        return found

    async def stop(self, why: str) -> None:
        """Stop it; its report says why.

        Raises:
            NoShadowReport: It has ended already.
        """
        try:
            await self._handle.signal(STOP, why)
        except RPCError:
            raise NoShadowReport(
                f"The shadow {self.workflow_id} cannot be stopped.",
                cause="it has ended",
                fix=f"replaykit shadow follow {self.workflow_id}   shows its report",
            ) from None

    async def report(self) -> Report:
        """Wait for its report.

        Raises:
            NoShadowReport: It ended without one.
        """
        try:
            return await self._handle.result()
        except WorkflowFailureError as error:
            cause, fix = _why(error.cause)
            raise NoShadowReport(
                f"The shadow {self.workflow_id} ended without a report.", cause=cause, fix=fix
            ) from None
        except RPCError as error:
            raise explained(error, self._connection, f"the report of {self.workflow_id}") from None

    def _missing(self) -> RunMissing:
        connection = self._connection
        return RunMissing(
            f"No shadow {self.workflow_id} in namespace {connection.namespace}.",
            cause=f"the server at {connection.address} does not know it: mistyped, other namespace, or past retention",
            fix=f"temporal workflow list --query \"WorkflowType = '{WORKFLOW}'\"",
        )


async def begin(connection: Connection, asked: Asked, *, workflow_id: str, task_queue: str) -> Following:
    """Start a shadow; one that runs already under this id is followed instead.

    Raises:
        ServerError: The server cannot be asked.
    """
    try:
        await connection.client.start_workflow(
            WORKFLOW,
            State(asked),
            id=workflow_id,
            task_queue=task_queue,
            id_conflict_policy=WorkflowIDConflictPolicy.USE_EXISTING,
        )
    except RPCError as error:
        raise explained(error, connection, "a new shadow") from None
    return Following(connection, workflow_id)


async def check_workers(connection: Connection, task_queue: str, *, rate: Rate) -> None:
    """Make sure that some worker polls the task queue.

    Raises:
        NoShadowWorker: None has for some minutes.
        ServerError: The server cannot be asked.
    """
    request = DescribeTaskQueueRequest(
        namespace=connection.namespace,
        task_queue=TaskQueue(name=task_queue),
        task_queue_type=TaskQueueType.TASK_QUEUE_TYPE_ACTIVITY,
    )
    try:
        described = await rate.ask(connection.client.workflow_service.describe_task_queue, request)
    except RPCError as error:
        raise explained(error, connection, f"the workers of task queue {task_queue}") from None
    if not described.pollers:
        raise NoShadowWorker(
            f"No shadow worker polls task queue {task_queue}.",
            cause=f"none is running, or they poll another queue or namespace than {connection.namespace}",
            fix=f"replaykit shadow worker --task-queue {task_queue}   in the project whose workflows are judged",
        )


def _why(error: BaseException | None) -> tuple[str, str]:
    match error:
        case ActivityError(cause=ApplicationError(details=[{"cause": str(cause), "fix": str(fix)}, *_]) as problem):
            return f"{problem.message}\n{cause} ({problem.type})", fix
        case TerminatedError():
            return f"it was terminated: {error}", "replaykit shadow start   begins anew"
        case CancelledError():
            return "it was cancelled; `replaykit shadow stop` leaves a report", "replaykit shadow start   begins anew"
        case FailureError():
            return f"{error.cause or error}".splitlines()[0][:300], "temporal workflow show   tells more"
        case _:
            return f"{type(error).__name__}", "temporal workflow show   tells more"
