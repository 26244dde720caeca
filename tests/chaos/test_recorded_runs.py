"""A recorded run becomes a scenario that does what it did: each time, and whatever of its family is recorded."""

import asyncio
import base64
import json
import pickle
from dataclasses import replace
from pathlib import Path

import pytest
from temporalio import workflow
from temporalio.worker import PatchActivationInput

from examples.fan_out.chaos import BATCH
from examples.fan_out.workflows import DocumentSummary
from replaykit.adapters.chaos.killing import open_killing
from replaykit.adapters.chaos.made_here import made_here
from replaykit.adapters.chaos.opening import open_server, open_sweep, workflows_of
from replaykit.adapters.chaos.outages import run_without_workers
from replaykit.adapters.chaos.quiet import quiet
from replaykit.adapters.chaos.recorded_patches import ARGUMENT
from replaykit.adapters.chaos.recorded_worker import BEYOND, unverified_of
from replaykit.adapters.chaos.replays import open_replays
from replaykit.adapters.project import load_config
from replaykit.errors import BaselineBroken
from replaykit.jobs.chaos_baseline import baseline_of
from replaykit.jobs.chaos_scenarios import scenarios
from replaykit.model.chaos import Boundary, End, FaultPlan, Place, RunResult, Strike
from replaykit.model.scenario import Scenario
from replaykit.model.verdict import Clean, Verdict
from replaykit.rules.chaos.catalogue import KINDS
from replaykit.rules.chaos.declared import as_declared

pytestmark = pytest.mark.long

ROOT = Path(__file__).parents[2]
NOBODY = FaultPlan((Strike(Boundary(Place.RUN), "no_workers"),))
# Of each what once went wrong: children that are at work at the same time; a signal that was there before the first
# workflow task; a signal that found a child at work, which it cancels; the first run of a chain; drift that the team
# accepts; a patch that came after it. And runs that had not ended by themselves: at a timer, at work, with a child at
# work, timed out, with news that no workflow task knew yet.
RECORDED = {
    "FanOut/batch-41": End.COMPLETED,
    "FanOut/batch-43": End.COMPLETED,
    "Agent/agent-503": End.COMPLETED,
    "Agent/agent-506.01a20799-3551-7b52-807c-738e04b13214": End.CONTINUED_AS_NEW,
    "HarbourGuide/visit-7001": End.COMPLETED,
    "VersionedDigest/digest-101": End.COMPLETED,
    "VersionedDigest/digest-102": End.TERMINATED,
    "OrderSaga/order-1008": End.TERMINATED,
    "FanOut/batch-46": End.TERMINATED,
    "Approval/approval-3009": End.TERMINATED,
    "Approval/approval-3013": End.TERMINATED,
}


async def scenario_of(name: str, directory: Path, *, file: str = "") -> Scenario:
    target = file or f"fixtures/{name}.json"
    found = [each.scenario async for each in scenarios([target], load_config(ROOT), base=ROOT, directory=directory)]
    [scenario] = found
    assert scenario is not None
    return scenario


async def based(name: str, directory: Path) -> tuple[RunResult, list[Verdict | None]]:
    scenario = await scenario_of(name, directory)
    with quiet():
        async with (
            open_sweep(scenario, directory) as opened,
            open_replays(scenario, workflows_of(scenario)) as replays,
        ):
            taken = await baseline_of(opened, scenario, name=name)
            return taken.run, [await replays.verdict(history) for history in taken.first.histories]


@pytest.mark.parametrize("name", RECORDED)
def test_a_recorded_run_does_the_same_each_time_and_its_history_replays(name: str, tmp_path: Path) -> None:
    result, verdicts = asyncio.run(based(name, tmp_path))
    assert result.end is RECORDED[name]
    assert verdicts
    assert all(isinstance(verdict, Clean) for verdict in verdicts), verdicts


async def reached(scenario: Scenario, directory: Path) -> set[str]:
    """Run without any fault; say which activities were asked for."""
    with quiet():
        async with open_sweep(scenario, directory) as opened:
            ran = await opened.run(FaultPlan())
    return {each.boundary.name for each in ran.result.sightings if each.boundary.place is Place.ACTIVITY}


@pytest.mark.parametrize(("name", "checks"), [("digest-101", False), ("digest-201", True)])
def test_a_recorded_run_takes_the_branch_of_a_patch_that_it_took(name: str, checks: bool, tmp_path: Path) -> None:  # noqa: FBT001 - a parameter
    scenario = asyncio.run(scenario_of(f"VersionedDigest/{name}", tmp_path))
    assert ("check_tone" in asyncio.run(reached(scenario, tmp_path))) is checks
    said = "what new runs do at patch check-tone: the recorded run has no marker of it, and takes the other branch"
    assert unverified_of(scenario) == (() if checks else (said,))


@pytest.mark.parametrize(("name", "marked"), [("digest-101", False), ("digest-201", True)])
def test_so_it_does_in_a_process_that_is_killed(name: str, marked: bool, tmp_path: Path) -> None:  # noqa: FBT001 - a parameter
    scenario = asyncio.run(scenario_of(f"VersionedDigest/{name}", tmp_path))
    travelled = made_here(pickle.loads(pickle.dumps(scenario)))  # noqa: S301 - it was pickled here
    asked = PatchActivationInput(workflow.Info, "check-tone")  # type: ignore[arg-type] # nobody looks at the run
    assert travelled.worker[ARGUMENT](asked) is marked


@pytest.mark.parametrize("fault", ["error_before", "crash_after", "crash_before", "cancel_before"])
def test_a_run_that_had_not_ended_is_struck_as_far_as_it_had_got(fault: str, tmp_path: Path) -> None:
    """Its timer would fire in the night: whatever is skipped for the retry of an activity, that far it never goes."""
    plan = FaultPlan((Strike(Boundary(Place.ACTIVITY, "collect_headlines"), fault),))

    async def ran() -> tuple[RunResult, tuple[str, ...]]:
        scenario = await scenario_of("VersionedDigest/digest-102", tmp_path)
        with quiet():
            async with open_sweep(scenario, tmp_path) as opened:
                return (await opened.run(plan)).result, unverified_of(scenario)

    result, notes = asyncio.run(ran())
    assert result.fired == frozenset(plan.strikes)
    assert result.end is (End.CANCELLED if fault.startswith("cancel") else End.TERMINATED)
    assert "post_digest" not in {each.boundary.name for each in result.sightings}
    assert BEYOND in notes


def test_it_goes_on_to_where_its_timers_carried_the_recorded_run_though_retries_skip_too(tmp_path: Path) -> None:
    whole = json.loads((ROOT / "fixtures/VersionedDigest/digest-101.json").read_bytes())
    asked = [each["eventType"] for each in whole["events"]].index("EVENT_TYPE_TIMER_FIRED") + 5
    [given] = whole["events"][0]["workflowExecutionStartedEventAttributes"]["input"]["payloads"]
    night = json.dumps({**json.loads(base64.b64decode(given["data"])), "quiet_seconds": 28_800.0})
    text = json.dumps({**whole, "events": whole["events"][:asked]})
    cut = tmp_path / "digest-101.json"
    # Its activity is asked with the same.
    cut.write_text(text.replace(given["data"], base64.b64encode(night.encode()).decode()), "utf-8")
    attempts = [Boundary(Place.ACTIVITY, "collect_headlines", attempt=attempt) for attempt in (1, 2)]
    plan = FaultPlan(tuple(Strike(attempt, "error_before") for attempt in attempts))

    async def ran() -> RunResult:
        scenario = await scenario_of("", tmp_path, file=str(cut))
        with quiet():
            async with open_sweep(scenario, tmp_path) as opened:
                return (await opened.run(plan)).result

    result = asyncio.run(ran())
    assert (result.end, result.fired) == (End.TERMINATED, frozenset(plan.strikes))
    assert "post_digest" in {each.boundary.name for each in result.sightings}


def test_a_run_of_which_nothing_is_recorded_yet_is_no_scenario(tmp_path: Path) -> None:
    async def named() -> str:
        path, config = "fixtures/OrderSaga/order-1009.json", load_config(ROOT)
        [found] = [each async for each in scenarios([path], config, base=ROOT, directory=tmp_path)]
        return str(found.error)

    assert "had not completed a workflow task: nothing is recorded yet" in asyncio.run(named())


def test_a_step_that_the_recorded_run_did_not_know_is_named_as_the_reason(tmp_path: Path) -> None:
    async def taken() -> None:
        made = made_here(await scenario_of("VersionedDigest/digest-101", tmp_path))
        new = replace(made, worker={key: value for key, value in made.worker.items() if key != ARGUMENT})
        with quiet():
            async with open_sweep(new, tmp_path) as opened:
                await baseline_of(opened, new, name="digest-101")

    with pytest.raises(BaselineBroken) as raised:
        asyncio.run(taken())
    assert "the code asks for check_tone, which the recorded run never did" in str(raised.value)


def test_nobody_polls_for_a_while_where_no_activity_waits_either(tmp_path: Path) -> None:
    """Its activity is local, and done within a workflow task."""

    async def ran() -> RunResult:
        scenario = await scenario_of("DocumentSummary/batch-41-b", tmp_path)
        async with open_server(tmp_path) as server, open_sweep(scenario, tmp_path, server) as opened:
            return (await run_without_workers(scenario, opened, NOBODY)).result

    result = asyncio.run(ran())
    assert result.end is End.COMPLETED
    assert set(NOBODY.strikes) <= result.fired


def test_what_a_scenario_declares_holds_for_recorded_runs_of_its_workflow(tmp_path: Path) -> None:
    scenario = asyncio.run(scenario_of("FanOut/batch-41", tmp_path))
    assert scenario.name == "batch-41"
    assert scenario.accepts is BATCH.accepts
    assert scenario.invariants == BATCH.invariants
    assert scenario.signals == ()
    alone = replace(BATCH, workflow=DocumentSummary)
    assert as_declared(scenario, [alone]) is scenario


def test_an_activity_that_works_until_its_run_is_cancelled_ends_under_no_fault(tmp_path: Path) -> None:
    result, _ = asyncio.run(based("AiPipeline/job-7705", tmp_path))
    assert result.end is End.CANCELLED
    at_work = next(each for each in result.sightings if each.boundary == Boundary(Place.ACTIVITY, "analyse"))
    faults = {kind.name for kind in KINDS.values() if kind.strikes_at(at_work)}
    assert {"crash_before", "kill_before", "cancel_before"} <= faults
    assert not {"cancel_with_result", "completion_late", "crash_after", "kill_after"} & faults


def test_a_clock_that_waits_for_a_cue_does_not_keep_a_workflow_task_from_its_end(tmp_path: Path) -> None:
    """The recorded run was cancelled later on; this one retries its local activity until it gives up."""
    plan = FaultPlan((Strike(Boundary(Place.LOCAL_ACTIVITY, "count_words", 1), "error_before", persistent=True),))

    async def ran() -> RunResult:
        scenario = await scenario_of("DocumentSummary/batch-43-slow", tmp_path)
        with quiet():
            async with open_sweep(scenario, tmp_path) as opened:
                return (await opened.run(plan)).result

    result = asyncio.run(ran())
    assert (result.end, result.fired) == (End.FAILED, frozenset(plan.strikes))


def test_what_a_fault_has_asked_once_more_is_answered_as_recorded_and_said_to_be(tmp_path: Path) -> None:
    """A cancelled withdrawal is done again, with the same input; the recorded run did it once."""
    plan = FaultPlan((Strike(Boundary(Place.ACTIVITY, "withdraw"), "cancel_before"),))

    async def ran() -> tuple[RunResult, RunResult]:
        scenario = await scenario_of("Approval/approval-3006", tmp_path)
        with quiet():
            async with open_sweep(scenario, tmp_path) as opened:
                return (await opened.run(FaultPlan())).result, (await opened.run(plan)).result

    calm, struck = asyncio.run(ran())
    assert (calm.misses, calm.repeated) == ((), ())
    assert (struck.misses, struck.repeated, struck.end) == ((), ("withdraw",), End.CANCELLED)


def test_the_worker_that_a_factory_made_is_made_anew_in_a_process_that_is_killed(tmp_path: Path) -> None:
    """Its plugin holds what does not travel."""

    async def killed() -> RunResult:
        scenario = await scenario_of("HarbourDesk/visit-6003", tmp_path)
        plan = FaultPlan((Strike(Boundary(Place.ACTIVITY, "invoke_model_activity"), "kill_after"),))
        with quiet():
            async with open_sweep(scenario, tmp_path) as opened, open_killing(scenario, opened, tmp_path) as killing:
                [ran] = await killing.run([plan])
                assert killing.deaths == 1
                return ran.result

    result = asyncio.run(killed())
    assert (result.end, len(result.fired)) == (End.COMPLETED, 1)
