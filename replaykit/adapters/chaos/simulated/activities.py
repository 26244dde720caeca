"""Real activities run in process, in the SDK's activity context, behind the interceptors of a sweep's worker."""

import asyncio
import contextvars
import dataclasses
import inspect
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from temporalio import activity
from temporalio.activity import Info
from temporalio.api.common.v1 import Payload
from temporalio.api.failure.v1 import Failure
from temporalio.common import RetryPolicy
from temporalio.converter import DataConverter
from temporalio.exceptions import ApplicationError, CancelledError
from temporalio.testing import ActivityEnvironment
from temporalio.worker import (
    ActivityInboundInterceptor,
    ActivityOutboundInterceptor,
    ExecuteActivityInput,
    Interceptor,
)

from replaykit.adapters.chaos.simulated.instances import NAMESPACE, TASK_QUEUE, known_to
from replaykit.adapters.chaos.simulated.world import EPOCH
from replaykit.adapters.sdk_private import activity_definition


def _left_open() -> type[BaseException]:
    """Learn how the SDK says that an attempt is left open; the class itself is private."""
    try:
        activity.raise_complete_async()
    except BaseException as said:  # noqa: BLE001 - it is no Exception
        return type(said)


_LEFT_OPEN = _left_open()


@dataclass(frozen=True, slots=True)
class Outcome:
    """What one attempt reports: a result, a failure or a cancellation; none of them where it is never heard of."""

    completed: Payload | None = None
    failed: Failure | None = None
    cancelled: Failure | None = None

    @property
    def left_open(self) -> bool:
        """Whether the attempt is never heard of again."""
        return self.completed is None and self.failed is None and self.cancelled is None


class Environment(ActivityEnvironment):
    """What an attempt runs in; it remembers whether it was asked to stop."""

    def __init__(self, info: Info, converter: DataConverter) -> None:
        super().__init__()
        self.info = info
        self.payload_converter = converter.payload_converter
        self.asked = False

    def stop(self) -> None:
        """Ask the attempt to stop."""
        self.asked = True
        self.cancel()


class _Body(ActivityInboundInterceptor):
    """The end of the chain: the team's own function."""

    def __init__(self) -> None:
        super().__init__(self)

    def init(self, outbound: ActivityOutboundInterceptor) -> None:
        pass

    async def execute_activity(self, input: ExecuteActivityInput) -> Any:  # noqa: A002, ANN401 - the SDK's names
        function = input.fn
        if _is_async(function):
            return await function(*input.args)
        context = contextvars.copy_context()
        return await asyncio.get_running_loop().run_in_executor(None, context.run, function, *input.args)


class _Outbound(ActivityOutboundInterceptor):
    def __init__(self, environment: ActivityEnvironment) -> None:
        super().__init__(self)
        self._environment = environment

    def info(self) -> Info:
        return self._environment.info

    def heartbeat(self, *details: Any) -> None:  # noqa: ANN401 - the SDK's
        self._environment.on_heartbeat(*details)


def _is_async(function: Any) -> bool:  # noqa: ANN401 - a function, or an object that is one
    return inspect.iscoroutinefunction(function) or inspect.iscoroutinefunction(getattr(function, "__call__", None))  # noqa: B004 - as the SDK asks it


class Activities:
    """The activities of a scenario, by name."""

    def __init__(
        self, functions: Sequence[Callable[..., Any]], interceptors: Sequence[Interceptor], converter: DataConverter
    ) -> None:
        self.functions = {activity_definition(function).name or "": function for function in functions}
        self._interceptors = interceptors
        self._converter = converter

    def environment(self, info: Info) -> Environment:
        """Return what an attempt runs in."""
        return Environment(info, self._converter)

    def is_thread(self, name: str) -> bool:
        """Say whether an activity runs in a thread, which the SDK interrupts when it is cancelled."""
        function = self.functions.get(name)
        return function is not None and not _is_async(function)

    async def run(self, environment: Environment, given: Sequence[Payload]) -> Outcome:
        """Run one attempt to its end."""
        converter = self._converter.payload_converter
        cancelled = False
        try:
            try:
                function, args = self._called(environment.info.activity_type, given)
                chain: ActivityInboundInterceptor = _Body()
                for interceptor in reversed(self._interceptors):
                    chain = interceptor.intercept_activity(chain)
                chain.init(_Outbound(environment))
                called = ExecuteActivityInput(fn=function, args=args, executor=None, headers={})
                result: Any = await environment.run(chain.execute_activity, called)
            except (asyncio.CancelledError, CancelledError):
                # Only who asked for the cancel makes it one: anything else is a failure like another.
                cancelled = True
                raise
            [payload] = converter.to_payloads([result])
            return Outcome(completed=payload)
        except _LEFT_OPEN:
            return Outcome()
        except BaseException as error:  # noqa: BLE001 - as the SDK's worker does
            failure = Failure()
            # Where it was raised nobody reads here, and writing it down takes a fifth of a run.
            error.__traceback__ = None
            if cancelled and environment.asked:
                self._converter.failure_converter.to_failure(CancelledError("Cancelled"), converter, failure)
                return Outcome(cancelled=failure)
            self._converter.failure_converter.to_failure(error, converter, failure)
            return Outcome(failed=failure)

    def _called(self, name: str, given: Sequence[Payload]) -> tuple[Callable[..., Any], list[Any]]:
        function = self.functions.get(name)
        if function is None:
            message = f"Activity function {name} is not registered on this worker"
            raise ApplicationError(message, type="NotFoundError")
        hints = activity_definition(function).arg_types
        if hints is not None and len(hints) != len(given):
            hints = None
        try:
            return function, self._converter.payload_converter.from_payloads(given, hints)
        except Exception as error:
            message = "Failed decoding arguments"
            raise ApplicationError(message) from error


def info_of(  # noqa: PLR0913 - what an activity can ask
    said: Any,  # noqa: ANN401 - Core's command
    *,
    workflow_id: str,
    run_id: str,
    workflow_type: str,
    attempt: int,
    local: bool,
    scheduled: float,
    now: float,
    details: Sequence[Any],
) -> Info:
    """Write what an attempt can ask about itself."""
    fields: dict[str, Any] = {
        "activity_id": said.activity_id,
        "activity_type": said.activity_type,
        "attempt": attempt,
        "current_attempt_scheduled_time": _moment(now),
        "heartbeat_details": list(details),
        "heartbeat_timeout": None if local else _span(said, "heartbeat_timeout"),
        "is_local": local,
        "namespace": NAMESPACE,
        "schedule_to_close_timeout": _span(said, "schedule_to_close_timeout"),
        "scheduled_time": _moment(scheduled),
        "start_to_close_timeout": _span(said, "start_to_close_timeout"),
        "started_time": _moment(now),
        "task_queue": TASK_QUEUE,
        "task_token": f"{run_id}/{said.activity_id}/{attempt}".encode(),
        "workflow_id": workflow_id,
        "workflow_namespace": NAMESPACE,
        "workflow_run_id": run_id,
        "workflow_type": workflow_type,
        "retry_policy": RetryPolicy.from_proto(said.retry_policy) if said.HasField("retry_policy") else None,
    }
    return dataclasses.replace(ActivityEnvironment.default_info(), **known_to(Info, fields))


def _moment(seconds: float) -> datetime:
    return datetime.fromtimestamp(EPOCH + seconds, UTC)


def _span(said: Any, field: str) -> timedelta | None:  # noqa: ANN401 - Core's command
    span: timedelta | None = getattr(said, field).ToTimedelta() if said.HasField(field) else None
    return span or None
