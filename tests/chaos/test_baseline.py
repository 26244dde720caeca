"""A run that does not end without any fault is said so at once."""

import asyncio
from pathlib import Path
from typing import Any

import pytest
from temporalio import workflow
from temporalio.client import WorkflowHandle

from replaykit.adapters.chaos.opening import open_sweep
from replaykit.errors import BaselineBroken
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
