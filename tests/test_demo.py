"""The demo plays the main job for real, and fails where a part of it is missing."""

import os
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest

import replaykit
from tests.watching import Watched, watched

pytestmark = pytest.mark.long

PACKAGE = Path(replaykit.__file__).parent
EXAMPLES = Path(__file__).parent.parent / "examples"
LONGEST = 60.0


def demo(directory: Path, *args: str) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(
        [sys.executable, "-m", "replaykit", "demo", *args],
        cwd=directory,
        capture_output=True,
        text=True,
        timeout=LONGEST,
        check=False,
        env={**os.environ, "COLUMNS": "100", "NO_COLOR": "1"},
    )


def own_copy(directory: Path) -> Path:
    """Copy the installed package and its examples, so that one file can be taken away."""
    shutil.copytree(PACKAGE, directory / "replaykit", ignore=shutil.ignore_patterns("__pycache__", "_examples"))
    shutil.copytree(EXAMPLES, directory / "examples", ignore=shutil.ignore_patterns("__pycache__"))
    return directory / "examples"


@dataclass(frozen=True, slots=True)
class Played:
    """A demo as a person watches it, and what it left in the directory it was started in."""

    watched: Watched
    left: tuple[Path, ...]

    @property
    def stdout(self) -> str:
        return self.watched.stdout.decode()


@pytest.fixture(scope="module")
def played(tmp_path_factory: pytest.TempPathFactory) -> Played:
    directory = tmp_path_factory.mktemp("demo")
    seen = watched("demo", cwd=directory, env={"COLUMNS": "100"})
    return Played(seen, tuple(directory.iterdir()))


def test_the_demo_runs_exports_replays_and_catches_the_swapped_step(played: Played) -> None:
    assert played.watched.code == 0, played.watched.seen
    assert "6 clean, 0 drifted, 0 diverged, 0 inconclusive" in played.stdout
    assert "0 clean, 0 drifted, 6 diverged, 0 inconclusive" in played.stdout
    assert "Steps changed places: activity `reserve` now runs where activity `charge` was recorded." in played.stdout
    assert "workflows.py:" in played.stdout
    assert "Next, with your own workflows:" in played.stdout
    assert played.left == ()


def test_the_demo_shows_progress_on_a_terminal_and_only_there(played: Played) -> None:
    assert "Start an embedded Temporal server and a worker …" in played.watched.seen
    assert "\x1b" not in played.stdout


def test_the_demo_keeps_its_project_where_told_and_its_command_works_there(tmp_path: Path) -> None:
    kept = demo(tmp_path, "--keep", "kept")
    again = demo(tmp_path, "--keep", "kept")

    assert kept.returncode == 0, kept.stderr
    assert "cd kept/changed && replaykit replay ../project/fixtures" in kept.stdout
    assert len(list((tmp_path / "kept/project/fixtures/OrderSaga").glob("*.json"))) == 6
    replayed = subprocess.run(
        [sys.executable, "-m", "replaykit", "replay", "../project/fixtures"],
        cwd=tmp_path / "kept" / "changed",
        capture_output=True,
        text=True,
        timeout=LONGEST,
        check=False,
    )
    assert replayed.returncode == 1
    assert "6 diverged" in replayed.stdout
    assert again.returncode == 2
    assert "kept exists already." in again.stderr


def test_the_demo_fails_without_the_examples_workflow_file(tmp_path: Path) -> None:
    examples = own_copy(tmp_path)
    (examples / "order_saga" / "workflows.py").unlink()

    result = demo(tmp_path)

    assert result.returncode == 2
    assert "The example workflows.py of the demo cannot be used." in result.stderr


def test_the_demo_fails_when_the_examples_workflow_no_longer_works(tmp_path: Path) -> None:
    examples = own_copy(tmp_path)
    workflows = examples / "order_saga" / "workflows.py"
    source = workflows.read_text("utf-8")
    workflows.write_text(source.replace("class OrderSaga:", "class OrderSaga(NoSuchBase):"), "utf-8")

    result = demo(tmp_path)

    assert result.returncode == 2
    assert "NoSuchBase" in result.stderr
