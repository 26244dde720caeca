"""What strikes do to a run from outside: signals, cancels, queries, and timeouts that come now."""

import asyncio
import contextlib
from collections.abc import Coroutine, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, TypeVar

from google.protobuf.field_mask_pb2 import FieldMask
from temporalio.activity import Info
from temporalio.api.activity.v1 import ActivityOptions
from temporalio.api.common.v1 import WorkflowExecution
from temporalio.api.workflowservice.v1 import UpdateActivityOptionsRequest
from temporalio.client import Client
from temporalio.service import RPCError

from replaykit.adapters.chaos.armed import Armed
from replaykit.adapters.chaos.held import Hold

# A signal that no workflow handles: it begins a workflow task and means nothing.
PROBE = "replaykit_probe"
# Shorter ones catch the next attempt too where a machine is slow: it has its own timeouts back only once it runs.
COLLAPSED = timedelta(seconds=0.8)
_IDENTITY = "replaykit"
_LOOK = 0.02
_HELD = 0.2
# The run itself hears of a cancel however slow the machine is; a child whose parent keeps it to itself never does.
_HEARD_WITHIN = 10.0
_HEARD_BY_CHILD = 1.0
_T = TypeVar("_T")


@dataclass(frozen=True, slots=True)
class Attempt:
    """An attempt of an activity as the wire knows it; the fields are named as in the SDK's Info."""

    namespace: str
    workflow_id: str
    workflow_run_id: str
    activity_id: str
    activity_type: str
    attempt: int


class Reach:
    """The way to the server that strikes have; `signals` are those of the scenario, by name."""

    def __init__(self, client: Client, signals: Mapping[str, Sequence[Any]]) -> None:
        self.client = client
        self._signals = signals
        self._tasks: set[asyncio.Task[Any]] = set()
        self._loop = asyncio.get_running_loop()

    async def signal(self, armed: Armed, fault: str) -> None:
        """Send the signal that a fault names in parentheses, or the probe.

        Raises:
            RPCError: The run has ended.
        """
        name = fault.partition("(")[2].rstrip(")")
        handle = self.client.get_workflow_handle(armed.workflow_id)
        await handle.signal(name or PROBE, args=list(self._signals.get(name, ())))

    async def cancel(self, armed: Armed) -> None:
        """Ask the run to cancel itself.

        Raises:
            RPCError: The run has ended.
        """
        await self.client.get_workflow_handle(armed.workflow_id).cancel()

    async def cancel_heard(self, armed: Armed, info: Info) -> None:
        """Ask the run to cancel itself, and wait until the one whose activity asks has been told, or will not be.

        Else the activity's result would arrive in the same workflow task by chance, which is another fault.

        Raises:
            RPCError: The run has ended.
        """
        await self.cancel(armed)
        within = _HEARD_WITHIN if info.workflow_id == armed.workflow_id else _HEARD_BY_CHILD
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(armed.cancel_heard[info.workflow_run_id or ""].wait(), within)

    def hears_cancel(self, armed: Armed, run_id: str) -> None:
        """Note from a workflow's thread that a run was told of a cancel."""
        self._loop.call_soon_threadsafe(_is_told, armed, run_id)

    async def cancel_with_result(self, armed: Armed) -> None:
        """Keep a workflow task under way until both a cancel and the result of the activity that asks have arrived."""
        hold = armed.hold = Hold()
        await self.signal(armed, "")
        for _ in range(100):
            if hold.began.is_set():
                break
            await asyncio.sleep(_LOOK)
        await self.cancel(armed)
        asyncio.get_running_loop().call_later(_HELD, hold.let_go.set)

    async def terminate(self, armed: Armed) -> None:
        """Terminate the run itself, not its children.

        Raises:
            RPCError: The run has ended.
        """
        await self.client.get_workflow_handle(armed.workflow_id).terminate("replaykit: parent_terminated")

    async def query(self, armed: Armed) -> None:
        """Ask the run for its stack, as any Web UI may at any time.

        Raises:
            RPCError: It does not answer.
        """
        await self.client.get_workflow_handle(armed.workflow_id).query("__stack_trace")

    async def collapse(self, armed: Armed, info: Info | Attempt, field: str) -> None:
        """Have the server issue a timeout of a running attempt now, not when it is due.

        The documentation says that a running attempt keeps its timeouts; server 1.32 does shorten them (80 of 80).
        """
        shortened = ActivityOptions()
        getattr(shortened, field).FromTimedelta(COLLAPSED)
        request = self._options(info)
        request.activity_options.CopyFrom(shortened)
        request.update_mask.CopyFrom(FieldMask(paths=[field]))
        armed.attempts.collapses(info.workflow_run_id or "", info.activity_id)
        try:
            await self.client.workflow_service.update_activity_options(request, retry=True)
        except RPCError as error:
            armed.happens(f"its timeout could not be brought on: {error.message}")

    async def restore(self, info: Info) -> None:
        """Give an attempt the timeouts that the workflow asked for."""
        request = self._options(info)
        request.restore_original = True
        await self.client.workflow_service.update_activity_options(request, retry=True)

    def _options(self, info: Info | Attempt) -> UpdateActivityOptionsRequest:
        return UpdateActivityOptionsRequest(
            namespace=info.namespace,
            execution=WorkflowExecution(workflow_id=info.workflow_id or "", run_id=info.workflow_run_id or ""),
            id=info.activity_id,
            identity=_IDENTITY,
        )

    def later(self, coroutine: Coroutine[Any, Any, Any]) -> None:
        """Do something beside the activity that asks for it."""
        self.begin(coroutine)

    def begin(self, coroutine: Coroutine[Any, Any, _T]) -> asyncio.Task[_T]:
        """Begin something beside whoever asks for it, who may wait for it."""
        task = self._loop.create_task(coroutine)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        return task

    def now(self, coroutine: Coroutine[Any, Any, Any], *, patience: float) -> bool:
        """Do something from a workflow's thread, and wait for it; says whether the server took it."""
        try:
            asyncio.run_coroutine_threadsafe(coroutine, self._loop).result(patience)
        except (RPCError, TimeoutError):
            return False
        return True

    def beside(self, coroutine: Coroutine[Any, Any, Any]) -> None:
        """Do something from a workflow's thread without waiting for it."""
        self._loop.call_soon_threadsafe(self.later, coroutine)


def _is_told(armed: Armed, run_id: str) -> None:
    armed.cancel_heard[run_id].set()
