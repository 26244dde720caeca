"""What a replay reaches of the team's code is measured exactly, or said not to be measured."""

import asyncio
import runpy
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

import pytest

from replaykit.adapters import reached
from replaykit.adapters.pool import ReplayPool
from replaykit.adapters.reached import meter_for
from replaykit.config import Config
from replaykit.model.case import Case, Judgement
from replaykit.model.reached import Arc, Imported
from tests.corpora import about, stored
from tests.stories import changed, line_of, source

APPROVAL = source("approval")
ADDED = changed(
    APPROVAL,
    "        draft = await",
    '        if topic == "weasels":\n            self.notes.append("again")\n        draft = await',
)
# A helper that runs at import and in the workflow, and one that lives in another file of the team's.
HELPED = changed(ADDED, 'self.notes.append("again")', "helping.note(self.notes)").replace(
    "from temporalio import activity, workflow\n", "from temporalio import activity, workflow\n\nimport helping\n"
)
HELPING = "def note(notes):\n    notes.append('again')\n    return notes\n"


def survey(
    directory: Path,
    files: Mapping[str, str],
    histories: Sequence[str],
    *,
    sandbox: bool = True,
    in_memory: bool = False,
) -> tuple[list[Judgement], Imported | None]:
    """Replay histories against files of code, measured, in one process."""
    for name, text in files.items():
        path = directory / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, "utf-8")
    config = Config(
        root=str(directory),
        python_path=(str(directory),),
        workflows=("approval",) if "approval.py" in files else (),
        sandbox=sandbox,
        processes=1,
    )

    async def replay() -> tuple[list[Judgement], Imported | None]:
        async with ReplayPool(config, measure=True) as pool:
            found = []
            for number, text in enumerate(histories):
                path = directory / f"{number}.json"
                if in_memory:
                    found.append(await pool.replay(Case(str(path), path.name), content=text.encode()))
                else:
                    path.write_text(text, "utf-8")
                    found.append(await pool.replay(Case(str(path), path.name)))
            return found, pool.imported

    return asyncio.run(replay())


def arcs(judgement: Judgement, file: str = "approval.py") -> tuple[Arc, ...]:
    assert judgement.shape is not None
    assert judgement.shape.reached is not None
    return dict(judgement.shape.reached.files).get(file, ())


def lines(judgement: Judgement, file: str = "approval.py") -> set[int]:
    return {line for arc in arcs(judgement, file) for line in arc if line > 0}


def numbers(text: str, *fragments: str) -> set[int]:
    return {line_of(text, fragment) for fragment in fragments}


@pytest.mark.parametrize("sandbox", [True, False])
def test_the_lines_that_a_run_came_through_are_those_and_no_others(tmp_path: Path, *, sandbox: bool) -> None:
    histories = [stored("approval-waiting"), stored("approval-done")]
    (waiting, done), _ = survey(tmp_path, {"approval.py": APPROVAL}, histories, sandbox=sandbox)
    begun = numbers(APPROVAL, 'self.decision = ""', "self.notes: list", "draft = await", "lambda: bool")

    assert lines(waiting) == begun
    assert lines(done) == begun | numbers(
        APPROVAL, "execute_activity(publish", 'return "published"', "self.decision = decision"
    )


def test_a_branch_is_the_way_from_one_line_to_another(tmp_path: Path) -> None:
    histories = [stored("approval-waiting"), about(stored("approval-waiting"), "weasels")]
    (otters, weasels), _ = survey(tmp_path, {"approval.py": ADDED}, histories)
    [asked, noted, drafted] = sorted(numbers(ADDED, "if topic", 'append("again")', "draft = await"))

    assert (asked, drafted) in arcs(otters)
    assert noted not in lines(otters)
    assert {(asked, noted), (noted, drafted)} <= set(arcs(weasels))
    assert (asked, drafted) not in arcs(weasels)


@pytest.mark.parametrize("sandbox", [True, False])
def test_what_importing_runs_is_told_once_and_counts_for_no_history(tmp_path: Path, *, sandbox: bool) -> None:
    (waiting,), imported = survey(tmp_path, {"approval.py": APPROVAL}, [stored("approval-waiting")], sandbox=sandbox)
    assert imported is not None
    assert imported.modules == ("approval.py",)
    at_import = {line for _, found in imported.reached.files for arc in found for line in arc if line > 0}

    assert numbers(APPROVAL, "class Approval:", "SOON = ", "async def run") <= at_import
    assert not at_import & lines(waiting)


def test_other_files_of_the_team_count_and_libraries_do_not(tmp_path: Path) -> None:
    files = {"approval.py": HELPED, "helping.py": HELPING}
    (weasels,), _ = survey(tmp_path, files, [about(stored("approval-waiting"), "weasels")])
    assert weasels.shape is not None
    assert weasels.shape.reached is not None

    assert [file for file, _ in weasels.shape.reached.files] == ["approval.py", "helping.py"]
    assert lines(weasels, "helping.py") == {2, 3}


def test_a_history_in_memory_reaches_what_its_file_does(tmp_path: Path) -> None:
    histories = [stored("approval-done"), stored("approval-noted")]
    from_files, _ = survey(tmp_path, {"approval.py": APPROVAL}, histories)
    from_memory, _ = survey(tmp_path / "memory", {"approval.py": APPROVAL}, histories, in_memory=True)

    assert [judgement.shape for judgement in from_memory] == [judgement.shape for judgement in from_files]
    assert not list((tmp_path / "memory").glob("*.json"))


def test_one_history_after_the_other_tells_its_own_lines_alone(tmp_path: Path) -> None:
    histories = [stored("approval-done"), stored("approval-waiting"), stored("approval-done")]
    (first, second, third), _ = survey(tmp_path, {"approval.py": APPROVAL}, histories)

    assert arcs(first) == arcs(third)
    assert lines(second) < lines(first)


def test_forgetting_what_was_told_loses_nothing_and_adds_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reached, "_KEPT", 3)
    path = tmp_path / "counting.py"
    path.write_text("def count(more):\n    if more:\n        return 2\n    return 1\n", "utf-8")
    count = runpy.run_path(str(path))["count"]
    told = []
    before = sys.gettrace()
    sys.settrace(None)  # a debugger's, or that of coverage: beside another tracer nothing is measured
    try:
        meter = meter_for(Config(root=str(tmp_path)))
        assert meter is not None
        for number in range(8):
            with meter.measuring():
                count(number % 2)
            told.append(meter.take().files)
    finally:
        sys.settrace(before)
    less, more = ((-1, 2), (2, 4), (4, -1)), ((-1, 2), (2, 3), (3, -1))

    assert told == [(("counting.py", more if number % 2 else less),) for number in range(8)]
    assert meter.take().files == ()


def test_without_workflows_there_is_a_shape_and_no_line(tmp_path: Path) -> None:
    (done,), imported = survey(tmp_path, {}, [stored("approval-done")])

    assert imported is None
    assert done.shape is not None
    assert done.shape.reached is None
    assert done.shape.workflow_type == "Approval"


def test_where_another_tracer_is_at_work_nothing_is_measured() -> None:
    before = sys.gettrace()
    sys.settrace(lambda *_: None)
    try:
        meter = meter_for(Config())
    finally:
        sys.settrace(before)

    assert meter is None
