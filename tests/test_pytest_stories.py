"""Histories as tests: what a user of pytest expects of options, ids, reports and exit codes."""

import re
from collections.abc import Mapping
from xml.etree import ElementTree as ET

import pytest

from tests.project import Project, Result
from tests.stories import before, changed, project, settings, source, swapped

ORDER = source("order")
APPROVAL = source("approval")
TALLY = source("tally")
WAIT = "await workflow.wait_condition(lambda: bool(self.decision))"
GATE = ("--replay-histories", "histories", "-p", "no:cacheprovider")
OWN_TEST = "def test_of_the_team() -> None:\n    assert True\n"


@pytest.fixture(scope="module")
def shop(recorded: Mapping[str, str]) -> Project:
    """Three workflows, a history of each, a test of the team's own; all of it clean."""
    modules = {"order": ORDER, "approval": APPROVAL, "tally": TALLY}
    histories = {name: recorded[name] for name in ("order-1", "approval-waiting", "tally-continued")}
    return project(modules, histories).with_file("test_team.py", OWN_TEST)


@pytest.fixture(scope="module")
def broken(shop: Project) -> Project:
    """The same with swapped steps, a wait replaced by return, and another argument of continue-as-new."""
    return shop.with_files(
        {
            "order.py": swapped(ORDER, "(charge, args", "(reserve, order,"),
            "approval.py": changed(APPROVAL, WAIT, "return draft"),
            "tally.py": changed(TALLY, "continue_as_new(counted)", "continue_as_new(counted + 1)"),
        }
    )


@pytest.fixture(scope="module")
def failed(broken: Project) -> Result:
    """What the gate says of the broken shop, to a person and to a machine."""
    return broken.run_pytest(*GATE, "--junitxml", "report.xml")


def outcomes(output: str) -> dict[str, str]:
    """Read `-v`'s lines: test id → PASSED, FAILED, …."""
    return dict(re.findall(r"^(\S+::\S+) (PASSED|FAILED|ERROR|SKIPPED)", output, re.MULTILINE))


def test_each_history_is_one_test_named_by_type_and_workflow_id(shop: Project) -> None:
    result = shop.run_pytest(*GATE, "-v")
    assert outcomes(result.stdout) == {
        "histories/approval-waiting.json::Approval[approval-waiting]": "PASSED",
        "histories/order-1.json::Order[order-1]": "PASSED",
        "histories/tally-continued.json::Tally[tally]": "PASSED",
        "test_team.py::test_of_the_team": "PASSED",
    }
    assert "3 histories replayed: 3 clean, 0 drifted, 0 diverged, 0 inconclusive" in result.stdout
    assert result.code == 0


def test_divergence_fails_its_test_with_the_finding_and_drift_only_warns(failed: Result) -> None:
    result = failed
    assert "1 failed" not in result.stdout
    assert "2 failed, 2 passed, 1 warning" in result.stdout
    assert "at step 1   activity charge #1" in result.stdout
    assert "Temporal's own Replayer passes this change in silence." in result.stdout
    assert "Reproduce with:  replaykit replay histories/order-1.json -v" in result.stdout
    assert "ReplayDriftWarning" in result.stdout
    assert "input[0]   1 → 2" in result.stdout
    assert "FAILED histories/order-1.json::Order[order-1] - diverged at step 1" in result.stdout
    assert "Traceback" not in result.stdout
    assert result.code == 1


@pytest.mark.parametrize(("policy", "code", "warned"), [("fail", 1, False), ("ignore", 0, False)])
def test_drift_fails_or_is_ignored_as_the_option_says(
    policy: str, code: int, warned: bool, broken: Project  # noqa: FBT001 - expected
) -> None:  # fmt: skip
    result = broken.run_pytest(*GATE, "--replay-drift", policy, "-k", "Tally")
    assert result.code == code
    assert ("ReplayDriftWarning" in result.stdout) is warned
    assert "1 drifted" in result.stdout


@pytest.mark.long
def test_drift_follows_the_project_s_settings_unless_the_option_says_otherwise(broken: Project) -> None:
    strict = broken.with_file("pyproject.toml", settings("order", "approval", "tally", drift="fail"))
    assert strict.run_pytest(*GATE, "-k", "Tally", "-q").code == 1
    assert strict.run_pytest(*GATE, "-k", "Tally", "-q", "--replay-drift", "warn").code == 0


def test_k_selects_histories_by_type_and_id(broken: Project) -> None:
    result = broken.run_pytest(*GATE, "-v", "-k", "order-1")
    assert outcomes(result.stdout) == {"histories/order-1.json::Order[order-1]": "FAILED"}
    assert "3 deselected" in result.stdout


def test_a_test_id_selects_one_history(broken: Project) -> None:
    result = broken.run_pytest(*GATE, "-v", "histories/tally-continued.json::Tally[tally]")
    assert outcomes(result.stdout) == {"histories/tally-continued.json::Tally[tally]": "PASSED"}


def test_x_stops_at_the_first_divergence(broken: Project) -> None:
    result = broken.run_pytest(*GATE, "-x")
    assert "stopping after 1 failures" in result.stdout
    assert "1 failed" in result.stdout
    assert result.code == 1


def test_lf_replays_what_failed_the_last_time(broken: Project) -> None:
    gate = GATE[:2]
    first = broken.run_pytest(*gate, "-q")
    mended = Project(first.files).with_file("approval.py", APPROVAL)
    result = mended.run_pytest(*gate, "-v", "--lf")
    assert outcomes(result.stdout) == {
        "histories/approval-waiting.json::Approval[approval-waiting]": "PASSED",
        "histories/order-1.json::Order[order-1]": "FAILED",
    }


def test_q_is_quiet(shop: Project) -> None:
    result = shop.run_pytest(*GATE, "-q")
    assert result.stdout.splitlines()[0].startswith("....")
    assert "4 passed" in result.stdout
    assert len(result.stdout.splitlines()) < 8


@pytest.mark.long
def test_two_xdist_workers_find_the_same_as_one(broken: Project) -> None:
    result = broken.run_pytest(*GATE, "-n", "2")
    assert "2 failed, 2 passed, 1 warning" in result.stdout
    assert "3 histories replayed: 0 clean, 1 drifted, 2 diverged, 0 inconclusive" in result.stdout
    assert "at step 1   activity charge #1" in result.stdout
    assert result.code == 1


def test_junit_xml_holds_verdict_and_finding(failed: Result) -> None:
    suite = ET.fromstring(failed.files["report.xml"])  # noqa: S314 - our own run wrote it a moment ago
    cases = {case.attrib["name"]: case for case in suite.iter("testcase")}
    verdicts = {
        name: [entry.attrib["value"] for entry in case.iter("property") if entry.attrib["name"] == "replay_verdict"]
        for name, case in cases.items()
    }
    assert verdicts == {
        "Approval[approval-waiting]": ["diverged"],
        "Order[order-1]": ["diverged"],
        "Tally[tally]": ["drifted"],
        "test_of_the_team": [],
    }
    [failure] = cases["Order[order-1]"].iter("failure")
    assert failure.attrib["message"].startswith("diverged at step 1")
    assert "activity charge #1" in (failure.text or "")


def test_bad_files_fail_their_own_tests_only(shop: Project) -> None:
    spoiled = shop.with_files({"histories/cut.json": '{"events": [', "histories/rubbish.json": bytes(range(256))})
    result = spoiled.run_pytest(*GATE, "-v")
    assert outcomes(result.stdout) == {
        "histories/approval-waiting.json::Approval[approval-waiting]": "PASSED",
        "histories/cut.json::history[cut]": "FAILED",
        "histories/order-1.json::Order[order-1]": "PASSED",
        "histories/rubbish.json::history[rubbish]": "FAILED",
        "histories/tally-continued.json::Tally[tally]": "PASSED",
        "test_team.py::test_of_the_team": "PASSED",
    }
    assert "is cut short" in result.stdout
    assert "Traceback" not in result.stdout


@pytest.mark.long
def test_a_workflow_that_hangs_fails_its_own_test_within_the_deadline(shop: Project) -> None:
    hanging = shop.with_file("tally.py", before(TALLY, "counted = await", "while True: pass"))
    result = hanging.run_pytest(*GATE, "--replay-deadline", "4")
    assert "The replay did not end within 4 seconds." in result.stdout
    assert "1 failed, 3 passed" in result.stdout


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"pyproject.toml": settings()}, "No workflows are configured"),
        ({"pyproject.toml": "[tool.replaykit]\nworkflow = []\n"}, "unknown key: workflow."),
    ],
)
def test_wrong_settings_are_usage_errors(change: dict[str, str], said: str, shop: Project) -> None:
    result = shop.with_files(change).run_pytest(*GATE)
    assert result.code == 4
    assert said in result.stderr
    assert "INTERNALERROR" not in result.stdout + result.stderr


def test_a_module_that_does_not_import_is_told_once_a_history_without_a_crash(shop: Project) -> None:
    unloadable = shop.with_files(dict.fromkeys(("order.py", "approval.py", "tally.py"), "1 / 0\n"))
    result = unloadable.run_pytest(*GATE)
    assert "does not import" in result.stdout
    assert "ZeroDivisionError" in result.stdout
    assert "INTERNALERROR" not in result.stdout
    assert result.code == 1


def test_a_directory_without_histories_passes_for_nothing(shop: Project) -> None:
    result = shop.with_file("empty/", "").run_pytest("--replay-histories", "empty")
    assert result.code == 4
    assert "No history was found in empty." in result.stderr


def test_json_files_are_left_alone_where_the_option_is_absent(shop: Project) -> None:
    result = shop.run_pytest("-v", "-p", "no:cacheprovider")
    assert outcomes(result.stdout) == {"test_team.py::test_of_the_team": "PASSED"}
