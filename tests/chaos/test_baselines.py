"""Runs without any fault are compared: what each of them passes is what faults strike."""

from dataclasses import replace

import pytest

from replaykit.model.chaos import Boundary, End, FaultPlan, Place, RunResult, Sighting, Strike, Trait
from replaykit.model.chaos_report import Judged
from replaykit.rules.chaos.baselines import difference, merged, passing_tasks
from replaykit.rules.chaos.firing import missed_its_task, reached

CHARGE = Boundary(Place.ACTIVITY, "charge")
FIRST, THIRD = (Boundary(Place.TASK, f"child workflow Ship #{number}") for number in (1, 3))
RUN = RunResult(
    FaultPlan(),
    "order-1",
    End.COMPLETED,
    result="done",
    sightings=(Sighting(FIRST), Sighting(CHARGE)),
    normal=("a", "b"),
)
# Two children ended at once: one task asks for the next two, where the other run had one for each.
LONGER = replace(RUN, sightings=(*RUN.sightings, Sighting(THIRD)))


def test_a_task_that_is_a_part_of_another_ones_is_no_difference_and_is_not_struck() -> None:
    assert difference(RUN, LONGER) == difference(LONGER, RUN) == ""
    assert passing_tasks([RUN, LONGER, LONGER]) == {THIRD}
    assert [sighting.boundary for sighting in merged([LONGER, RUN, LONGER]).sightings] == [FIRST, CHARGE]


def test_what_each_run_passes_is_struck_with_the_traits_of_all() -> None:
    traits = [frozenset({Trait.UPDATES}), frozenset[Trait](), frozenset[Trait]()]
    runs = [replace(RUN, sightings=(Sighting(CHARGE, held),), replays=2) for held in traits]
    base = merged(runs)
    assert base.sightings == (Sighting(CHARGE, frozenset({Trait.UPDATES})),)
    assert base.replays == 4


@pytest.mark.parametrize(
    ("other", "told"),
    [
        (replace(RUN, sightings=RUN.sightings[:1]), "only one of them passes activity charge #1"),
        (replace(RUN, normal=("a", "c")), "only one of them has the event b"),
        (replace(RUN, normal=("a", "b", "b")), "one has 2 events, the other 3"),
        (replace(RUN, result="other"), "one completed with 'done', the other completed with 'other'"),
        (replace(RUN, misses=("activity ask #1",)), "a recording that there is not was asked for: activity ask #1"),
    ],
)
def test_what_else_differs_is_told(other: RunResult, told: str) -> None:
    assert difference(RUN, other) == told


def test_a_fault_that_found_no_workflow_task_is_told_from_one_that_should_have_struck() -> None:
    task, step = Strike(FIRST, "task_fails"), Strike(CHARGE, "crash_after")
    fired = frozenset({task})
    assert missed_its_task(replace(RUN, plan=FaultPlan((task,))))
    assert not missed_its_task(replace(RUN, plan=FaultPlan((task,)), fired=fired))
    for plan in (FaultPlan(), FaultPlan((step,)), FaultPlan((step, task))):
        assert not missed_its_task(replace(RUN, plan=plan))


def test_a_pair_may_be_out_of_reach_and_a_single_fault_or_what_a_person_asked_for_may_not() -> None:
    single = Judged(replace(RUN, plan=FaultPlan((Strike(CHARGE, "crash_after"),))), None)
    pair = Judged(replace(RUN, plan=FaultPlan((Strike(CHARGE, "crash_after"), Strike(FIRST, "task_fails")))), None)
    assert reached(single, asked=()) is single
    assert reached(pair, asked=()).unreachable
    assert reached(pair, asked=(pair.result.plan,)) is pair
    struck = replace(pair, result=replace(pair.result, fired=frozenset(pair.result.plan.strikes)))
    assert reached(struck, asked=()) is struck
