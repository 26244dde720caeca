"""Records every scenario's history on a real dev server: python -m tests.bugbench.record [SCENARIO ...]."""

import asyncio
import importlib
import json
import os
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from types import ModuleType
from typing import Any

from temporalio.api.enums.v1 import IndexedValueType
from temporalio.api.nexus.v1 import EndpointSpec, EndpointTarget
from temporalio.api.operatorservice.v1 import AddSearchAttributesRequest, CreateNexusEndpointRequest
from temporalio.client import Client
from temporalio.worker import Worker

from replaykit.adapters.corpus import save, text_of
from replaykit.adapters.server import dev_server
from replaykit.model.history import Identity
from tests.bugbench.drives import to_the_end
from tests.bugbench.scenario import Handle, Scenario
from tests.bugbench.scenarios import SCENARIOS
from tests.bugbench.source import TYPE, class_of, edited, registered

HISTORIES = Path(__file__).parent / "histories"
AT_ONCE = 6
IDENTITY = "bugbench"
# Histories of code that depends on the hash seed are recorded under this one.
SEED = "1"
# Read by a workflow that depends on its environment; nobody sets it for the replay.
VARIABLE = {"BUGBENCH_STOPS": "two"}


async def record(names: Sequence[str]) -> None:
    """Record the named scenarios, or all of them."""
    chosen = [scenario for scenario in SCENARIOS if not names or scenario.name in names]
    gate = asyncio.Semaphore(AT_ONCE)
    with tempfile.TemporaryDirectory(prefix="bugbench-") as name:
        directory = Path(name)
        sys.path.insert(0, name)
        async with dev_server(directory) as server:
            client = await Client.connect(server.service_client.config.target_host, identity=IDENTITY)
            await _prepare(client)

            async def one(scenario: Scenario) -> None:
                async with gate:
                    started = time.perf_counter()
                    document = await _recorded(client, scenario, directory)
                    save(HISTORIES / f"{scenario.name}.json", document)
                    print(f"{scenario.name:32} {time.perf_counter() - started:5.1f} s", flush=True)  # noqa: T201 - its output

            async with asyncio.TaskGroup() as group:
                for scenario in chosen:
                    group.create_task(one(scenario))


async def _prepare(client: Client) -> None:
    keyword = IndexedValueType.INDEXED_VALUE_TYPE_KEYWORD
    await client.operator_service.add_search_attributes(
        AddSearchAttributesRequest(namespace=client.namespace, search_attributes={"Stage": keyword, "Region": keyword})
    )
    for name in ("desk", "archive"):
        target = EndpointTarget(worker=EndpointTarget.Worker(namespace=client.namespace, task_queue=name))
        await client.operator_service.create_nexus_endpoint(
            CreateNexusEndpointRequest(spec=EndpointSpec(name=name, target=target))
        )


def _module(scenario: Scenario, directory: Path) -> tuple[ModuleType, str]:
    source = edited(scenario.base, scenario.edits)
    name = "recorded_" + scenario.name.replace("-", "_")
    text = registered(source, TYPE, sandboxed=scenario.sandboxed)
    (directory / f"{name}.py").write_text(text, "utf-8")
    importlib.invalidate_caches()
    return importlib.import_module(name), class_of(source)


async def _recorded(client: Client, scenario: Scenario, directory: Path) -> str:
    module, main = _module(scenario, directory)
    worker = Worker(
        client,
        task_queue=scenario.start.get("task_queue", scenario.name),
        workflows=[getattr(module, main), *getattr(module, "OTHERS", ())],
        activities=getattr(module, "ACTIVITIES", ()),
        nexus_service_handlers=[handler() for handler in getattr(module, "HANDLERS", ())],
        identity=IDENTITY,
    )
    if not scenario.worker:
        handle = await _started(client, scenario)
        return await _text(await scenario.drive(client, handle), scenario)
    async with worker:
        for _ in range(scenario.runs):
            await to_the_end(client, await _started(client, scenario))
        handle = await _started(client, scenario)
        handle = await scenario.drive(client, handle)
        if scenario.later is None:
            return await _text(handle, scenario)
    return await _text(await scenario.later(client, handle), scenario)


async def _started(client: Client, scenario: Scenario) -> Handle:
    options: dict[str, Any] = {"task_queue": scenario.name, **scenario.start}
    return await client.start_workflow(TYPE, args=scenario.args, id=scenario.name, **options)


async def _text(handle: Handle, scenario: Scenario) -> str:
    run_id = (await handle.describe()).run_id
    document = json.loads((await handle.fetch_history()).to_json())
    _drop_stack_traces(document)
    identity = Identity(
        workflow_id=handle.id,
        run_id=run_id,
        workflow_type=TYPE,
        task_queue=str(scenario.start.get("task_queue", scenario.name)),
        namespace="default",
    )
    return text_of(document, identity)


def _drop_stack_traces(node: Any) -> None:  # noqa: ANN401 - any JSON
    """Take out the places of code that only existed while it was recorded."""
    if isinstance(node, dict):
        node.pop("stackTrace", None)
        for child in node.values():
            _drop_stack_traces(child)
    elif isinstance(node, list):
        for child in node:
            _drop_stack_traces(child)


def main() -> None:
    """Record under a known hash seed."""
    if os.environ.get("PYTHONHASHSEED") != SEED:
        command = [sys.executable, "-m", "tests.bugbench.record", *sys.argv[1:]]
        os.execve(sys.executable, command, {**os.environ, **VARIABLE, "PYTHONHASHSEED": SEED})  # noqa: S606 - itself
    asyncio.run(record(sys.argv[1:]))
    # temporalio's native threads outlive the client for a moment.
    time.sleep(0.5)


if __name__ == "__main__":
    main()
