"""Faults at workflow tasks: a query asks what the workflow answers, and what has one task only is not evicted."""

import asyncio
from contextlib import aclosing
from datetime import timedelta
from pathlib import Path

import pytest
from temporalio import activity, workflow
from temporalio.workflow import ParentClosePolicy

from replaykit import Scenario, effect
from replaykit.jobs.chaos import sweep
from replaykit.jobs.chaos_events import Swept, Wanted
from replaykit.model.chaos import Boundary, End, Place
from replaykit.model.chaos_report import ChaosReport, Violation
from tests.chaos.runs import plan, run_all, step

SOON = timedelta(minutes=1)


@activity.defn
async def count(number: int) -> int:
    with effect("count", key=str(number)):
        return number


@workflow.defn
class Asked:
    """Counts how often it is asked, as no query may."""

    def __init__(self) -> None:
        self._asked = 0

    @workflow.query
    def total(self) -> int:
        self._asked += 1
        return self._asked

    @workflow.query
    def of(self, name: str) -> str:
        return name

    @workflow.run
    async def run(self) -> int:
        for number in (1, 2):
            await workflow.execute_activity(count, number, start_to_close_timeout=SOON)
        return self._asked


@workflow.defn
class AtOnce:
    @workflow.run
    async def run(self) -> str:
        return "done"


@workflow.defn
class Waits:
    @workflow.run
    async def run(self) -> None:
        await workflow.wait_condition(lambda: False)


@workflow.defn
class Parent:
    @workflow.run
    async def run(self) -> int:
        child = await workflow.start_child_workflow(Waits.run, parent_close_policy=ParentClosePolicy.TERMINATE)
        number = await workflow.execute_activity(count, 1, start_to_close_timeout=SOON)
        return number if child else 0


def swept(scenario: Scenario, directory: Path, *faults: str) -> ChaosReport:
    async def report() -> ChaosReport:
        async with aclosing(sweep(scenario, Wanted(faults, pairs=False), directory=directory)) as events:
            async for event in events:
                if isinstance(event, Swept):
                    return event.report
        raise AssertionError("a sweep ends with its report")

    return asyncio.run(report())


@pytest.mark.long
def test_query_that_changes_the_workflow_is_found(tmp_path: Path) -> None:
    report = swept(Scenario(workflow=Asked, activities=[count]), tmp_path, "query")
    asked = plan(Boundary(Place.TASK, "activity count #1"), "query_during")
    assert asked in {f.result.plan for f in report.findings if f.violation is Violation.DIVERGED}
    told = "\n".join(moment.what for finding in report.findings for moment in finding.result.timeline)
    assert "query of without arguments" in told


def test_run_of_one_workflow_task_is_not_evicted(tmp_path: Path) -> None:
    report = swept(Scenario(workflow=AtOnce), tmp_path, "task")
    assert report.findings == ()
    assert {s.fault for judged in report.judged for s in judged.result.plan.strikes} == {"task_fails"}


def test_run_of_several_tasks_is_evicted(tmp_path: Path) -> None:
    report = swept(Scenario(workflow=Asked, activities=[count]), tmp_path, "evict")
    assert [str(judged.result.plan) for judged in report.judged if judged.result.plan.strikes] == [
        "the whole run: evict"
    ]


@pytest.mark.long
def test_next_attempt_in_an_hour_comes_though_a_child_keeps_the_clock_from_skipping(tmp_path: Path) -> None:
    scenario = Scenario(workflow=Parent, workflows=[Waits], activities=[count])
    [result] = run_all(scenario, tmp_path, [plan(step("count"), "retry_later")])
    assert result.end is End.COMPLETED
    assert result.fired == frozenset(result.plan.strikes)
