"""A sweep is opened: an embedded server with clocks of its own, and workers with the team's code under strikes."""

import functools
from collections.abc import AsyncIterator, Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import AsyncExitStack, asynccontextmanager, contextmanager
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from types import MappingProxyType
from typing import Any, TypeAlias

from temporalio.client import Client
from temporalio.client import Plugin as ClientPlugin
from temporalio.converter import DataConverter
from temporalio.runtime import Runtime
from temporalio.worker import Plugin, Replayer, ReplayerConfig, UnsandboxedWorkflowRunner, Worker, WorkerConfig
from temporalio.worker.workflow_sandbox import SandboxedWorkflowRunner

from replaykit.adapters.build_id import BUILD_ID
from replaykit.adapters.chaos.activities import Striking
from replaykit.adapters.chaos.answering import Answering, Recordings
from replaykit.adapters.chaos.backoff import quick_retries
from replaykit.adapters.chaos.clock import SETTINGS, OwnClock
from replaykit.adapters.chaos.family import OwnFamily
from replaykit.adapters.chaos.lanes import Lanes
from replaykit.adapters.chaos.ledger import Ledger
from replaykit.adapters.chaos.made_here import made_here
from replaykit.adapters.chaos.quiet import quiet_runtime
from replaykit.adapters.chaos.reach import Reach
from replaykit.adapters.chaos.registry import Registry
from replaykit.adapters.chaos.requests import patched
from replaykit.adapters.chaos.sandbox import passing_ours
from replaykit.adapters.chaos.sweep import Sweep, type_of
from replaykit.adapters.chaos.tasks import StrikingRunner
from replaykit.adapters.chaos.wire_lane import WireLane, grpcio_is_installed
from replaykit.adapters.server import dev_server
from replaykit.adapters.workflows import short_traceback
from replaykit.errors import ScenarioUnusable
from replaykit.model.scenario import Scenario

# The queue of one worker's cache: a lost worker costs this much, and ten seconds by default.
_STICKY = timedelta(seconds=0.2)
_BEAT = timedelta(seconds=0.1)
_THREADS = 32
_VERSIONS = ("build_id", "use_worker_versioning", "deployment_config")
NONE: Mapping[str, str] = MappingProxyType({})

# A server with clocks, as whoever starts it is told of it.
Server: TypeAlias = Client


class StrikingPlugin(Plugin):
    """The last plugin of a worker: wraps the runners that the team's own plugins settled on."""

    def __init__(self, registry: Registry, reach: Reach) -> None:
        self._registry = registry
        self._reach = reach

    def configure_worker(self, config: WorkerConfig) -> WorkerConfig:
        """Wrap both runners; a worker without a version is given one, which the SDK would take its time to make up."""
        client = config.get("client")
        contexts = client is None or wants_contexts(client.data_converter)
        for key, default in (
            ("workflow_runner", SandboxedWorkflowRunner),
            ("unsandboxed_workflow_runner", UnsandboxedWorkflowRunner),
        ):
            inner: Any = passing_ours(config.get(key) or default())
            config[key] = StrikingRunner(inner, self._registry, self._reach, contexts=contexts)  # type: ignore[literal-required]  # both are keys of WorkerConfig
        if not any(config.get(key) for key in _VERSIONS):
            config["build_id"] = BUILD_ID
        return config

    def configure_replayer(self, config: ReplayerConfig) -> ReplayerConfig:
        """Leave replayers alone."""
        return config

    async def run_worker(self, worker: Worker, next: Callable[[Worker], Any]) -> None:  # noqa: A002 - the SDK's signature
        """Run the worker as it is."""
        await next(worker)

    def run_replayer(self, replayer: Replayer, histories: Any, next: Callable[..., Any]) -> Any:  # noqa: A002, ANN401 - the SDK's signature
        """Run replayers as they are."""
        return next(replayer, histories)


def wants_contexts(converter: DataConverter) -> bool:
    """Whether a data converter may do different things for payloads of different workflows and activities."""
    default = DataConverter.default
    return (
        converter.payload_codec is not None
        or converter.external_storage is not None
        or converter.payload_converter_class is not default.payload_converter_class
        or converter.failure_converter_class is not default.failure_converter_class
    )


@asynccontextmanager
async def open_server(directory: Path, *, search_attributes: Mapping[str, str] = NONE) -> AsyncIterator[Client]:
    """Start a server whose workflows have clocks of their own while the block runs; its files go to `directory`.

    Raises:
        NoTemporalCli: There is no `temporal` command.
        DemoError: The server does not come up.
    """
    async with dev_server(directory, settings=SETTINGS, search_attributes=search_attributes, in_memory=True) as client:
        yield client


@asynccontextmanager
async def open_workers(
    scenario: Scenario, directory: Path, server: Client, *, own_clocks: bool = True
) -> AsyncIterator[Sweep]:
    """Start the workers of a scenario on a server that others may use, too; the ledger goes to `directory`.

    Args:
        scenario: What is run.
        directory: Where its files go.
        server: The server, with clocks.
        own_clocks: Whether runs skip the time that nobody works in; else they wait as in production.

    Raises:
        ScenarioUnusable: No worker can be made of it.
    """
    with _the_teams(scenario):
        scenario = made_here(scenario)
    ledger = Ledger(directory / "ledger.jsonl")
    registry = Registry()
    connect = functools.partial(_connect, scenario, quiet_runtime(), own_clocks and not _is_told(scenario))
    client = await connect(server.service_client.config.target_host)
    reach = Reach(client, {signal.name: signal.args for signal in scenario.signals})
    recordings = Recordings(scenario) if scenario.cassette else None
    async with AsyncExitStack() as held:
        held.enter_context(patched(answered=recordings is not None and recordings.answers_requests))
        held.enter_context(quick_retries())
        executor = held.enter_context(ThreadPoolExecutor(_THREADS))

        def worker(its: Client, task_queue: str, cached: bool) -> Worker:  # noqa: FBT001 - a lane has a cache or none
            more = {} if cached else {"max_cached_workflows": 0}
            with _the_teams(scenario):
                arguments = worker_arguments(scenario, registry, reach, ledger.path)
                return Worker(its, task_queue=task_queue, **{"activity_executor": executor, **arguments, **more})

        wire = WireLane(scenario, registry, reach, held=held, connect=connect, worker=worker)
        lanes = replace(Lanes.fresh(), wire=wire if grpcio_is_installed() else None)
        sweep = Sweep(scenario, client, ledger, reach, registry, recordings, lanes=lanes)
        for task_queue, cached in ((lanes.cached, True), (lanes.uncached, False)):
            await held.enter_async_context(worker(client, task_queue, cached))
        yield sweep


@contextmanager
def _the_teams(scenario: Scenario) -> Iterator[None]:
    """Say of whatever the team's own code raises where workers are made that it was there."""
    try:
        yield
    except Exception as error:  # noqa: BLE001 - it is the team's code
        raise ScenarioUnusable(
            f"No worker of {scenario.name or type_of(scenario)} can be made.",
            cause=short_traceback(error),
            fix="give the scenario what a Worker of temporalio takes, and its activities and plugins what they need, "
            "such as keys in the environment",
        ) from None


async def _connect(scenario: Scenario, runtime: Runtime, skips: bool, target: str) -> Client:  # noqa: FBT001 - bound once
    return await Client.connect(
        target,
        data_converter=scenario.data_converter,
        runtime=runtime,
        interceptors=[OwnClock(skips=skips)],
        # A worker takes over those of its client by itself.
        plugins=[plugin for plugin in scenario.worker.get("plugins", ()) if isinstance(plugin, ClientPlugin)],
    )


@asynccontextmanager
async def open_sweep(scenario: Scenario, directory: Path, server: Client | None = None) -> AsyncIterator[Sweep]:
    """Start workers, and a server unless one is given, while the block runs; all files go to `directory`.

    Raises:
        NoTemporalCli: There is no `temporal` command.
        DemoError: The server does not come up.
    """
    async with AsyncExitStack() as held:
        if server is None:
            server = await held.enter_async_context(
                open_server(directory, search_attributes=scenario.search_attributes)
            )
        yield await held.enter_async_context(open_workers(scenario, directory, server))


def worker_arguments(scenario: Scenario, registry: Registry, reach: Reach, ledger: Path) -> dict[str, Any]:
    """Return the arguments of a worker whose runs are struck."""
    made = scenario.activities
    activities = made() if callable(made) else made
    given = dict(scenario.worker)
    # One that works until its run gives it up hears of that with its next heartbeat: no clock skips before.
    beats = {"max_heartbeat_throttle_interval": _BEAT, "default_heartbeat_throttle_interval": _BEAT}
    return {
        **(beats if scenario.unanswered else {}),
        "sticky_queue_schedule_to_start_timeout": _STICKY,
        "max_concurrent_workflow_tasks": 40,
        **given,
        "workflows": list(workflows_of(scenario)),
        "activities": list(activities),
        "interceptors": [
            Striking(registry, reach, str(ledger)),
            *given.get("interceptors", ()),
            OwnFamily(),
            Answering(registry),
        ],
        "plugins": [
            *(plugin for plugin in given.get("plugins", ()) if not isinstance(plugin, ClientPlugin)),
            StrikingPlugin(registry, reach),
        ],
    }


def workflows_of(scenario: Scenario) -> tuple[type, ...]:
    """Return the workflow classes of the scenario's worker."""
    classes = [scenario.workflow, *scenario.workflows]
    return tuple(dict.fromkeys(each for each in classes if isinstance(each, type)))


def _is_told(scenario: Scenario) -> bool:
    return scenario.drive is not None or bool(scenario.updates)
