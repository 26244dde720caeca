"""Each kind of change, planted in a copy of every example, is reported with the right verdict, step and line."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from tests.planted.change import Planted
from tests.planted.table import TABLE
from tests.project import Project
from tests.stories import settings

pytestmark = pytest.mark.long

ROOT = Path(__file__).parent.parent.parent
EXAMPLES = ("agent", "ai_pipeline", "approval", "fan_out", "nightly", "order_saga", "versioned")


def copied_examples() -> Project:
    files = {
        str(path.relative_to(ROOT)): path.read_text("utf-8")
        for example in EXAMPLES
        for path in (ROOT / "examples" / example).glob("*.py")
    }
    modules = [f"examples.{example}.workflows" for example in EXAMPLES]
    return Project({**files, "pyproject.toml": settings(*modules)})


def planted(project: Project, change: Planted) -> Project:
    for name, edit in change.edits:
        path = f"examples/{change.example}/{name}"
        source = project.files[path]
        assert isinstance(source, str)
        project = project.with_file(path, edit(source))
    document = json.loads((ROOT / "fixtures" / change.fixture).read_text("utf-8"))
    document["events"] = document["events"][: change.events]
    return project.with_file(f"fixtures/{change.example}.json", json.dumps(document))


def step_of(entry: Mapping[str, Any] | None) -> str | None:
    if entry is None:
        return None
    words = [entry["kind"], entry["name"]]
    if entry["kind"] not in {"complete", "fail", "cancel", "continue as new"}:
        words.append(f"#{entry['nth']}")
    return " ".join(word for word in words if word)


def blamed(entry: Mapping[str, Any]) -> tuple[str | None, str | None, str, int]:
    """The recorded step, the new step, and the new step's line, off one history's entry of the JSON report."""
    if entry["verdict"] == "drifted":
        drift = entry["drifts"][0]
        site = drift["new"]["site"]
        return step_of(drift["recorded"]), step_of(drift["new"]), site["text"], site["line"]
    found = entry["divergence"]
    recorded, new = next(iter(found["recorded"]), None), next(iter(found["new"]), None)
    site = new["site"] if new else found["standing"]
    return step_of(recorded), step_of(new), site["text"], site["line"]


@pytest.mark.parametrize("kind", TABLE)
def test_planted_changes_get_the_right_verdict_step_and_line_in_every_example(kind: str) -> None:
    changes = TABLE[kind]
    assert {change.example for change in changes} == set(EXAMPLES)
    project = copied_examples()
    for change in changes:
        project = planted(project, change)

    result = project.run_cli("replay", "fixtures", "--format", "json")

    assert result.code == 1
    entries = {entry["path"]: entry for entry in result.report["histories"]}
    for change in changes:
        entry = entries[f"fixtures/{change.example}.json"]
        assert entry["verdict"] == change.verdict, (change, entry)
        recorded, new, text, number = blamed(entry)
        assert (recorded, new) == (change.recorded, change.new)
        assert text.startswith(change.line)
        source = project.files[f"examples/{change.example}/workflows.py"]
        assert isinstance(source, str)
        assert source.splitlines()[number - 1].strip() == text


def test_the_copied_examples_replay_clean_before_any_change_is_planted() -> None:
    project = copied_examples()
    for changes in TABLE.values():
        for change in changes:
            document = json.loads((ROOT / "fixtures" / change.fixture).read_text("utf-8"))
            document["events"] = document["events"][: change.events]
            name = f"fixtures/{change.example}-{Path(change.fixture).stem}.json"
            project = project.with_file(name, json.dumps(document))

    result = project.run_cli("replay", "fixtures")

    assert result.code == 0, result.stdout
