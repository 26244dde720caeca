"""Runs stop where their process is to be killed, and nothing of what they did there leaves the process."""

import asyncio
import dataclasses
from collections.abc import Awaitable, Callable, Sequence
from datetime import timedelta
from typing import Self, cast

from temporalio import activity
from temporalio.api.common.v1 import Payload
from temporalio.bridge.proto.workflow_completion import WorkflowActivationCompletion
from temporalio.client import ClientConfig, Plugin
from temporalio.converter import PayloadCodec, SerializationContext, WithSerializationContext
from temporalio.service import ConnectConfig, ServiceClient

from replaykit.adapters.chaos.armed import Armed
from replaykit.model.chaos import Boundary
from replaykit.rules.chaos.kinds import whole_run

# A workflow task that died comes again after this time, in real time; it has to last until all runs have parked.
TASK_TIMEOUT = timedelta(seconds=2)
# The SDK takes a workflow's thread that stands for two seconds for a deadlock.
_PATIENCE = 1.8
_LOOK = 0.02
_PARKED = "replaykit-parked"
# What waits for good is held by nobody else: asyncio would collect its task, and the SDK answer that as a failure.
_NEVER: list[asyncio.Event] = []


async def dies(armed: Armed, boundary: Boundary, fault: str) -> None:
    """Stop an activity here for good, where its process is to be killed now."""
    if armed.parks is None:
        return
    info = activity.info()
    if info.is_local and info.workflow_run_id in armed.dying:
        # Its workflow task timed out before the kill came, and came again.
        await _for_good()
    if strike := armed.take(boundary, fault):
        if info.is_local:
            armed.dying.add(info.workflow_run_id or "")
        armed.parks(strike)
        await _for_good()


async def outlasts(armed: Armed, boundary: Boundary) -> None:
    """Stand here until the server has died and is back, where that is due."""
    if armed.outage is not None and armed.due(boundary, "server_killed"):
        armed.outage.standing.add(armed.workflow_id)
        while not armed.outage.over.is_set():  # noqa: ASYNC110 - workflow tasks wait for it in threads
            await asyncio.sleep(_LOOK)


def outlasts_task(armed: Armed, boundary: Boundary) -> None:
    """Stand in a workflow's thread, as long as the SDK bears it, until the server has died and is back."""
    outage = armed.outage
    at = (boundary, whole_run().boundary)
    if outage is None or not any(armed.due(each, "server_killed") for each in at):
        return
    outage.standing.add(armed.workflow_id)
    if not outage.over.wait(_PATIENCE):
        outage.standing.discard(armed.workflow_id)


def parked(run_id: str) -> WorkflowActivationCompletion:
    """Make a completion that is never sent.

    A workflow's thread must not stop: after two seconds the SDK fails its task. Nor need it: completions pass the
    payload codec on their way, and the codec of such a process lets none of these through.
    """
    completion = WorkflowActivationCompletion(run_id=run_id)
    completion.successful.commands.add().complete_workflow_execution.result.metadata["encoding"] = _PARKED.encode()
    return completion


def hurry(completion: WorkflowActivationCompletion) -> None:
    """Give the children that a task asks for the short timeout that the parent has."""
    for command in completion.successful.commands:
        if command.HasField("start_child_workflow_execution"):
            child = command.start_child_workflow_execution
            if not child.workflow_task_timeout.ToTimedelta():
                child.workflow_task_timeout.FromTimedelta(TASK_TIMEOUT)


class ParkingPlugin(Plugin):
    """The last plugin of a client: gives the converter that others settled on the codec that holds back what parks."""

    def configure_client(self, config: ClientConfig) -> ClientConfig:
        """Wrap the codec, or stand in for one."""
        converter = config["data_converter"]
        config["data_converter"] = dataclasses.replace(converter, payload_codec=_Parking(converter.payload_codec))
        return config

    async def connect_service_client(
        self,
        config: ConnectConfig,
        next: Callable[[ConnectConfig], Awaitable[ServiceClient]],  # noqa: A002 - the SDK's signature
    ) -> ServiceClient:
        """Connect as ever."""
        return await next(config)


class _Parking(PayloadCodec, WithSerializationContext):
    """The team's codec, or none, for all but what is parked."""

    def __init__(self, inner: PayloadCodec | None) -> None:
        self._inner = inner

    def with_context(self, context: SerializationContext) -> Self:
        inner = self._inner
        if isinstance(inner, WithSerializationContext):
            # A codec with a context is a codec still; the SDK's types do not say so.
            return type(self)(cast("PayloadCodec", inner.with_context(context)))
        return type(self)(inner)

    async def encode(self, payloads: Sequence[Payload]) -> list[Payload]:
        if any(payload.metadata.get("encoding") == _PARKED.encode() for payload in payloads):
            await _for_good()
        return list(payloads) if self._inner is None else await self._inner.encode(payloads)

    async def decode(self, payloads: Sequence[Payload]) -> list[Payload]:
        return list(payloads) if self._inner is None else await self._inner.decode(payloads)


async def _for_good() -> None:
    never = asyncio.Event()
    _NEVER.append(never)
    await never.wait()
