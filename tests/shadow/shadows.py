"""Workers and shadows as real processes against a namespace of the session's dev server."""

import asyncio
import json
import os
import re
import signal
import subprocess
import sys
import time
import urllib.request
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from temporalio.api.enums.v1 import EventType
from temporalio.api.history.v1 import HistoryEvent
from temporalio.client import Client
from temporalio.converter import DataConverter

from replaykit.adapters.connect import Connection
from replaykit.adapters.server import free_port
from replaykit.model.shadow import JUDGE_SHARD, Judged, Verdicts
from tests.exporting import KEY
from tests.namespaces import listed, new_namespace
from tests.project import ROOT
from tests.recording import worker as workflow_worker
from tests.workflows import approval, greeting, greeting_before, tally

LONGEST = 90.0
_SAMPLE = re.compile(r"^replaykit_shadow_(\w+?)_total\{[^}]*\} (\S+)$", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Ended:
    """What a command gave."""

    code: int
    stdout: str
    stderr: str

    @property
    def report(self) -> Any:  # noqa: ANN401 - any JSON
        return json.loads(self.stdout)


@dataclass(slots=True)
class Worker:
    """A worker process that polls, and where its metrics are."""

    process: "subprocess.Popen[bytes]"
    log: Path
    metrics: str

    def counters(self) -> dict[str, int]:
        """Scrape its counters over HTTP, by name."""
        with urllib.request.urlopen(f"http://{self.metrics}/metrics", timeout=10) as answer:
            return {name: int(float(value)) for name, value in _SAMPLE.findall(answer.read().decode())}

    def end(self, number: signal.Signals = signal.SIGTERM) -> int:
        """End it and whatever it started; returns its exit code."""
        if self.process.poll() is None:
            self.process.send_signal(number)
            # One that was held goes on, to its end.
            self.process.send_signal(signal.SIGCONT)
        return self.process.wait(LONGEST)


@dataclass(frozen=True, slots=True)
class Town:
    """A namespace with runs, and a directory to stand in."""

    connection: Connection
    directory: Path

    @property
    def environment(self) -> dict[str, str]:
        kept = {name: value for name, value in os.environ.items() if not name.startswith(("TEMPORAL_", "REPLAYKIT_"))}
        where = {"TEMPORAL_ADDRESS": self.connection.address, "TEMPORAL_NAMESPACE": self.connection.namespace}
        return {**kept, **KEY, **where, "PYTHONPATH": str(ROOT), "COLUMNS": "100", "PYTHONDONTWRITEBYTECODE": "1"}

    def command(self, *words: str) -> list[str]:
        return [sys.executable, "-m", "replaykit", *words]

    def run(self, *words: str) -> Ended:
        """Run a command to its end."""
        ended = subprocess.run(
            self.command(*words), cwd=self.directory, env=self.environment, capture_output=True, text=True,
            check=False, timeout=LONGEST, stdin=subprocess.DEVNULL,
        )  # fmt: skip
        return Ended(ended.returncode, ended.stdout, ended.stderr)

    def shadow(self, *options: str) -> Ended:
        """Start a shadow and follow it to its report."""
        return self.run("shadow", "start", "--format", "json", *options)

    def worker(self, name: str, *options: str) -> Worker:
        """Start a worker, and wait until it polls."""
        log, metrics = self.directory / f"{name}.log", f"127.0.0.1:{free_port()}"
        words = ["shadow", "worker", "--processes", "1", "--rps", "500", "--metrics", metrics, *options]
        with log.open("wb") as output:
            process = subprocess.Popen(
                self.command(*words), cwd=self.directory, env=self.environment, stdin=subprocess.DEVNULL,
                stdout=output, stderr=output,
            )  # fmt: skip
        until = time.monotonic() + LONGEST
        while "Polls task queue" not in log.read_text("utf-8"):
            if process.poll() is not None or time.monotonic() > until:
                process.kill()
                raise AssertionError(log.read_text("utf-8"))
            time.sleep(0.05)
        return Worker(process, log, metrics)


async def town(client: Client, directory: Path, *, greetings: int = 0, tallies: int = 0, waiting: int = 0) -> Town:
    """Fill a new namespace: greetings of a generation that is gone, tallies of two runs each, approvals that wait."""
    connection = await new_namespace(client)
    own = connection.client
    workflows: list[type] = [greeting_before.Greeting, tally.Tally, approval.Approval]
    activities = [greeting.greet, tally.count, approval.ask_model, approval.publish]
    async with workflow_worker(own, workflows, activities) as queue:
        greeted = (("Greeting", f"ada{n}@shop.test", f"greeting-{n}") for n in range(greetings))
        tallied = (("Tally", 0, f"tally-{n}") for n in range(tallies))
        ends = [
            own.execute_workflow(kind, given, id=name, task_queue=queue) for kind, given, name in (*greeted, *tallied)
        ]
        await asyncio.gather(*ends)
        for number in range(waiting):
            await own.start_workflow(approval.Approval.run, "otters", id=f"approval-{number}", task_queue=queue)
        await listed(connection, greetings + 2 * tallies + waiting)
    return Town(connection, directory)


async def runs_of(connection: Connection, query: str = "") -> set[str]:
    """List the run ids that a query finds, those of shadows left out."""
    without = "WorkflowType != 'replaykit.Shadow'"
    found = connection.client.list_workflows(f"({query}) AND {without}" if query else without)
    return {run.run_id async for run in found}


async def chain_of(connection: Connection, workflow_id: str) -> list[list[HistoryEvent]]:
    """Fetch the histories of a shadow, from its first run on; visibility lags behind, so they lead to each other."""
    latest = await connection.client.get_workflow_handle(workflow_id).fetch_history()
    run_id = latest.events[0].workflow_execution_started_event_attributes.first_execution_run_id
    chain: list[list[HistoryEvent]] = []
    while run_id:
        history = await connection.client.get_workflow_handle(workflow_id, run_id=run_id).fetch_history()
        chain.append(list(history.events))
        run_id = chain[-1][-1].workflow_execution_continued_as_new_event_attributes.new_execution_run_id
    return chain


async def counted_by(connection: Connection, workflow_id: str) -> list[Judged]:
    """Read every verdict that a shadow has counted out of its own histories."""
    verdicts: list[Judged] = []
    for events in await chain_of(connection, workflow_id):
        shards = {
            event.event_id
            for event in events
            if event.activity_task_scheduled_event_attributes.activity_type.name == JUDGE_SHARD
        }
        for event in events:
            done = event.activity_task_completed_event_attributes
            if event.event_type == EventType.EVENT_TYPE_ACTIVITY_TASK_COMPLETED and done.scheduled_event_id in shards:
                [read] = await decoded(done.result.payloads)
                verdicts += read.judged
    return verdicts


async def decoded(payloads: Sequence[Any]) -> list[Verdicts]:
    """Read what a shard came to, or was told to have come to."""
    return await DataConverter.default.decode(payloads, [Verdicts])
