"""The worker process that a sweep kills: it runs the scenario's worker, and tells all that happens (killing.py)."""

import asyncio
import gc
import os
import signal
import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from pathlib import Path
from typing import Any, BinaryIO

from temporalio import activity
from temporalio.client import Client
from temporalio.client import Plugin as ClientPlugin
from temporalio.worker import ActivityInboundInterceptor, ExecuteActivityInput, Interceptor, Worker

from replaykit.adapters.chaos.answering import Recordings, given_to
from replaykit.adapters.chaos.backoff import quick_retries
from replaykit.adapters.chaos.carrying import Carried, put_down
from replaykit.adapters.chaos.kill_messages import (
    Arm,
    Began,
    Begin,
    IsArmed,
    Leave,
    Left,
    News,
    Order,
    Over,
    Poll,
    Ready,
    Unfit,
)
from replaykit.adapters.chaos.made_here import made_here
from replaykit.adapters.chaos.opening import worker_arguments
from replaykit.adapters.chaos.parking import ParkingPlugin
from replaykit.adapters.chaos.quiet import quiet, quiet_runtime
from replaykit.adapters.chaos.reach import Attempt, Reach
from replaykit.adapters.chaos.registry import Registry
from replaykit.adapters.chaos.requests import patched
from replaykit.adapters.chaos.telling import Tell, arm
from replaykit.adapters.code_memory import remember_code
from replaykit.adapters.wire import LENGTH, frame, unpack
from replaykit.adapters.workflows import short_traceback
from replaykit.model.scenario import Scenario

# All runs of a batch may stand at their tasks at once.
MOST_RUNS = 100


def main() -> None:
    """Serve the parent until it goes away, or kills this process."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    line = _Line(sys.stdin.buffer, os.fdopen(os.dup(1), "wb"))
    # What the team's code prints must not come between the frames.
    os.dup2(2, 1)
    begin = line.receive()
    if not isinstance(begin, Begin):
        return
    remember_code()
    try:
        scenario = made_here(put_down(Carried(begin.scenario, begin.modules)))
    except Exception as error:  # noqa: BLE001 - importing runs the team's code
        line.send(Unfit(short_traceback(error)))
        return
    # What is loaded by now stays to the end: no collection need look at it again.
    gc.freeze()
    gc.enable()
    with quiet():
        asyncio.run(_serve(scenario, begin, line))


class _Line:
    """This end of the pipe; whole messages from any thread."""

    def __init__(self, source: BinaryIO, sink: BinaryIO) -> None:
        self._source = source
        self._sink = sink
        self._lock = threading.Lock()

    def receive(self) -> Order | None:
        head = self._source.read(LENGTH.size)
        if len(head) < LENGTH.size:
            return None
        (length,) = LENGTH.unpack(head)
        order: Order = unpack(self._source.read(length))
        return order

    def send(self, news: News) -> None:
        data = frame(news)
        with self._lock:
            self._sink.write(data)
            self._sink.flush()


async def _serve(scenario: Scenario, begin: Begin, line: _Line) -> None:
    registry = Registry()
    recordings = Recordings(scenario) if scenario.cassette else None
    with ExitStack() as held:
        held.enter_context(patched(answered=recordings is not None and recordings.answers_requests))
        held.enter_context(quick_retries())
        executor = held.enter_context(ThreadPoolExecutor(MOST_RUNS))
        try:
            worker = await _worker(scenario, begin, registry, line.send, executor)
        except Exception as error:  # noqa: BLE001 - the team's factories and plugins may raise anything
            line.send(Unfit(short_traceback(error)))
            return
        line.send(Ready())
        running: asyncio.Task[None] | None = None
        while (order := await asyncio.to_thread(line.receive)) is not None:
            match order:
                case Arm():
                    armed = arm(registry, scenario, order, line.send)
                    armed.answers, armed.requests = given_to(armed, recordings, effects=scenario.http_effects)
                    line.send(IsArmed(order.workflow_id))
                case Poll():
                    running = asyncio.create_task(worker.run())
                case Leave():
                    line.send(_left(registry, order.workflow_id))
                case Begin():
                    pass
        # The parent is gone: parked runs would keep a worker from its end for ever.
        os._exit(0 if running is None else 1)


def _left(registry: Registry, workflow_id: str) -> Left:
    armed = registry.of(workflow_id)
    if armed is None:
        return Left(workflow_id, (), (), ())
    registry.disarm(armed)
    return Left(workflow_id, tuple(armed.assumed), armed.missed, armed.repeated)


async def _worker(
    scenario: Scenario, begin: Begin, registry: Registry, tell: Tell, executor: ThreadPoolExecutor
) -> Worker:
    plugins = [plugin for plugin in scenario.worker.get("plugins", ()) if isinstance(plugin, ClientPlugin)]
    client = await Client.connect(
        begin.target,
        data_converter=scenario.data_converter,
        runtime=quiet_runtime(),
        plugins=[*plugins, ParkingPlugin()],
    )
    reach = Reach(client, {each.name: each.args for each in scenario.signals})
    arguments: dict[str, Any] = {
        "activity_executor": executor,
        **worker_arguments(scenario, registry, reach, Path(begin.ledger)),
        "max_concurrent_workflow_tasks": MOST_RUNS,
        "max_concurrent_activities": MOST_RUNS,
    }
    arguments["interceptors"] = [_AtWork(registry, tell), *arguments["interceptors"]]
    return Worker(client, task_queue=begin.task_queue, **arguments)


class _AtWork(Interceptor):
    """Stands in front of all: what is at work when the process is killed dies with it."""

    def __init__(self, registry: Registry, tell: Tell) -> None:
        self._registry = registry
        self._tell = tell

    def intercept_activity(self, next: ActivityInboundInterceptor) -> ActivityInboundInterceptor:  # noqa: A002 - the SDK's
        """Tell of every attempt when it begins and when it is over."""
        return _Told(next, self._registry, self._tell)


class _Told(ActivityInboundInterceptor):
    def __init__(self, following: ActivityInboundInterceptor, registry: Registry, tell: Tell) -> None:
        super().__init__(following)
        self._registry = registry
        self._tell = tell

    async def execute_activity(self, input: ExecuteActivityInput) -> Any:  # noqa: A002, ANN401 - the SDK's names
        info = activity.info()
        armed = self._registry.of(info.workflow_id)
        if armed is None or info.is_local:
            return await super().execute_activity(input)
        attempt = Attempt(
            namespace=info.namespace,
            workflow_id=info.workflow_id or "",
            workflow_run_id=info.workflow_run_id or "",
            activity_id=info.activity_id,
            activity_type=info.activity_type,
            attempt=info.attempt,
        )
        self._tell(Began(armed.workflow_id, attempt))
        try:
            return await super().execute_activity(input)
        finally:
            self._tell(Over(armed.workflow_id, attempt))


if __name__ == "__main__":
    main()
