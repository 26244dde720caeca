"""An attempt whose heartbeats stop is missed by the timeout that waits for them, or by none for a long time."""

from datetime import timedelta
from pathlib import Path

import pytest
from temporalio import activity, workflow

from replaykit.model.chaos import End, FaultPlan, RunResult
from replaykit.model.chaos_report import Violation
from replaykit.model.scenario import Scenario
from replaykit.rules.chaos.catalogue import KINDS
from replaykit.rules.chaos.invariants import judge_run
from replaykit.rules.chaos.plans import singles
from tests.chaos.runs import plan, run_all, step

pytestmark = pytest.mark.long

STOPS = "heartbeat_stops"
NIGHT, SOON = timedelta(hours=8), timedelta(seconds=20)


@activity.defn
async def beating() -> str:
    activity.heartbeat("at work")
    return f"attempt {activity.info().attempt}"


@activity.defn
def beating_in_a_thread() -> str:
    activity.heartbeat("at work")
    return f"attempt {activity.info().attempt}"


@activity.defn
async def silent() -> str:
    return f"attempt {activity.info().attempt}"


@workflow.defn(sandboxed=False)
class Long:
    @workflow.run
    async def run(self, name: str, seconds: float, beat: float) -> str:
        said: str = await workflow.execute_activity(
            name,
            start_to_close_timeout=timedelta(seconds=seconds),
            heartbeat_timeout=timedelta(seconds=beat) if beat else None,
        )
        return said


def ran(directory: Path, name: str, limit: timedelta, beat: float = 0) -> tuple[Scenario, RunResult, RunResult]:
    """Run without a fault, and with heartbeats that stop."""
    scenario = Scenario(
        workflow=Long,
        args=[name, limit.total_seconds(), beat],
        activities=[beating, beating_in_a_thread, silent],
        timeout=4,
    )
    baseline, struck = run_all(scenario, directory, [FaultPlan(), plan(step(name), STOPS)])
    return scenario, baseline, struck


def enumerated(baseline: RunResult) -> bool:
    return bool(list(singles(baseline.sightings, [KINDS[STOPS]])))


@pytest.mark.parametrize("name", ["beating", "beating_in_a_thread"])
def test_heartbeats_that_no_timeout_waits_for_leave_a_run_waiting_for_a_dead_worker(tmp_path: Path, name: str) -> None:
    scenario, baseline, struck = ran(tmp_path, name, NIGHT)
    assert enumerated(baseline)
    assert struck.end is End.HUNG
    [finding] = judge_run(struck, baseline, scenario).findings
    assert finding.violation is Violation.HUNG
    assert "no heartbeat timeout" in finding.why
    assert f"give {name} a heartbeat_timeout" in finding.fix


def test_heartbeats_that_a_timeout_waits_for_bring_another_attempt(tmp_path: Path) -> None:
    _, baseline, struck = ran(tmp_path, "beating", NIGHT, beat=60)
    assert enumerated(baseline)
    assert (struck.end, struck.result) == (End.COMPLETED, "attempt 2")


def test_an_attempt_that_ends_soon_needs_no_timeout_of_heartbeats(tmp_path: Path) -> None:
    _, baseline, struck = ran(tmp_path, "beating", SOON)
    assert enumerated(baseline)
    assert (struck.end, struck.result) == (End.COMPLETED, "attempt 2")


def test_an_activity_that_sends_no_heartbeats_has_none_to_stop(tmp_path: Path) -> None:
    _, baseline, _ = ran(tmp_path, "silent", SOON)
    assert not enumerated(baseline)
