"""The README's commands are those that CI runs."""

from tests.docs.pages import ROOT, blocks

README = (ROOT / "README.md").read_text("utf-8")
CI = (ROOT / ".ci" / "run").read_text("utf-8")
INSTALL_AND_DEMO = "python3 -m venv .venv && . .venv/bin/activate && pip install -e '.[dev]' && replaykit demo"


def test_the_readme_has_the_two_commands_for_a_fresh_machine() -> None:
    shell = [block.text.strip() for block in blocks(README) if block.language == "sh"]
    assert shell[:2] == [INSTALL_AND_DEMO, "pytest"]


def test_ci_runs_the_commands_of_the_readme() -> None:
    # CI's environment has another place, its pip is quiet, and pytest is started by the interpreter it tests.
    ran = CI.replace('"$work/venv"', ".venv").replace('"$work/venv/bin/activate"', ".venv/bin/activate")
    lines = [line.strip().replace("pip install -q ", "pip install ") for line in ran.splitlines()]
    for command in INSTALL_AND_DEMO.split(" && "):
        assert command in lines
    assert any("-m pytest" in line for line in lines)


def test_the_readme_says_what_redaction_does_not_recognise() -> None:
    assert "names and free text. Look before you commit." in README


def test_the_readme_quotes_the_totals_that_the_benchmark_of_bugs_keeps() -> None:
    [quoted] = [block.text for block in blocks(README) if block.words == ("bugbench",)]
    kept = (ROOT / "tests" / "bugbench" / "README.md").read_text("utf-8")
    assert f"```text\n{quoted}```" in kept
