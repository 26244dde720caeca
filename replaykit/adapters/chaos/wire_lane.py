"""A lane of a sweep whose workers reach the server through the proxy; it is opened when a plan first needs it."""

import asyncio
import importlib.util
import uuid
from collections.abc import Awaitable, Callable
from contextlib import AsyncExitStack
from datetime import timedelta
from typing import TypeAlias

from temporalio.client import Client
from temporalio.worker import Worker

from replaykit.adapters.chaos.reach import Reach
from replaykit.adapters.chaos.registry import Registry
from replaykit.model.chaos import FaultPlan
from replaykit.model.scenario import Scenario

# A lost workflow task comes again after this time, in real time: nobody's clock skips it.
TASK_TIMEOUT = timedelta(seconds=1)
_LOSE_TASKS = frozenset({"task_lost", "task_response_lost", "update_in_lost_task"})

Connect: TypeAlias = Callable[[str], Awaitable[Client]]
MakeWorker: TypeAlias = Callable[[Client, str, bool], Worker]


def task_timeout(plan: FaultPlan) -> timedelta | None:
    """Return what a workflow task may take under a plan; None for the server's own ten seconds.

    On a slow machine a short one is not only run out by tasks that were lost, so it is for them alone.
    """
    return TASK_TIMEOUT if any(strike.fault in _LOSE_TASKS for strike in plan.strikes) else None


def grpcio_is_installed() -> bool:
    """Say whether there is what the proxy is made of."""
    return importlib.util.find_spec("grpc") is not None


class WireLane:
    """The lane: a proxy, a client behind it, and at most two workers, one without a cache."""

    def __init__(
        self,
        scenario: Scenario,
        registry: Registry,
        reach: Reach,
        *,
        held: AsyncExitStack,
        connect: Connect,
        worker: MakeWorker,
    ) -> None:
        self._scenario = scenario
        self._registry = registry
        self._reach = reach
        self._held = held
        self._connect = connect
        self._worker = worker
        # Other sweeps may use the server, too.
        self._name = f"replaykit-chaos-wire-{uuid.uuid4().hex[:8]}"
        self._client: Client | None = None
        self._open: set[str] = set()
        self._opening = asyncio.Lock()

    async def task_queue(self, *, cached: bool) -> str:
        """Return the lane's task queue; somebody listens there."""
        name = self._name if cached else f"{self._name}-uncached"
        async with self._opening:
            if name not in self._open:
                client = self._client = self._client or await self._connected()
                await self._held.enter_async_context(self._worker(client, name, cached))
                self._open.add(name)
        return name

    async def _connected(self) -> Client:
        # grpcio is an optional extra, and takes its time to import.
        from replaykit.adapters.chaos.proxy import relaying  # noqa: PLC0415 - as said
        from replaykit.adapters.chaos.wire import Wire  # noqa: PLC0415 - as said

        wire = Wire(self._registry, self._reach, self._scenario.updates)
        target = self._reach.client.service_client.config.target_host
        return await self._connect(await self._held.enter_async_context(relaying(target, wire.answer)))
