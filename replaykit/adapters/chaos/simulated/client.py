"""The client of a simulated run: a real one whose every call ends in the simulator, never on the network."""

import asyncio
import uuid
from collections.abc import Callable, Coroutine
from typing import Any

from temporalio.activity import Info
from temporalio.bridge.proto.workflow_activation import WorkflowActivationJob
from temporalio.client import (
    CancelWorkflowInput,
    Client,
    Interceptor,
    OutboundInterceptor,
    QueryWorkflowInput,
    SignalWorkflowInput,
    StartWorkflowUpdateInput,
    TerminateWorkflowInput,
    WorkflowQueryFailedError,
    WorkflowUpdateHandle,
)
from temporalio.service import RPCError, RPCStatusCode

from replaykit.adapters.chaos.armed import Armed
from replaykit.adapters.chaos.reach import Attempt, Reach
from replaykit.adapters.chaos.simulated.world import CannotSimulate, World

_NOWHERE = "simulated.invalid:1"
_HELD = 0.2
_NEXT_TASK = 0.01


class Simulated(Interceptor):
    """Ends a client's calls in the world of the run that is under way."""

    def __init__(self) -> None:
        self.world: World | None = None
        self.client: Client | None = None

    async def connect(self, converter: Any) -> Client:  # noqa: ANN401 - a data converter
        """Make the client; nothing is connected."""
        self.client = await Client.connect(_NOWHERE, lazy=True, data_converter=converter, interceptors=[self])
        return self.client

    def intercept_client(self, next: OutboundInterceptor) -> OutboundInterceptor:  # noqa: A002 - the SDK's
        """Stand where the network was."""
        return _Terminal(next, self)

    def there(self) -> World:
        """Return the world of the run that is under way.

        Raises:
            RPCError: No run is under way.
        """
        if self.world is None:
            raise RPCError("no run is under way", RPCStatusCode.NOT_FOUND, b"")
        return self.world


class _Terminal(OutboundInterceptor):
    def __init__(self, following: OutboundInterceptor, simulated: Simulated) -> None:
        super().__init__(following)
        self._simulated = simulated

    async def signal_workflow(self, input: SignalWorkflowInput) -> None:  # noqa: A002 - the SDK's
        world = self._simulated.there()
        job = WorkflowActivationJob()
        job.signal_workflow.signal_name = input.signal
        job.signal_workflow.input.extend(world.payloads(input.args))
        world.open(input.id).deliver(job)

    async def cancel_workflow(self, input: CancelWorkflowInput) -> None:  # noqa: A002 - the SDK's
        self._simulated.there().open(input.id).cancel(input.reason)

    async def terminate_workflow(self, input: TerminateWorkflowInput) -> None:  # noqa: A002 - the SDK's
        self._simulated.there().open(input.id).terminate()

    async def query_workflow(self, input: QueryWorkflowInput) -> Any:  # noqa: A002, ANN401 - the SDK's
        world = self._simulated.there()
        job = WorkflowActivationJob()
        job.query_workflow.query_id = uuid.uuid4().hex
        job.query_workflow.query_type = input.query
        job.query_workflow.arguments.extend(world.payloads(input.args))
        execution = world.executions[input.id]
        while not execution.begun and not execution.closed:  # noqa: ASYNC110 - simulated time costs nothing
            await asyncio.sleep(_NEXT_TASK)
        completion = execution.query(job)
        if completion.HasField("failed"):
            raise WorkflowQueryFailedError(completion.failed.failure.message)
        answer = completion.successful.commands[0].respond_to_query
        if answer.HasField("failed"):
            raise WorkflowQueryFailedError(answer.failed.message)
        hints = [input.ret_type] if input.ret_type else None
        [value] = world.converter.payload_converter.from_payloads([answer.succeeded.response], hints)
        return value

    async def start_workflow_update(self, input: StartWorkflowUpdateInput) -> WorkflowUpdateHandle[Any]:  # noqa: A002 - the SDK's
        world = self._simulated.there()
        execution = world.open(input.id)
        update_id = input.update_id or f"update-{world.tasks}-{len(execution.commands.updates)}"
        future = execution.commands.updates.get(update_id)
        if future is None:
            future = world.loop.create_future()
            execution.commands.updates[update_id] = future
            job = WorkflowActivationJob()
            job.do_update.id = job.do_update.protocol_instance_id = update_id
            job.do_update.name = input.update
            job.do_update.input.extend(world.payloads(input.args))
            job.do_update.meta.update_id = update_id
            job.do_update.run_validator = True
            execution.deliver(job)
        client = self._simulated.client
        assert client is not None  # noqa: S101 - whoever calls has the client
        outcome = await asyncio.shield(future)
        return WorkflowUpdateHandle(client, update_id, input.id, result_type=input.ret_type, known_outcome=outcome)


def _refusing(name: str) -> Callable[..., Any]:
    def refuse(self: _Terminal, _input: Any) -> Any:  # noqa: ANN401 - the SDK's
        self._simulated.there().stops(f"the client's {name}")
        raise CannotSimulate(name)

    return refuse


# What stands in no method above would go out to the network.
for _name in vars(OutboundInterceptor):
    if not _name.startswith("_") and _name not in vars(_Terminal):
        setattr(_Terminal, _name, _refusing(_name))


class SimulatedReach(Reach):
    """What strikes do to a simulated run from outside."""

    def __init__(self, client: Client, signals: Any, simulated: Simulated) -> None:  # noqa: ANN401 - as in Reach
        super().__init__(client, signals)
        self._simulated = simulated

    async def cancel_heard(self, armed: Armed, info: Info) -> None:  # noqa: ARG002 - a report takes longer here
        """Cancel: the run is told before anything that is sent later."""
        await self.cancel(armed)

    def hears_cancel(self, armed: Armed, run_id: str) -> None:
        """Leave it: nobody waits for that."""

    async def cancel_with_result(self, armed: Armed) -> None:
        """Hold tasks back until both a cancel and the activity's result are there."""
        world = self._simulated.there()
        await self.signal(armed, "")
        await asyncio.sleep(_NEXT_TASK)
        execution = world.open(armed.workflow_id)
        execution.hold(held=True)
        await self.cancel(armed)
        world.later(_HELD, lambda: execution.hold(held=False))

    async def collapse(self, armed: Armed, info: Info | Attempt, field: str) -> None:
        """Have a timeout of a running attempt come now."""
        execution = self._simulated.there().executions.get(info.workflow_id or "")
        activity = None if execution is None else execution.commands.activity(info.activity_id)
        if activity is None:
            armed.happens("its timeout could not be brought on: no such activity")
        else:
            activity.collapse(field)

    async def restore(self, info: Info) -> None:
        """Leave the next attempt alone: its timeouts are those that the workflow asked for."""

    def later(self, coroutine: Coroutine[Any, Any, Any]) -> None:
        """Do something beside the activity that asks for it."""
        self._simulated.there().begin(coroutine)

    def now(self, coroutine: Coroutine[Any, Any, Any], *, patience: float) -> bool:  # noqa: ARG002 - nobody waits here
        """Do something from inside a workflow task; says whether it was taken."""
        try:
            coroutine.send(None)
        except StopIteration:
            return True
        except RPCError:
            return False
        coroutine.close()
        self._simulated.there().stops("a call that waits inside a workflow task")
        return False

    def beside(self, coroutine: Coroutine[Any, Any, Any]) -> None:
        """Do something without waiting for it."""
        self._simulated.there().soon(self.later, coroutine)
