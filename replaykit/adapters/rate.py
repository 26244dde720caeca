"""Requests to a server, paced and repeated with patience: production comes first."""

import asyncio
import time
from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import TypeVar

from temporalio.service import RPCError, RPCStatusCode
from tenacity import (
    AsyncRetrying,
    RetryCallState,
    retry_if_exception,
    stop_after_attempt,
    wait_exponential,
    wait_random,
)

from replaykit.errors import ConfigInvalid
from replaykit.model.traffic import Traffic

# A self-hosted frontend refuses more than 10 visibility requests a second in a namespace unless it is configured
# otherwise (frontend.namespaceRPS.visibility); of other requests it takes hundreds. So not even a long listing comes
# into its way, and an hour still gives some 36,000 histories. Where the server does refuse, the rate is halved.
DEFAULT_RPS = 10.0
ANSWERS_WITHIN = timedelta(seconds=30)
# Repeated after about 0.25, 0.5, 1, 2, 4, 8 and 10 s: a frontend's restart is waited for, an outage is not.
ATTEMPTS = 8
FIRST_WAIT = 0.25
LONGEST_WAIT = 10.0
# The rate is halved once in this many seconds: requests under way together are refused together.
HALVED_ONCE_IN = 1.0
LOWEST_SHARE = 1 / 32
# Each answer gives back a share of the full rate.
GIVEN_BACK = 1 / 40

Answer = TypeVar("Answer")


class Rate:
    """All requests of one export go through here: never more than `rps` a second, refused ones repeated.

    The SDK's own retries (`RetryConfig`) are left out of it: they pass no limiter and cannot be counted.
    """

    def __init__(
        self,
        rps: float = DEFAULT_RPS,
        *,
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        """Allow `rps` requests a second, fractions too: 0.5 is one in two seconds.

        Raises:
            ConfigInvalid: The rate is not above 0.
        """
        if not rps > 0:
            raise ConfigInvalid(
                f"A rate of {rps:g} requests a second sends none.",
                cause="--rps takes a number above 0, fractions too",
                fix="--rps 20",
            )
        self._full = rps
        self._rps = rps
        self._clock = clock
        self._sleep = sleep
        self._next = float("-inf")
        self._halved = float("-inf")
        self._requests = self._slowed = self._unanswered = 0

    @property
    def traffic(self) -> Traffic:
        """What was asked so far."""
        return Traffic(self._requests, self._slowed, self._unanswered)

    @property
    def rps(self) -> float:
        """The rate as it stands, less than the full one while the server is busy."""
        return self._rps

    async def ask(self, call: Callable[..., Awaitable[Answer]], request: object) -> Answer:
        """Send a request with a method of the SDK's workflow service when its turn comes, until it is answered.

        Raises:
            RPCError: The server refuses, or all attempts were in vain.
        """
        try:
            return await self._once(call, request)
        except RPCError as error:
            if not may_pass(error):
                raise
            first = error
        return await self._again(call, request, first)

    async def _again(self, call: Callable[..., Awaitable[Answer]], request: object, first: RPCError) -> Answer:
        """Go on where the first attempt was refused; what is hardly ever needed costs the others nothing."""
        refusals = iter([first])

        async def attempt() -> Answer:
            for refusal in refusals:
                raise refusal
            return await self._once(call, request)

        patient = AsyncRetrying(
            sleep=self._sleep,
            stop=stop_after_attempt(ATTEMPTS),
            wait=wait_exponential(FIRST_WAIT, LONGEST_WAIT) + wait_random(0, FIRST_WAIT),
            retry=retry_if_exception(may_pass),
            before_sleep=self._count,
            reraise=True,
        )
        return await patient(attempt)

    async def _once(self, call: Callable[..., Awaitable[Answer]], request: object) -> Answer:
        await self._turn()
        self._requests += 1
        answer = await call(request, timeout=ANSWERS_WITHIN)
        self._rps = min(self._full, self._rps + self._full * GIVEN_BACK)
        return answer

    async def _turn(self) -> None:
        now = self._clock()
        at = max(now, self._next)
        self._next = at + 1 / self._rps
        if at > now:
            await self._sleep(at - now)

    def _count(self, attempt: RetryCallState) -> None:
        error = attempt.outcome.exception() if attempt.outcome else None
        if not (isinstance(error, RPCError) and error.status is RPCStatusCode.RESOURCE_EXHAUSTED):
            self._unanswered += 1
            return
        self._slowed += 1
        now = self._clock()
        if now - self._halved >= HALVED_ONCE_IN:
            self._halved = now
            self._rps = max(self._rps / 2, self._full * LOWEST_SHARE)


def may_pass(error: BaseException) -> bool:
    """Tell whether what a server answered is likely to pass: it is busy, away, or late."""
    return isinstance(error, RPCError) and error.status in {
        RPCStatusCode.UNAVAILABLE,
        RPCStatusCode.RESOURCE_EXHAUSTED,
        RPCStatusCode.DEADLINE_EXCEEDED,
        # The SDK's words for its own timeout, and for a connection that broke (temporalio 1.35).
        RPCStatusCode.CANCELLED,
        RPCStatusCode.UNKNOWN,
    }
