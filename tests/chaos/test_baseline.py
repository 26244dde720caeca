"""A run that does not end without any fault is said so at once."""

import asyncio
from pathlib import Path
from typing import Any

import pytest
from temporalio import workflow
from temporalio.client import WorkflowHandle

from replaykit.adapters.chaos.opening import open_sweep
from replaykit.errors import BaselineBroken, ScenarioUnusable
from replaykit.jobs.chaos_baseline import baseline_of
from replaykit.model.scenario import Scenario


@workflow.defn(sandboxed=False)
class Waiting:
    @workflow.run
    async def run(self) -> None:
        await workflow.wait_condition(lambda: False)


def test_a_scenario_that_hangs_is_run_once(tmp_path: Path) -> None:
    """The third run of a baseline, without a cache, is given a minute more than the scenario's own time."""
    begun: list[str] = []

    async def drive(handle: WorkflowHandle[Any, Any]) -> None:
        begun.append(handle.id)

    async def based() -> None:
        scenario = Scenario(workflow=Waiting, timeout=1.0, drive=drive)
        async with open_sweep(scenario, tmp_path) as opened:
            await baseline_of(opened, scenario, name="waiting")

    with pytest.raises(BaselineBroken, match="waiting is hung without any fault"):
        asyncio.run(based())
    assert len(begun) == 1


def _without_a_key() -> dict[str, Any]:
    raise KeyError("OPENAI_API_KEY")


@pytest.mark.parametrize("part", ["worker", "activities", "data_converter"])
def test_what_the_team_raises_where_workers_are_made_is_told_with_its_line(part: str, tmp_path: Path) -> None:
    async def opened() -> None:
        given: dict[str, Any] = {part: _without_a_key}
        async with open_sweep(Scenario(workflow=Waiting, **given), tmp_path):
            pass

    with pytest.raises(ScenarioUnusable, match=r"No worker of Waiting can be made\.(.|\n)*in _without_a_key") as told:
        asyncio.run(opened())
    assert "KeyError: 'OPENAI_API_KEY'" in str(told.value)
