"""The recipes of docs/reference/gate.md are run as they stand there."""

import re
import shlex
from pathlib import Path

import pytest
import yaml

from tests.gate.repository import Repository
from tests.gate.test_gate_action import action
from tests.gate.test_gate_stories import ORDER, SWAPPED, of_order
from tests.project import ROOT

pytestmark = pytest.mark.long

PAGE = (ROOT / "docs" / "reference" / "gate.md").read_text("utf-8")
CHANGES = ((0, f"{ORDER}\n# A remark.\n"), (1, SWAPPED))


def recipe(name: str) -> str:
    """Return the block of the page that has a name."""
    [found] = re.findall(rf"<!-- {name} -->\n\n```\w+\n(.*?)```", PAGE, re.DOTALL)
    return str(found)


@pytest.fixture
def cloned(tmp_path: Path) -> Repository:
    """A shop on a branch of its own, whose origin holds the base."""
    repository = Repository.of(tmp_path, of_order())
    repository.git("remote", "add", "origin", f"file://{repository.directory}")
    repository.git("fetch", "--quiet", "origin")
    repository.git("switch", "--quiet", "--create", "change")
    return repository


@pytest.mark.parametrize(("code", "text"), CHANGES)
def test_the_recipe_for_a_shell(cloned: Repository, code: int, text: str) -> None:
    cloned.write({"order.py": text})
    result = cloned.bash(recipe("shell"))

    assert result.code == code, result.stderr
    assert result.files["out/gate.md"] in result.stdout
    assert "out/gate.xml" in result.files


@pytest.mark.parametrize(("code", "text"), CHANGES)
def test_the_recipe_for_gitlab(cloned: Repository, code: int, text: str) -> None:
    job = yaml.safe_load(recipe("gitlab"))["replay-gate"]
    cloned.write({"order.py": text})
    base = cloned.git("rev-parse", "main").strip()
    result = cloned.bash("\n".join(job["script"]), CI_MERGE_REQUEST_DIFF_BASE_SHA=base)

    assert result.code == code, result.stderr
    assert {*job["artifacts"]["paths"], job["artifacts"]["reports"]["junit"]} <= result.files.keys()
    assert job["artifacts"]["when"] == "always"


def test_the_hook_of_pre_commit(cloned: Repository) -> None:
    [repo] = yaml.safe_load(recipe("pre-commit"))["repos"]
    [hook] = repo["hooks"]
    assert (repo["repo"], hook["language"], hook["pass_filenames"]) == ("local", "system", False)
    cloned.write({"order.py": SWAPPED})
    result = cloned.bash(shlex.join(shlex.split(hook["entry"])))

    assert result.code == 1, result.stderr
    assert "1 blocked" in result.stdout


def test_the_recipe_for_github_gives_inputs_and_takes_outputs_that_the_action_has() -> None:
    # PyYAML reads `on` as true.
    [job] = yaml.safe_load(recipe("github"))["jobs"].values()
    [used] = [step for step in job["steps"] if str(step.get("uses", "")).startswith("./")]
    described = action()

    assert (ROOT / used["uses"] / "action.yml").is_file()
    assert used["with"].keys() <= described["inputs"].keys()
    assert set(re.findall(rf"steps\.{used['id']}\.outputs\.([\w-]+)", recipe("github"))) <= described["outputs"].keys()
    told = PAGE.partition("Other inputs:")[2].partition("describes each")[0]
    assert set(re.findall(r"`([a-z-]+)`", told)) | used["with"].keys() == described["inputs"].keys()
