"""What a corpus holds, and exactly which lines of workflow code no history of it reaches."""

import re
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from replaykit.model.coverage import Gap
from replaykit.rules.gaps import gaps
from tests.corpora import APPROVALS, of_approval, shop, stored
from tests.project import Project, Result
from tests.stories import changed, line_of, settings, source

pytestmark = pytest.mark.long

APPROVAL = source("approval")
WAIT = "        await workflow.wait_condition(lambda: bool(self.decision))\n"
# What was decided is looked at, and no recorded decision was a no.
DECLINES = changed(
    APPROVAL,
    WAIT,
    f"""{WAIT}        if self.decision == "no":
            # Not worth a word.
            self.notes.clear()
            return "declined"
""",
)
ASKED = (
    APPROVAL
    + """
    @workflow.query
    def noted(self) -> int:
        return len(self.notes)

    @note.validator
    def check(self, text: str) -> None:
        if not text:
            raise ValueError("say something")


async def main() -> None:  # pragma: no cover
    print("a worker starts here")


if __name__ == "__main__":
    import asyncio
    asyncio.run(main())
"""
)


def counted(project: Project, *options: str) -> Result:
    return project.run_cli("corpus", "stats", "histories", "--format", "json", *options)


def only_file(result: Result) -> Any:  # noqa: ANN401 - any JSON
    [file] = result.report["coverage"]
    return file


def test_terminal_of_stats(snapshot: Callable[[str], None]) -> None:
    project = shop().with_file("approval.py", DECLINES)
    result = project.run_cli("corpus", "stats", "histories")
    snapshot(f"{result.stdout}{result.stderr}[exit {result.code}]\n")


@pytest.fixture(scope="module")
def narrow() -> str:
    """The statistics of the declining shop, on a terminal of 60 columns."""
    project = shop().with_file("approval.py", DECLINES)
    return project.run_cli("corpus", "stats", "histories", env={"COLUMNS": "60"}).stdout


def test_terminal_of_stats_where_it_is_narrow(narrow: str, snapshot: Callable[[str], None]) -> None:
    snapshot(narrow)


def test_markdown_of_stats(snapshot: Callable[[str], None]) -> None:
    project = shop().with_file("approval.py", DECLINES)
    snapshot(project.run_cli("corpus", "stats", "histories", "--format", "markdown").stdout)


def test_no_line_is_wider_than_the_terminal_and_none_is_coloured_without_one(narrow: str) -> None:
    minimized = shop().run_cli("corpus", "minimize", "histories", env={"COLUMNS": "60"}).stdout
    for shown in (narrow, minimized):
        wide = [line for line in shown.splitlines() if len(line) > 60]
        assert all(line.startswith(("Oldest open run: histories/", "Next:  ")) for line in wide), wide
        assert "\x1b" not in shown


def test_a_line_that_no_history_reaches_is_named_exactly() -> None:
    file = only_file(counted(of_approval(DECLINES)))
    first, last = line_of(DECLINES, "self.notes.clear()"), line_of(DECLINES, 'return "declined"')

    assert file["file"] == "approval.py"
    assert file["notReached"] == [{"first": first, "last": last, "text": "self.notes.clear()", "why": None}]
    assert (file["lines"] - file["linesReached"], file["branches"] - file["branchesReached"]) == (2, 1)
    # The way there is not taken either, which the lines say already.
    assert file["branchesNotReached"] == []


def test_a_branch_that_no_history_takes_is_named_where_no_line_is() -> None:
    text = changed(APPROVAL, WAIT, f'{WAIT}        if self.decision == "yes":\n            self.notes.clear()\n')
    file = only_file(counted(of_approval(text)))
    asked = line_of(text, 'if self.decision == "yes"')

    assert file["notReached"] == []
    assert file["branchesNotReached"] == [[asked, asked + 2]]
    shown = of_approval(text).run_cli("corpus", "stats", "histories").stdout
    assert f"  approval.py:{asked}→{asked + 2}  this branch\n" in shown


@pytest.fixture(scope="module")
def settled() -> Result:
    """The statistics of a corpus that reaches everything, found by the project's settings."""
    project = of_approval().with_file("pyproject.toml", settings("approval", histories=["histories"]))
    return project.run_cli("corpus", "stats")


def test_a_corpus_that_reaches_everything_says_so(settled: Result) -> None:
    result = settled

    assert re.search(r"^approval\.py +100% 21/21 +- 0/0$", result.stdout, re.MULTILINE)
    assert "Every line and branch of it is reached by some history." in result.stdout


def test_fewer_histories_reach_fewer_lines() -> None:
    without = of_approval(histories={name: stored(name) for name in APPROVALS if name != "approval-noted"})
    file = only_file(counted(without))

    first = line_of(APPROVAL, "self.notes.append(text)")
    assert [(gap["first"], gap["last"]) for gap in file["notReached"]] == [(first, first + 1)]


def test_activities_and_scripts_are_no_workflow_code_and_what_no_replay_runs_says_why() -> None:
    file = only_file(counted(of_approval(ASKED)))

    assert {gap["text"]: gap["why"] for gap in file["notReached"]} == {
        "return len(self.notes)": "a query handler: no replay runs it",
        "if not text:": "a validator: no replay runs it",
    }


def test_what_could_not_be_replayed_is_not_measured_and_counts_for_nothing() -> None:
    hanging = changed(APPROVAL, "await workflow.wait_condition(lambda: bool(self.decision))", "while True: pass")
    waiting = {"approval-waiting": stored("approval-waiting")}
    result = counted(of_approval(hanging, waiting), "--deadline", "1")

    assert [entry["problem"]["slug"] for entry in result.report["notReplayed"]] == ["deadline"]
    assert only_file(result)["linesReached"] > 0, "what importing runs is reached"
    assert line_of(hanging, "draft = await") in {
        line for gap in only_file(result)["notReached"] for line in range(gap["first"], gap["last"] + 1)
    }


def test_without_workflows_coverage_is_not_measured_rather_than_none() -> None:
    files = {name: text for name, text in of_approval().files.items() if name.startswith("histories/")}
    result = counted(Project(files))
    shown = Project(files).run_cli("corpus", "stats", "histories").stdout

    assert (result.code, result.report["coverage"], result.report["verdicts"]) == (0, None, {})
    assert [kind["histories"] for kind in result.report["types"]] == [3]
    assert "Coverage of workflow code: not measured (no workflows are configured)" in shown


def test_types_that_the_code_no_longer_has_are_stale() -> None:
    result = counted(of_approval(histories={"approval": stored("approval-done"), "tally": stored("tally")}))

    assert [entry["path"] for entry in result.report["stale"]["typeGone"]] == ["histories/tally.json"]
    assert result.report["notReplayed"] == []


def test_types_of_a_module_that_does_not_load_are_not_called_stale() -> None:
    histories = {"approval": stored("approval-done"), "order": stored("order-1")}
    project = of_approval(histories=histories)
    project = project.with_files(
        {"pyproject.toml": settings("approval", "order"), "order.py": "import nothing_there\n"}
    )
    result = counted(project)

    assert result.report["stale"]["typeGone"] == []
    assert [entry["path"] for entry in result.report["notReplayed"]] == ["histories/order.json"]
    assert [problem["slug"] for problem in result.report["problems"]] == ["workflows-unloadable"]
    for command in ("stats", "minimize"):
        shown = project.run_cli("corpus", command, "histories").stdout
        assert "Not loaded: The workflow module order does not import.\n" in shown


def test_runs_that_their_namespace_no_longer_keeps_are_stale_and_open_ones_are_not() -> None:
    old = counted(of_approval(), "--retention", "0")
    young = counted(of_approval(), "--retention", "36500")

    assert [entry["workflowId"] for entry in old.report["stale"]["expired"]] == ["approval-done"]
    assert young.report["stale"]["expired"] == []


def test_each_type_is_counted_whole() -> None:
    kinds = {kind["name"]: kind for kind in counted(shop()).report["types"]}

    assert kinds["Approval"]["statuses"] == {"open": 3, "completed": 1}
    assert kinds["Approval"]["shapes"][0] == {"steps": "ask_model", "histories": 2}
    assert kinds["Approval"]["oldestOpen"]["workflowId"] in {"approval-waiting", "approval-noted"}
    assert kinds["Greeting"]["patches"] == {"none": 1, "politer": 1, "politer (deprecated)": 1}
    assert kinds["Greeting"]["sdks"] == {"temporal-python 1.18.2": 3}
    assert kinds["Greeting"]["endedLast"] > kinds["Greeting"]["startedFirst"]
    assert kinds["Greeting"]["oldestOpen"] is None


def test_the_settings_of_the_project_say_where_its_corpus_is(settled: Result) -> None:
    assert settled.code == 0
    assert settled.stdout.endswith("Next:  replaykit corpus minimize histories\n")


@given(st.sets(st.integers(1, 30)), st.data())
def test_gaps_hold_every_missing_line_and_no_other_statement(missing: set[int], data: st.DataObject) -> None:
    reached = data.draw(st.sets(st.integers(1, 30))) - missing
    found = gaps(missing | reached, missing, [f" line {n}" for n in range(1, 31)])

    inside = {line for gap in found for line in range(gap.first, gap.last + 1)}
    assert missing <= inside
    assert not inside & reached
    assert all(gap.text == f"line {gap.first}" for gap in found)


def test_a_gap_says_why_no_replay_runs_it() -> None:
    assert gaps([1, 2, 5], [2, 5], ["a", "b", "", "", "e"], [(range(5, 7), "a query")]) == (Gap(2, 5, "b"),)
    assert gaps([1, 2, 5], [5], ["a", "b", "", "", "e"], [(range(5, 7), "a query")]) == (Gap(5, 5, "e", "a query"),)


def test_a_corpus_of_which_nothing_can_be_read_is_not_counted() -> None:
    result = Project({"histories/empty.json": ""}).run_cli("corpus", "stats", "histories")
    assert result.code == 3
    assert result.stdout.startswith("No history could be read: there is nothing to count.\n")
    assert "histories/empty.json is empty." in result.stdout
    assert "Next:" not in result.stdout
