"""`--limit`: of a long run some faults are run, evenly spread, and the others are counted as not verified."""

import asyncio
from contextlib import aclosing
from datetime import timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from temporalio import activity, workflow

from replaykit.jobs.chaos import sweep
from replaykit.jobs.chaos_events import Swept, Wanted
from replaykit.model.chaos import Boundary, Place, Strike
from replaykit.model.chaos_report import ChaosReport
from replaykit.model.scenario import Scenario
from replaykit.rules.chaos.plans import spread

TURNS = 12
strikes = st.lists(
    st.builds(
        Strike,
        st.builds(Boundary, st.sampled_from([Place.ACTIVITY, Place.TASK]), st.just("step"), st.integers(1, 50)),
        st.sampled_from(["crash_before", "crash_after", "error_after"]),
        st.booleans(),
    ),
    unique=True,
    max_size=60,
)


@given(strikes, st.integers(1, 80))
def test_as_many_as_asked_for_are_chosen_each_once_and_in_order(every: list[Strike], count: int) -> None:
    chosen = spread(every, count)
    assert len(chosen) == min(count, len(every))
    assert [strike for strike in every if strike in set(chosen)] == chosen


def test_each_fault_gets_its_share_from_the_first_turn_to_the_last() -> None:
    turns = [Boundary(Place.ACTIVITY, "step", number) for number in range(1, 101)]
    every = [Strike(at, fault) for at in turns for fault in ("crash_before", "crash_after")]
    rare = Strike(turns[40], "heartbeat_stops")
    chosen = spread([*every[:80], rare, *every[80:]], 11)
    assert rare in chosen
    for fault in ("crash_before", "crash_after"):
        assert [strike.at.nth for strike in chosen if strike.fault == fault] == [1, 25, 50, 75, 100]


@activity.defn
async def take_turn(number: int) -> int:
    return number


@workflow.defn(sandboxed=False)
class Turns:
    @workflow.run
    async def run(self) -> None:
        for number in range(TURNS):
            await workflow.execute_activity(take_turn, number, start_to_close_timeout=timedelta(seconds=10))


async def _swept(directory: Path, wanted: Wanted) -> ChaosReport:
    scenario = Scenario(workflow=Turns, activities=[take_turn])
    async with aclosing(sweep(scenario, wanted, directory=directory)) as events:
        async for event in events:
            if isinstance(event, Swept):
                return event.report
    raise AssertionError("a sweep ends with its report")


@pytest.mark.long
def test_what_a_limit_leaves_out_is_counted_as_not_verified(tmp_path: Path) -> None:
    wanted = Wanted(faults=("crash_before", "error_after"), pairs=False, limit=6)
    report = asyncio.run(_swept(tmp_path, wanted))
    assert (report.singles, report.fired, report.findings) == (6, 6, ())
    singles = TURNS * 3  # each step fails after its work once, and every time, and loses its worker before it
    assert report.unverified[0] == f"{singles - 6} of {singles} single faults: --limit 6 leaves them out"
