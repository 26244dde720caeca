"""The action for GitHub does what its inputs say: its step is run here, as the runner would run it."""

import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.gate.repository import Repository
from tests.gate.test_gate_stories import ORDER, SWAPPED, of_order
from tests.project import ROOT, Result

pytestmark = pytest.mark.long

ACTION = ROOT / ".github/actions/replay-gate/action.yml"
WORKFLOW = ROOT / ".github/workflows/gate.yml"
INPUT = re.compile(r"\$\{\{ inputs\.([\w-]+) \}\}")


@dataclass(frozen=True, slots=True)
class Acted:
    """What a run of the action gave: its result, the job's summary, and its outputs."""

    result: Result
    summary: str
    outputs: dict[str, str]


def action() -> Any:  # noqa: ANN401 - any YAML
    return yaml.safe_load(ACTION.read_text("utf-8"))


def act(repository: Repository, place: Path, **inputs: str) -> Acted:
    """Run the action's one step with inputs, whose names have underscores here."""
    described = action()
    [step] = described["runs"]["steps"]
    given = {name.replace("_", "-"): value for name, value in inputs.items()}
    assert given.keys() <= described["inputs"].keys()
    values = {name: given.get(name, about["default"]) for name, about in described["inputs"].items()}

    def filled(text: str) -> str:
        return INPUT.sub(lambda found: values[found[1]], text)

    runner = place / "runner"
    runner.mkdir(exist_ok=True)
    files = {"GITHUB_STEP_SUMMARY": runner / "summary.md", "GITHUB_OUTPUT": runner / "output"}
    for file in files.values():
        file.write_text("")
    env = {name: filled(text) for name, text in step["env"].items()}
    assert "${{" not in step["run"], "what an input holds is never part of the script"
    result = repository.bash(
        step["run"],
        within=filled(step["working-directory"]),
        RUNNER_TEMP=str(runner),
        **env,
        **{name: str(file) for name, file in files.items()},
    )
    outputs = dict(line.split("=", 1) for line in files["GITHUB_OUTPUT"].read_text("utf-8").splitlines())
    return Acted(result, files["GITHUB_STEP_SUMMARY"].read_text("utf-8"), outputs)


def test_each_input_is_described_has_a_default_and_reaches_the_step() -> None:
    described = action()
    [step] = described["runs"]["steps"]
    used = set(INPUT.findall(ACTION.read_text("utf-8")))

    assert used == set(described["inputs"])
    assert all(about["description"] and isinstance(about["default"], str) for about in described["inputs"].values())
    wrote = set(re.findall(r'echo "([\w-]+)=\$', step["run"]))
    asked = {name: about["value"] for name, about in described["outputs"].items()}
    assert asked == {name: f"${{{{ steps.{step['id']}.outputs.{name} }}}}" for name in wrote}
    assert (described["runs"]["using"], step["shell"]) == ("composite", "bash")


def test_the_projects_own_pull_requests_use_it_with_inputs_that_it_has() -> None:
    steps = yaml.safe_load(WORKFLOW.read_text("utf-8"))["jobs"]["gate"]["steps"]
    [used] = [step for step in steps if str(step.get("uses", "")).startswith("./")]

    assert ROOT / used["uses"] / "action.yml" == ACTION
    assert used["with"].keys() <= action()["inputs"].keys()
    assert used["with"]["paths"] == "fixtures"


def test_a_change_that_breaks_nothing_passes(tmp_path: Path) -> None:
    repository = Repository.of(tmp_path, of_order())
    repository.write({"order.py": f"{ORDER}\n# A remark.\n"})
    acted = act(
        repository, tmp_path, base="main", paths="histories", min_coverage="0", require_fresh="9999d", drift="warn"
    )

    assert acted.result.code == 0, acted.result.stderr
    assert "- Holds: `--min-coverage 0`" in acted.summary
    assert "- Holds: `--require-fresh" in acted.summary
    assert "## Replay gate: passed" in acted.summary
    assert acted.outputs["exit-code"] == "0"
    assert all(Path(acted.outputs[name]).stat().st_size for name in ("sarif", "junit", "summary", "html"))
    assert "::error" not in acted.result.stdout


def test_a_change_that_is_blocked_ends_with_the_exit_code_of_the_gate(tmp_path: Path) -> None:
    files = {name.replace("histories", "old runs"): text for name, text in of_order().items()}
    files["src/order.py"] = files.pop("order.py")
    repository = Repository.of(tmp_path, {f"shops/one/{name}": text for name, text in files.items()})
    repository.write({"shops/one/src/order.py": SWAPPED, "shops/one/$(touch broken)/a.txt": ""})
    acted = act(
        repository,
        tmp_path,
        base="main",
        paths="old runs\n$(touch broken)\n",
        working_directory="shops/one",
        python_path="src",
        comment_file="out/comment.md",
    )

    assert acted.result.code == 1, acted.result.stderr
    assert acted.outputs["exit-code"] == "1"
    assert "### Blocked: `Order` (1 history)" in acted.summary
    assert acted.result.files["out/comment.md"] == acted.summary
    assert "::error file=shops/one/src/order.py,line=" in acted.result.stdout
    assert "broken" not in acted.result.files


def test_a_base_that_the_clone_does_not_hold_is_fetched(tmp_path: Path) -> None:
    origin = Repository.of(tmp_path, of_order())
    base = origin.git("rev-parse", "HEAD").strip()
    origin.write({"order.py": f"{ORDER}\n# A remark.\n"})
    origin.commit("remark")
    origin.git("clone", "--quiet", "--depth=1", f"file://{origin.directory}", str(tmp_path / "clone"))
    clone = Repository((tmp_path / "clone").resolve())
    acted = act(clone, tmp_path, base=base, paths="histories", annotations="false")

    assert acted.result.code == 0, acted.result.stderr
    assert f"against `{base} ({base[:9]})`" in acted.summary


def test_what_stops_the_gate_is_said_in_the_summary_and_is_no_pass(tmp_path: Path) -> None:
    repository = Repository.of(tmp_path, of_order())
    acted = act(repository, tmp_path, base="nowhere", paths="histories")

    assert acted.result.code == 2
    assert "## Replay gate: not run (exit code 2)" in acted.summary
    assert "    The repository has no revision 'nowhere'." in acted.summary
    assert set(acted.outputs) == {"exit-code", "summary"}
    assert "has no revision" in acted.result.stderr
