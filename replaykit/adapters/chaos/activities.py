"""Strikes at the edges of activities: the attempt fails, is lost, lives on as a zombie, or answers nonsense."""

import asyncio
import json
from contextlib import AbstractContextManager, nullcontext
from datetime import timedelta
from typing import Any

from temporalio import activity
from temporalio.api.common.v1 import Payload
from temporalio.common import RawValue
from temporalio.exceptions import ApplicationError
from temporalio.service import RPCError
from temporalio.worker import (
    ActivityInboundInterceptor,
    ActivityOutboundInterceptor,
    ExecuteActivityInput,
    Interceptor,
)

from replaykit.adapters.chaos.armed import Armed
from replaykit.adapters.chaos.family import names_of
from replaykit.adapters.chaos.heartbeats import Noticing, that_tells_of_silence
from replaykit.adapters.chaos.parking import dies, outlasts
from replaykit.adapters.chaos.reach import Reach
from replaykit.adapters.chaos.registry import Registry
from replaykit.adapters.chaos.requests import Attempt, StruckTape, requests_of
from replaykit.adapters.effects import EffectScope, LedgerOf, effects_of
from replaykit.model.chaos import Boundary, Place, Trait
from replaykit.model.value import JsonData
from replaykit.rules.chaos.malformed import of_another_type, without_first_field

INJECTED = "InjectedError"
_LATER = timedelta(hours=1)
# The clock of a run skips nothing while a child of it is open: what comes in an hour would come in a real one.
_SOON = timedelta(seconds=2)
_AT_ONCE = timedelta(milliseconds=100)
_ZOMBIE_WAITS = 20.0
_LOOK = 0.02


class Crash(BaseException):
    """The worker dies here: no handler of the activity's may catch this."""


class Striking(Interceptor):
    """Stands in front of every activity of a sweep's worker."""

    def __init__(self, registry: Registry, reach: Reach, ledger: LedgerOf) -> None:
        self._registry = registry
        self._reach = reach
        self._ledger = ledger

    def intercept_activity(self, next: ActivityInboundInterceptor) -> ActivityInboundInterceptor:  # noqa: A002 - the SDK's
        """Strike activities where the plan of their run says so."""
        return _StruckActivity(next, self._registry, self._reach, self._ledger)


class _StruckActivity(ActivityInboundInterceptor):
    def __init__(
        self, following: ActivityInboundInterceptor, registry: Registry, reach: Reach, ledger: LedgerOf
    ) -> None:
        super().__init__(following)
        self._registry = registry
        self._reach = reach
        self._ledger = ledger
        self._at: tuple[Armed, Boundary] | None = None

    def init(self, outbound: ActivityOutboundInterceptor) -> None:
        # Each attempt has an instance of its own.
        super().init(Noticing(outbound, self._beats))

    def _beats(self) -> None:
        if self._at is not None:
            armed, boundary = self._at
            armed.passes(boundary, Trait.HEARTBEATS)

    async def execute_activity(self, input: ExecuteActivityInput) -> Any:  # noqa: A002, ANN401 - the SDK's names
        info = activity.info()
        armed = self._registry.of(info.workflow_id)
        if armed is None:
            return await super().execute_activity(input)
        run_id = info.workflow_run_id or ""
        within = armed.kin.within(info.workflow_id or "", run_id)
        boundary = Boundary(
            place=Place.LOCAL_ACTIVITY if info.is_local else Place.ACTIVITY,
            name=info.activity_type,
            nth=armed.kin.nth(run_id, info.activity_id),
            attempt=info.attempt,
            within=within,
        )
        armed.passes(boundary, *_traits(info, within))
        if armed.distrusts(info.activity_type):
            armed.passes(boundary, Trait.UNTRUSTED)
        if armed.answers is None or not armed.answers.activities:
            # What a cassette answers has heartbeats of the sweep's own making.
            self._at = (armed, boundary)
        armed.happens(f"{boundary} starts")
        armed.attempts.starts(boundary)
        try:
            if not info.is_local and armed.attempts.is_collapsed(run_id, info.activity_id):
                await self._reach.restore(info)
            return await self._struck(input, armed, boundary)
        except BaseException:
            armed.attempts.ends_badly(run_id, info.activity_id)
            raise
        finally:
            armed.attempts.running -= 1

    async def _struck(self, input: ExecuteActivityInput, armed: Armed, boundary: Boundary) -> Any:  # noqa: A002, ANN401
        await self._before(armed, boundary)
        scope = EffectScope(
            ledger=self._ledger,
            workflow_id=armed.workflow_id,
            step=str(boundary.step),
            attempt=boundary.attempt,
            before=lambda number: _before_effect(armed, boundary, number),
        )
        try:
            with effects_of(scope), self._requests(armed, boundary):
                result = await super().execute_activity(input)
        except Crash:
            self._lost(armed, "start_to_close_timeout")
        except BaseException as error:
            armed.happens(f"{boundary} fails: {type(error).__name__}")
            info = activity.info()
            if armed.closed or info.activity_id in armed.attempts.staying(info.workflow_run_id or ""):
                armed.passes(boundary, Trait.OUTLIVES)
            await self._after(armed, boundary)
            raise
        armed.attempts.acts(boundary)
        armed.happens(f"{boundary} is done")
        await self._after(armed, boundary)
        return _spoilt(result, armed, boundary)

    def _requests(self, armed: Armed, boundary: Boundary) -> AbstractContextManager[None]:
        """Count the requests of this attempt to its run."""
        info = activity.info()
        tape = armed.requests
        if not isinstance(tape, StruckTape):
            return nullcontext()
        recorded_as = armed.answers.recorded_as if armed.answers is not None else ()
        names = names_of(armed.workflow_id, info.workflow_id or "", info.workflow_run_id or "", recorded_as)
        retried = Trait.RETRIED in _traits(info, boundary.within)
        return requests_of(
            Attempt(tape, boundary, retried, lambda at: _between_requests(armed, at), names=tuple(names))
        )

    async def _before(self, armed: Armed, boundary: Boundary) -> None:
        if armed.take(boundary, "error_before"):
            raise _failing(armed, boundary, "before")
        if armed.take(boundary, "fatal_before"):
            raise ApplicationError(f"injected before {boundary}", type=INJECTED, non_retryable=True)
        if armed.take(boundary, "retry_later"):
            later = _SOON if armed.kin.has_children else _LATER
            raise ApplicationError(f"injected before {boundary}", type=INJECTED, next_retry_delay=later)
        await self._from_outside(armed, boundary, "before")
        if armed.take(boundary, "crash_before"):
            self._lost(armed, "start_to_close_timeout")
        await dies(armed, boundary, "kill_before")
        if armed.take(boundary, "heartbeat_stops"):
            activity.heartbeat()
            timeout = that_tells_of_silence(activity.info())
            if not timeout:
                armed.happens(f"{boundary} is silent, and no timeout tells of it soon")
                activity.raise_complete_async()
            self._lost(armed, timeout)
        if strike := armed.due(boundary, "zombie"):
            self._reach.later(self._reach.collapse(armed, activity.info(), "start_to_close_timeout"))
            await _until_another_acted(armed, boundary)
            armed.fires(strike)
            armed.attempts.ends_badly(activity.info().workflow_run_id or "", activity.info().activity_id)

    async def _after(self, armed: Armed, boundary: Boundary) -> None:
        if armed.take(boundary, "error_after"):
            raise _failing(armed, boundary, "after")
        if armed.take(boundary, "fatal_after"):
            raise ApplicationError(f"injected after {boundary}", type=INJECTED, non_retryable=True)
        await self._from_outside(armed, boundary, "after")
        if armed.take(boundary, "crash_after"):
            self._lost(armed, "start_to_close_timeout")
        await dies(armed, boundary, "kill_after")
        await outlasts(armed, boundary)
        if strike := armed.due(boundary, "cancel_with_result"):
            await self._reach.cancel_with_result(armed)
            armed.fires(strike)

    async def _from_outside(self, armed: Armed, boundary: Boundary, when: str) -> None:
        """Send what is to arrive now, and go on; what the server refuses did not fire."""
        if strike := armed.due(boundary, f"cancel_{when}"):
            with _unless_ended(armed):
                if boundary.place is Place.LOCAL_ACTIVITY:
                    # Its workflow task is under way: the run hears of nothing before that has ended.
                    await self._reach.cancel(armed)
                else:
                    await self._reach.cancel_heard(armed, activity.info())
                armed.fires(strike)
        if strike := armed.due(boundary, f"signal_{when}"):
            with _unless_ended(armed):
                await self._reach.signal(armed, strike.fault)
                armed.fires(strike)
        if when == "before" and (strike := armed.due(boundary, "parent_terminated")):
            with _unless_ended(armed):
                await self._reach.terminate(armed)
                armed.fires(strike)

    def _lost(self, armed: Armed, timeout: str) -> None:
        """Lose this attempt: it is never reported, and the server's timeout comes now.

        Raises:
            CompleteAsyncError: The SDK's way to leave an attempt open.
        """
        self._reach.later(self._reach.collapse(armed, activity.info(), timeout))
        activity.raise_complete_async()


class _unless_ended:  # noqa: N801 - reads as a sentence where it is used
    """What comes too late for a run did not happen to it."""

    def __init__(self, armed: Armed) -> None:
        self._armed = armed

    def __enter__(self) -> None:
        pass

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, _traceback: object) -> bool:
        if isinstance(error, RPCError):
            self._armed.happens(f"came too late: {error.message}")
            return True
        return False


def _traits(info: activity.Info, within: str) -> list[Trait]:
    traits = []
    if info.heartbeat_timeout:
        traits.append(Trait.HEARTBEATS)
    if info.retry_policy is None or info.retry_policy.maximum_attempts != 1:
        traits.append(Trait.RETRIED)
    if within.startswith("child workflow"):
        traits.append(Trait.CHILD)
    return traits


def _before_effect(armed: Armed, boundary: Boundary, number: int) -> None:
    at = Boundary(Place.EFFECT, boundary.name, boundary.nth, boundary.attempt, part=number, within=boundary.within)
    if number == 1:
        # What comes before the first effect is before the activity's work.
        return
    armed.passes(at)
    if armed.take(at, "crash_between"):
        raise Crash


def _between_requests(armed: Armed, at: Boundary) -> None:
    if armed.take(at, "crash_between"):
        raise Crash


def _failing(armed: Armed, boundary: Boundary, when: str) -> ApplicationError:
    """Fail an attempt; beside an open child the clock does not skip the backoff, which is cut short then."""
    waits = boundary.place is Place.ACTIVITY and armed.kin.has_children
    return ApplicationError(f"injected {when} {boundary}", type=INJECTED, next_retry_delay=_AT_ONCE if waits else None)


async def _until_another_acted(armed: Armed, boundary: Boundary) -> None:
    """Wait until a later attempt has done its work, or there is none to come."""
    loop = asyncio.get_running_loop()
    deadline = loop.time() + _ZOMBIE_WAITS
    while loop.time() < deadline and not armed.closed and not armed.attempts.has_acted(boundary):  # noqa: ASYNC110 - attempts end anywhere
        await asyncio.sleep(_LOOK)


def _spoilt(result: Any, armed: Armed, boundary: Boundary) -> Any:  # noqa: ANN401 - what the activity returns
    """Return the result, or nonsense in its place."""
    [payload] = activity.payload_converter().to_payloads([result])
    data = _json(payload)
    if data is None:
        return result
    armed.passes(boundary, Trait.RETURNS, *([Trait.RETURNS_OBJECT] if isinstance(data, dict) and data else []))
    spoilt: JsonData = data
    if armed.take(boundary, "wrong_type"):
        spoilt = of_another_type(data)
    elif isinstance(data, dict) and armed.take(boundary, "missing_field"):
        spoilt = without_first_field(data)
    if spoilt is data:
        return result
    written = Payload(metadata=payload.metadata, data=json.dumps(spoilt).encode())
    return RawValue(written)


def _json(payload: Payload) -> JsonData:
    if not payload.metadata.get("encoding", b"").startswith(b"json/"):
        return None
    try:
        found: JsonData = json.loads(payload.data)
    except ValueError:
        return None
    return found
