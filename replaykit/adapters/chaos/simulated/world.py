"""What all executions of one simulated run share: clock, ids, code, and what cannot be simulated."""

import contextvars
import random
from collections.abc import Callable, Coroutine, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from google.protobuf.timestamp_pb2 import Timestamp
from temporalio.bridge.proto.workflow_activation import WorkflowActivationJob
from temporalio.converter import DataConverter
from temporalio.service import RPCError, RPCStatusCode

from replaykit.adapters.chaos.armed import Armed
from replaykit.adapters.chaos.simulated.loop import VirtualLoop

if TYPE_CHECKING:
    from replaykit.adapters.chaos.simulated.activities import Activities
    from replaykit.adapters.chaos.simulated.execution import Execution
    from replaykit.adapters.chaos.simulated.instances import Instances

# When simulated time begins, in seconds since 1970: the same each time, so that a run can be repeated.
EPOCH = 1_750_000_000
# A run that has come this far without an end hangs: on a real server it would be out of patience long before.
MOST_TASKS = 400
MOST_ATTEMPTS = 400


class CannotSimulate(Exception):
    """The run asked for what the simulator does not do."""


@dataclass(slots=True)
class World:
    """One simulated run of a scenario."""

    loop: VirtualLoop
    armed: Armed
    converter: DataConverter
    instances: "Instances"
    activities: "Activities"
    evicts: bool
    chain: bool
    context: contextvars.Context = field(default_factory=contextvars.copy_context)
    executions: dict[str, "Execution"] = field(default_factory=dict)
    cannot: str = ""
    on_stop: Callable[[], None] = lambda: None
    beside: set[Any] = field(default_factory=set)
    told: list[str] = field(default_factory=list)
    runs: int = 0
    tasks: int = 0
    attempts: int = 0

    def soon(self, function: Callable[..., Any], *args: Any) -> None:  # noqa: ANN401 - the function's
        """Call something next, in no context of an activity's."""
        self.loop.call_soon(function, *args, context=self.context)

    def later(self, seconds: float, function: Callable[..., Any], *args: Any) -> Any:  # noqa: ANN401 - as above
        """Call something after a while; returns what can be cancelled."""
        return self.loop.call_later(max(seconds, 0), function, *args, context=self.context)

    def begin(self, coroutine: Coroutine[Any, Any, Any]) -> Any:  # noqa: ANN401 - a task
        """Begin something beside, in no context of an activity's."""
        task = self.loop.create_task(coroutine, context=self.context.copy())
        self.beside.add(task)
        task.add_done_callback(self._ended)
        return task

    def _ended(self, task: Any) -> None:  # noqa: ANN401 - a task
        self.beside.discard(task)
        self.breaks(None if task.cancelled() else task.exception())

    def breaks(self, error: BaseException | None) -> None:
        """Give the run up where something went wrong beside it."""
        if error is not None:
            self.stops(f"{type(error).__name__}: {error}")

    def stops(self, why: str) -> None:
        """Give the run up: nothing is said of it."""
        self.cannot = self.cannot or why
        self.on_stop()

    def new_run_id(self) -> str:
        """Return the id of the next run."""
        self.runs += 1
        return f"{self.armed.workflow_id}-run-{self.runs}"

    def seed(self, run_id: str) -> int:
        """Return what a run's own chance begins with."""
        return random.Random(run_id).getrandbits(63)  # noqa: S311 - it is to be the same each time

    def now(self) -> Timestamp:
        """Return the time of day in the simulated world."""
        stamp = Timestamp()
        stamp.FromNanoseconds(EPOCH * 10**9 + int(self.loop.time() * 10**9))
        return stamp

    def open(self, workflow_id: str) -> "Execution":
        """Return the open execution of an id.

        Raises:
            RPCError: There is none, as a server says it.
        """
        found = self.executions.get(workflow_id)
        if found is None or found.closed:
            raise RPCError("workflow execution already completed", RPCStatusCode.NOT_FOUND, b"")
        return found

    def payloads(self, args: Any) -> Any:  # noqa: ANN401 - what a call is given
        """Write arguments as the SDK does."""
        return self.converter.payload_converter.to_payloads(list(args))


Definitions = Mapping[str, Callable[..., Any]]


def told_by(job: WorkflowActivationJob) -> str:
    """Write down what a workflow is told, as far as it decides where the workflow goes: what ended, and how."""
    kind = job.WhichOneof("variant") or ""
    said = getattr(job, kind)
    number = f" {said.seq}" if hasattr(said, "seq") else ""
    result = getattr(said, "result", None)
    how = (
        f" {result.WhichOneof('status')}" if result is not None and "status" in result.DESCRIPTOR.oneofs_by_name else ""
    )
    return f"{kind}{number}{how}"
