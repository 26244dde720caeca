"""The examples' workflows are correct: their sweeps, and those of their recorded histories, end clean."""

import asyncio
import subprocess
import sys
from pathlib import Path

import pytest

from replaykit.adapters.project import load_config
from replaykit.errors import ScenarioUnusable
from replaykit.jobs.chaos_scenarios import Named, scenarios
from replaykit.pytest_chaos import Chaos

pytestmark = pytest.mark.long

ROOT = Path(__file__).parents[2]
EXAMPLES = sorted(path.parent.name for path in ROOT.glob("examples/*/chaos.py"))
HISTORIES = sorted(str(path.relative_to(ROOT)) for path in ROOT.glob("fixtures/*/*.json"))
# Few runs; what every fault at every step finds is looked for with `-m deep`.
FEW = "crash_after,truncated"


def named(target: str, directory: Path) -> list[Named]:
    """What a target of the command line names."""

    async def found() -> list[Named]:
        return [each async for each in scenarios([target], load_config(ROOT), base=ROOT, directory=directory)]

    return asyncio.run(found())


def chaos_in(directory: Path) -> Chaos:
    """Sweeps whose plans lie nowhere near the tests."""
    return Chaos(directory / "plans", "pytest", directory)


@pytest.fixture(autouse=True)
def _databases_elsewhere(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.chdir(tmp_path)


@pytest.mark.parametrize("example", EXAMPLES)
def test_example_survives_a_few_faults_at_every_step(example: str, tmp_path: Path) -> None:
    for each in named(f"examples/{example}", tmp_path):
        assert each.scenario is not None
        checked = chaos_in(tmp_path)(each.scenario, faults=FEW)
        checked.check()
        assert checked.report.fired == checked.report.enumerated


@pytest.mark.deep
@pytest.mark.parametrize("example", EXAMPLES)
def test_example_survives_every_fault_at_every_step(example: str, tmp_path: Path) -> None:
    for each in named(f"examples/{example}", tmp_path):
        assert each.scenario is not None
        chaos_in(tmp_path)(each.scenario).check()


@pytest.mark.deep
@pytest.mark.parametrize("history", HISTORIES)
def test_recorded_run_survives_every_fault_at_every_step(history: str, tmp_path: Path) -> None:
    (each,) = named(history, tmp_path)
    if isinstance(each.error, ScenarioUnusable):
        pytest.skip(each.error.problem.cause)
    assert each.scenario is not None
    chaos_in(tmp_path)(each.scenario).check()


def test_cancels_that_leave_other_traces_than_their_commands_replay_clean() -> None:
    """Recorded by sweeps of examples/fan_out.

    A local activity cancelled in one breath with being asked for leaves a marker; the cancel of a child whose end
    came in the same task leaves nothing.
    """
    histories = [
        f"tests/chaos/histories/{name}.json" for name in ("cancelled-local-activity", "cancelled-as-children-end")
    ]
    ran = subprocess.run(
        [sys.executable, "-m", "replaykit", "replay", "--processes", "1", *histories],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert ran.returncode == 0, ran.stdout + ran.stderr
    assert "2 clean" in ran.stdout
