"""Faults in children: a boundary names the child it is of, and a parent that goes leaves nothing behind unseen."""

import asyncio
from datetime import timedelta
from pathlib import Path

import pytest
from temporalio import activity, workflow
from temporalio.workflow import ParentClosePolicy

from replaykit import Scenario, effect
from replaykit.adapters.chaos.lanes import Ran
from replaykit.adapters.chaos.opening import open_sweep
from replaykit.model.chaos import Boundary, End, FaultPlan, Place, Strike
from replaykit.rules.chaos.catalogue import KINDS
from replaykit.rules.chaos.invariants import judge_run
from replaykit.rules.chaos.plans import singles

SOON = timedelta(minutes=1)
CHILD = "child workflow Parcel #1"


@activity.defn
async def pack(what: str) -> str:
    with effect("pack", key=what):
        return what


@workflow.defn
class Parcel:
    @workflow.run
    async def run(self, what: str) -> str:
        return await workflow.execute_activity(pack, what, start_to_close_timeout=SOON)


@workflow.defn
class Shipment:
    @workflow.run
    async def run(self, policy: int) -> list[str]:
        parcels = [
            await workflow.execute_child_workflow(
                Parcel.run,
                what,
                id=f"{workflow.info().workflow_id}-{what}",
                parent_close_policy=ParentClosePolicy(policy),
            )
            for what in ("cup", "tea")
        ]
        return list(parcels)


def scenario(policy: ParentClosePolicy) -> Scenario:
    return Scenario(workflow=Shipment, workflows=[Parcel], args=[int(policy)], activities=[pack])


def run(subject: Scenario, directory: Path, *plans: FaultPlan) -> list[Ran]:
    async def all_of_them() -> list[Ran]:
        async with open_sweep(subject, directory) as opened:
            return [await opened.run(plan) for plan in plans]

    return asyncio.run(all_of_them())


@pytest.mark.long
def test_boundaries_of_children_are_named_after_them_and_struck_alone(tmp_path: Path) -> None:
    crash = FaultPlan((Strike(Boundary(Place.ACTIVITY, "pack", within="child workflow Parcel #2"), "crash_after"),))
    baseline, crashed = (ran.result for ran in run(scenario(ParentClosePolicy.TERMINATE), tmp_path, FaultPlan(), crash))
    within = {sighting.boundary.within for sighting in baseline.sightings}
    assert within == {"", CHILD, "child workflow Parcel #2"}
    assert [(effect.key, effect.attempt) for effect in crashed.committed] == [("cup", 1), ("tea", 1), ("tea", 2)]
    assert crashed.end is End.COMPLETED


@pytest.mark.long
@pytest.mark.parametrize("policy", [ParentClosePolicy.TERMINATE, ParentClosePolicy.ABANDON])
def test_a_parent_that_is_terminated_leaves_no_child_that_does_not_end(
    tmp_path: Path, policy: ParentClosePolicy
) -> None:
    terminated = FaultPlan((Strike(Boundary(Place.ACTIVITY, "pack", within=CHILD), "parent_terminated"),))
    subject = scenario(policy)
    baseline, struck = (ran.result for ran in run(subject, tmp_path, FaultPlan(), terminated))
    assert struck.end is End.TERMINATED
    assert judge_run(struck, baseline, subject).findings == ()


def test_only_activities_of_children_have_a_parent_to_lose(tmp_path: Path) -> None:
    [ran] = run(scenario(ParentClosePolicy.TERMINATE), tmp_path, FaultPlan())
    found = list(singles(ran.result.sightings, [KINDS["parent_terminated"]]))
    assert [strike.at.within for strike in found] == [CHILD, "child workflow Parcel #2"]
