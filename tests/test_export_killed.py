"""An export that is killed at any moment leaves a corpus that reads, and the next one finishes the job."""

import os
import random
import signal
import subprocess
import sys
import time
import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from temporalio.api.workflowservice.v1 import GetWorkflowExecutionHistoryRequest
from temporalio.client import Client

from replaykit.adapters.corpus_index import CorpusIndex
from replaykit.adapters.history_file import identity_note, read_document
from tests.exporting import KEY
from tests.grpc_proxy import Proxy, proxy
from tests.namespaces import until
from tests.recording import Server, worker
from tests.workflows import tally

RUNS = 40
HISTORY = "GetWorkflowExecutionHistory"
LONGEST = 60.0
# Seconds in which an export writes what it has just asked for.
STRETCH = 0.1


@dataclass(frozen=True, slots=True)
class Town:
    """A proxy in front of the server, and the runs that a query finds behind it."""

    proxy: Proxy
    query: str
    runs: frozenset[str]

    def start(self, directory: Path) -> "subprocess.Popen[bytes]":
        """Start an export of all runs."""
        kept = {name: value for name, value in os.environ.items() if not name.startswith(("TEMPORAL_", "REPLAYKIT_"))}
        command = [sys.executable, "-m", "replaykit", "export", "--query", self.query, "--rps", "2000"]
        return subprocess.Popen(
            command,
            cwd=directory,
            env={**kept, **KEY, "TEMPORAL_ADDRESS": self.proxy.address, "PYTHONDONTWRITEBYTECODE": "1"},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            start_new_session=True,
        )

    def asked_since(self, start: int) -> list[str]:
        """List the run ids whose history was asked for since the request of this number, pages counted once."""
        asked = []
        for request in self.proxy.requests[start:]:
            if request.method == HISTORY:
                wanted = GetWorkflowExecutionHistoryRequest.FromString(request.message)
                if not wanted.next_page_token:
                    asked.append(wanted.execution.run_id)
        return asked


@pytest.fixture(scope="module")
def town(server: Server) -> Iterator[Town]:
    kind = f"Tally{uuid.uuid4().hex[:8]}"

    async def fill(client: Client) -> frozenset[str]:
        found = set()
        async with worker(client, [tally.Tally], [tally.count]) as queue:
            for number in range(RUNS):
                handle = await client.start_workflow(tally.Tally.run, 1, id=f"{kind}-{number}", task_queue=queue)
                await handle.result()
                found.add(handle.first_execution_run_id or "")
            query = f"WorkflowId STARTS_WITH '{kind}'"
            await until(lambda: _listed(client, query))
        return frozenset(found)

    runs = server.run(fill)
    with proxy(server.address) as running:
        yield Town(running, f"WorkflowId STARTS_WITH '{kind}'", runs)


async def _listed(client: Client, query: str) -> bool:
    return (await client.count_workflows(query)).count >= RUNS


def held(corpus: Path) -> dict[str, Path]:
    """Read every history of a corpus whole: run id → file."""
    return {
        identity_note(read_document(path))["runId"]: path
        for path in sorted(corpus.rglob("*.json"))
        if not path.name.startswith(".")
    }


def kill_once(town: Town, directory: Path, chance: random.Random) -> bool:
    """Kill an export at a random moment of its work, and check what it left; say whether it was still at work.

    The moment is counted in histories asked for: a slow machine and a fast one are killed at the same places.
    """
    before = held(directory / "fixtures")
    start = len(town.proxy.requests)
    asked = chance.randint(1, RUNS - len(before))
    running = town.start(directory)
    until = time.monotonic() + LONGEST
    while len(town.asked_since(start)) < asked and running.poll() is None and time.monotonic() < until:
        time.sleep(0.005)
    time.sleep(chance.uniform(0, STRETCH))
    killed = running.poll() is None
    if killed:
        os.killpg(running.pid, signal.SIGKILL)
    _, words = running.communicate()
    assert killed or running.returncode == 0, words.decode()
    after = held(directory / "fixtures")
    assert set(before) <= set(after) <= town.runs
    assert not set(town.asked_since(start)) & set(before), "a run that was there was fetched again"
    return killed


def killed_and_finished(town: Town, directory: Path, *, times: int, seed: int) -> int:
    """Kill `times` exports into one corpus, then let one finish; returns how many were killed at work."""
    chance = random.Random(seed)  # noqa: S311 - moments, no secrets
    killed = 0
    for _ in range(times):
        killed += kill_once(town, directory, chance)
        there = held(directory / "fixtures")
        # Some histories go, so that the next export has work to do.
        for run_id in chance.sample(sorted(there), len(there) // 2):
            there[run_id].unlink()
    before = set(held(directory / "fixtures"))
    start = len(town.proxy.requests)
    finishing = town.start(directory)
    _, words = finishing.communicate(timeout=LONGEST)
    assert finishing.returncode == 0, words.decode()
    assert set(held(directory / "fixtures")) == town.runs
    assert sorted(town.asked_since(start)) == sorted(town.runs - before)
    assert not list((directory / "fixtures").rglob("*.tmp")), "what killed exports left half-written is cleared away"
    assert len(CorpusIndex.of(directory / "fixtures")) == RUNS
    return killed


@pytest.mark.long
def test_an_export_killed_at_random_moments_loses_nothing_and_fetches_nothing_twice(town: Town, tmp_path: Path) -> None:
    assert killed_and_finished(town, tmp_path, times=5, seed=1) >= 2


@pytest.mark.deep
def test_two_hundred_kills_lose_nothing(town: Town, tmp_path: Path) -> None:
    assert killed_and_finished(town, tmp_path, times=200, seed=2) >= 150
