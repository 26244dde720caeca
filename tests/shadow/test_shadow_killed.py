"""Two worker processes, one killed with SIGKILL in the middle of a shard: no history is lost or counted twice."""

import asyncio
import json
import signal
import subprocess
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

import pytest
from temporalio.client import Client

from replaykit.model.shadow import Verdicts
from tests.recording import Server
from tests.shadow.shadows import Town, Worker, counted_by, decoded, runs_of, town

pytestmark = pytest.mark.long

TALLIES = 30
ALL = 2 * TALLIES
CODE = ("-w", "tests.workflows.tally")
# Slow enough that a shard outlasts some heartbeats, whatever the machine.
SLOW = ("--rps", "15")
PATIENCE = 600


@dataclass(frozen=True, slots=True)
class Killed:
    """What the victim had told of the shard that it was killed in, and its counters a moment before."""

    told: Verdicts
    counters: dict[str, int]


async def end_in_a_shard(here: Town, victim: Worker, workflow_id: str, number: signal.Signals) -> Killed:
    """End a worker while it has a shard of which it has told some verdicts.

    It is held with SIGSTOP while the server is asked: what the server then says of it stays true until the signal.
    """
    handle = here.connection.client.get_workflow_handle(workflow_id)
    for _ in range(PATIENCE):
        counters = victim.counters()
        victim.process.send_signal(signal.SIGSTOP)
        for pending in (await handle.describe()).raw_description.pending_activities:
            is_its = pending.last_worker_identity.startswith(f"{victim.process.pid}@")
            details = pending.heartbeat_details.payloads
            told = await decoded(details) if is_its and details else []
            if told and told[0].judged:
                victim.end(number)
                return Killed(told[0], counters)
        victim.process.send_signal(signal.SIGCONT)
        await asyncio.sleep(0.1)
    raise TimeoutError


@pytest.mark.parametrize(
    "number",
    [pytest.param(signal.SIGKILL, id="SIGKILL"), pytest.param(signal.SIGTERM, id="SIGTERM", marks=pytest.mark.deep)],
)
def test_a_worker_killed_in_a_shard_loses_nothing_and_nothing_is_counted_twice(
    server: Server, tmp_path: Path, number: signal.Signals
) -> None:
    here = server.run(lambda client: town(client, tmp_path, tallies=TALLIES))
    victim, survivor = here.worker("victim", *CODE, *SLOW), here.worker("survivor", *CODE, *SLOW)
    try:
        options = ["--id", "killed", "--shard-size", "20", "--lost-after", "2", "--format", "json"]
        shadow = subprocess.Popen(
            here.command("shadow", "start", *options), cwd=tmp_path, env=here.environment, text=True,
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
        )  # fmt: skip
        assert shadow.stderr is not None
        assert shadow.stderr.readline() == "Shadow killed runs.\n"

        async def kill(_: Client) -> Killed:
            return await end_in_a_shard(here, victim, "killed", number)

        killed = server.run(kill)
        report, said = shadow.communicate(timeout=120)
        assert shadow.returncode == 0, said
        after = survivor.counters()
    finally:
        for one in (victim, survivor):
            one.end()

    counted = server.run(lambda _: counted_by(here.connection, "killed"))
    assert Counter(judged.run_id for judged in counted) == Counter(server.run(lambda _: runs_of(here.connection)))
    # What the victim had told of was taken over, and not judged again.
    assert set(killed.told.judged) <= set(counted)

    summary = json.loads(report)["summary"]
    assert (summary["clean"], summary["total"], summary["left"], summary["skipped"]) == (ALL, ALL, 0, 0)
    # One that is asked to end may bring a shard to its end first.
    assert summary["retried"] in ({1, 2} if number is signal.SIGKILL else {0, 1, 2})
    assert killed.counters.get("replayed", 0) + after.get("replayed", 0) <= ALL
