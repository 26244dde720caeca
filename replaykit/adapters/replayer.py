"""Temporal's Core replays histories through the SDK's Replayer, observed from the workflow's side."""

import asyncio
import time
from collections.abc import AsyncIterator, Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractAsyncContextManager
from typing import Any

from temporalio.client import WorkflowHistory
from temporalio.converter import DataConverter
from temporalio.worker import (
    Plugin,
    Replayer,
    ReplayerConfig,
    UnsandboxedWorkflowRunner,
    Worker,
    WorkerConfig,
    WorkflowReplayResult,
)
from temporalio.worker.workflow_sandbox import SandboxedWorkflowRunner

from replaykit.adapters import observed
from replaykit.adapters.build_id import BUILD_ID
from replaykit.adapters.converters import plain
from replaykit.adapters.observe import Observation, ObservingRunner
from replaykit.adapters.reached import Meter
from replaykit.adapters.sites import source_line
from replaykit.adapters.user_files import is_user_file
from replaykit.adapters.workflows import WorkerArguments, short_traceback
from replaykit.model.history import History
from replaykit.model.outcome import Outcome, TaskFailure
from replaykit.model.step import SourceLine

LOOK = 0.25


class ObservingPlugin(Plugin):
    """The last plugin of the replayer: wraps the runners that the team's own plugins settled on."""

    def __init__(self, observe: Callable[[], Observation]) -> None:
        """Make the plugin; `observe` tells which observation the next instance belongs to."""
        self._observe = observe
        self.names: dict[str | None, BaseException | None] = {}
        self.classes: dict[str, type] = {}
        self.team_converter = DataConverter.default
        self.data_converter = DataConverter.default

    def configure_replayer(self, config: ReplayerConfig) -> ReplayerConfig:
        """Wrap both runners; the data converter in force is known from here on.

        Its codec and external storage are left out: histories are decoded before they are replayed.
        """
        self.team_converter = config.get("data_converter") or DataConverter.default
        self.data_converter = config["data_converter"] = plain(self.team_converter)
        for key, default in (
            ("workflow_runner", SandboxedWorkflowRunner),
            ("unsandboxed_workflow_runner", UnsandboxedWorkflowRunner),
        ):
            config[key] = ObservingRunner(  # type: ignore[literal-required]  # both are keys of ReplayerConfig
                config.get(key) or default(),  # type: ignore[arg-type]
                observe=self._observe,
                names=self.names,
                classes=self.classes,
            )
        return config

    def configure_worker(self, config: WorkerConfig) -> WorkerConfig:
        """Leave workers alone."""
        return config

    async def run_worker(self, worker: Worker, next: Callable[[Worker], Any]) -> None:  # noqa: A002 - the SDK's signature
        """Leave workers alone."""
        await next(worker)

    def run_replayer(
        self,
        replayer: Replayer,
        histories: AsyncIterator[WorkflowHistory],
        next: Callable[  # noqa: A002 - the SDK's signature
            [Replayer, AsyncIterator[WorkflowHistory]],
            AbstractAsyncContextManager[AsyncIterator[WorkflowReplayResult]],
        ],
    ) -> AbstractAsyncContextManager[AsyncIterator[WorkflowReplayResult]]:
        """Run the replayer as it is."""
        return next(replayer, histories)


def settled_converter(arguments: WorkerArguments) -> DataConverter:
    """Return the data converter that the worker's plugins make of the one it is given."""
    return ReplaySession(arguments).team_converter


class ReplaySession:
    """One open Replayer that histories are fed to one after the other."""

    def __init__(self, arguments: WorkerArguments) -> None:
        """Prepare a session for the team's workflows; `open` starts Core."""
        self._observation: Observation | None = None
        self._spare = 0
        self._plugin = ObservingPlugin(self._current)
        self._queue: asyncio.Queue[WorkflowHistory] = asyncio.Queue()
        replayer = Replayer(
            workflows=arguments.workflows,
            workflow_task_executor=ThreadPoolExecutor(max_workers=1),
            workflow_runner=arguments.workflow_runner,
            unsandboxed_workflow_runner=arguments.unsandboxed_workflow_runner,
            data_converter=arguments.data_converter,
            interceptors=arguments.interceptors,
            plugins=[*arguments.plugins, self._plugin],
            workflow_failure_exception_types=arguments.workflow_failure_exception_types,
            build_id=BUILD_ID,
            # Runs activations on this thread: saves a thread hop each, and the SDK's deadlock alarm, which a loaded
            # machine sets off falsely, gives way to the process's deadline.
            debug_mode=True,
        )
        self._manager = replayer.workflow_replay_iterator(self._histories())
        self._results: AsyncIterator[WorkflowReplayResult] | None = None

    @property
    def names(self) -> Mapping[str | None, BaseException | None]:
        """The registered workflow names (None: dynamic), each with why it could not be prepared, if so."""
        return self._plugin.names

    @property
    def classes(self) -> Mapping[str, type]:
        """The class of each registered name."""
        return self._plugin.classes

    @property
    def team_converter(self) -> DataConverter:
        """The data converter in force, after the team's plugins."""
        return self._plugin.team_converter

    @property
    def data_converter(self) -> DataConverter:
        """The same without codec and external storage, which the replayed histories have behind them."""
        return self._plugin.data_converter

    async def open(self) -> None:
        """Start Core and prepare the workflows."""
        self._results = await self._manager.__aenter__()

    async def close(self) -> None:
        """Let go of Core; no history can be replayed any more."""
        await self._manager.__aexit__(None, None, None)

    async def replay(
        self,
        history: History,
        parsed: WorkflowHistory,
        *,
        patience: float,
        perturb: bool = False,
        meter: Meter | None = None,
    ) -> Outcome:
        """Replay one history.

        Args:
            history: The history, for identity and workflow tasks.
            parsed: Its SDK form.
            patience: Seconds of silence, with no workflow code running, after which Core counts as hanging; the
                session is of no use then.
            perturb: Run the workflow's code with another clock, random state and environment.
            meter: Measures what the workflow's code reaches, activation by activation: the imports that the sandbox
                does anew for each run stay outside.
        """
        started = time.perf_counter()
        observation = self._observation = Observation(history.identity, perturb=perturb, meter=meter)
        self._queue.put_nowait(parsed)
        if self._results is None:
            raise RuntimeError("the session is not open")
        answer: asyncio.Future[WorkflowReplayResult] = asyncio.ensure_future(_next(self._results))
        silent = False
        while not answer.done() and not silent:
            await asyncio.wait({answer}, timeout=LOOK)
            quiet = time.monotonic() - observation.last_seen
            silent = observation.busy_since is None and quiet > patience
        error = answer.result().replay_failure if answer.done() else None
        if answer.done():
            self._spare += error is None
            self._spare -= error is not None and observation.hides_errors
        return self._outcome(
            history,
            observation,
            core_error=None if error is None else str(error),
            core_answered=answer.done(),
            seconds=time.perf_counter() - started,
        )

    @property
    def spent(self) -> bool:
        """Whether Core would be silent on the next history.

        With NondeterminismError, or a base of it, among a workflow's failure types Core fails the run instead of the
        task, and does not ask for the next history after it. Each clean replay asks once more than it needs, so as
        many such errors pass unnoticed (measured on temporalio 1.35).
        """
        return self._spare < 0

    def place_now(self) -> Observation | None:
        """Return the observation of the history being replayed, for the watch on the deadline."""
        return self._observation

    def _current(self) -> Observation:
        if self._observation is None:
            raise RuntimeError("no history is being replayed")
        return self._observation

    async def _histories(self) -> AsyncIterator[WorkflowHistory]:
        while True:
            yield await self._queue.get()

    def _outcome(
        self,
        history: History,
        observation: Observation,
        *,
        core_error: str | None,
        core_answered: bool,
        seconds: float,
    ) -> Outcome:
        traces = observed.traces_of(observation, history, self.data_converter.payload_converter)
        return Outcome(
            trace=traces.trace,
            reached=traces.reached,
            core_error=core_error,
            core_answered=core_answered,
            broken=None if observation.broken is None else short_traceback(observation.broken),
            task_failure=_task_failure(observation, history),
            sandboxed=observation.sandboxed,
            standing=source_line(observation.standing),
            seconds=seconds,
            unhandled=tuple(sorted(observation.signals - observation.handled)),
            ahead=traces.ahead,
        )


async def _next(results: AsyncIterator[WorkflowReplayResult]) -> WorkflowReplayResult:
    return await anext(results)


def _task_failure(observation: Observation, history: History) -> TaskFailure | None:
    for activation in observation.activations:
        failure = activation.failed
        if failure is None:
            continue
        task = history.task_at(activation.history_length)
        cause = failure
        while cause.HasField("cause"):
            cause = cause.cause
        return TaskFailure(
            task=task or len(history.tasks),
            pending=task is None,
            type=cause.application_failure_info.type or "failure",
            message=cause.message,
            stack=failure.stack_trace,
            site=_site_of(cause.stack_trace) or _site_of(failure.stack_trace),
        )
    return None


def _site_of(stack: str) -> SourceLine | None:
    """Find the innermost line of the user's code in a formatted Python traceback."""
    found = None
    lines = stack.splitlines()
    for index, line in enumerate(lines):
        head, _, rest = line.strip().partition('File "')
        path, _, tail = rest.partition('", line ')
        if head or not tail:
            continue
        number, _, function = tail.partition(", in ")
        if number.isdecimal() and is_user_file(path):
            text = lines[index + 1].strip() if index + 1 < len(lines) else ""
            found = SourceLine(path, int(number), function, text)
    return found
