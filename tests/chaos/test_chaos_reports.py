"""A sweep's report on the terminal, as JSON and as JUnit."""

import json
from collections.abc import Callable
from dataclasses import replace
from xml.etree import ElementTree as ET

from hypothesis import given
from hypothesis import strategies as st

from replaykit.model.chaos import Strike
from replaykit.model.chaos_report import ChaosReport, Held, Judged
from replaykit.report.chaos_html import chaos_html
from replaykit.report.chaos_json import chaos_json
from replaykit.report.chaos_junit import chaos_junit
from replaykit.report.chaos_text import closing_lines, finding_lines, report_lines
from replaykit.report.chaos_timeline import timeline_lines
from replaykit.report.paint import PLAIN, Paint
from replaykit.rules.chaos.plan_file import from_document
from tests.chaos.reports import CHARGE, COMMAND, COMMANDS, UNSHOWN, a_report, run, spoilt


def terminal(report: ChaosReport, commands: tuple[str, ...], *, width: int = 100) -> str:
    lines = [*report_lines(report, width=width, paint=PLAIN, verbose=True)]
    for finding, command in zip(report.findings, commands, strict=True):
        lines += ["", *finding_lines(finding, reproduce=command, paint=PLAIN)]
    lines += ["", *closing_lines(report, following="replaykit chaos examples/order_saga")]
    return "\n".join(lines) + "\n"


def test_terminal_of_a_sweep(snapshot: Callable[[str], None]) -> None:
    snapshot(terminal(a_report(), COMMANDS))


def test_terminal_of_a_sweep_where_all_held(snapshot: Callable[[str], None]) -> None:
    report = replace(a_report(), judged=a_report().judged[:1], findings=(), equivalences=(), unverified=())
    snapshot(terminal(report, ()))


def test_terminal_of_a_run_explained(snapshot: Callable[[str], None]) -> None:
    snapshot("\n".join(timeline_lines(a_report().judged[1], paint=PLAIN)) + "\n")


def test_columns_that_a_narrow_terminal_has_no_room_for_stand_below() -> None:
    crash = a_report().judged[1]
    groups = [
        Strike(CHARGE, name) for name in ("error_before", "cancel_before", "signal_before", "zombie", "kill_task")
    ]
    report = replace(a_report(), judged=(crash, *(Judged(run(strike), Held.SAME) for strike in groups)), findings=())
    lines = list(report_lines(report, width=60, paint=PLAIN, verbose=True))
    matrix = [line for line in lines if "activity charge #1" in line]
    assert len(matrix) > 1
    assert all(len(line) <= 60 for line in matrix)
    assert sum("✗ DUP" in line for line in matrix) == 1
    assert sum(line.count("·") for line in matrix) == len(groups)


def test_the_input_that_a_finding_needs_is_told_in_every_form() -> None:
    finding = a_report().findings[0]
    given = replace(finding.result, plan=replace(finding.result.plan, given='["order-17", 101]'))
    report = replace(a_report(), findings=(replace(finding, result=given),))
    assert '  input    ["order-17", 101]' in terminal(report, (COMMAND,))
    document = chaos_json(report, commands=(COMMAND,), exit_code=1)
    assert document["findings"][0]["plan"]["input"] == ["order-17", 101]
    assert "input [&quot;order-17&quot;, 101]" in chaos_html(report, commands=(COMMAND,))
    assert "input [&quot;order-17&quot;, 101]" in chaos_junit(report, commands=(COMMAND,))


def test_the_strike_is_marked_in_colour() -> None:
    lines = [line for line in timeline_lines(a_report().judged[1], paint=Paint(on=True)) if "⚡" in line]
    assert len(lines) == 1
    assert lines[0].startswith("\x1b[31;1m")


def test_ledger_rows_without_a_start_to_count_from_come_last() -> None:
    judged = replace(a_report().judged[1], result=replace(a_report().judged[1].result, began=0.0))
    lines = list(timeline_lines(judged, paint=PLAIN))
    assert ["$" in line for line in lines] == [False] * 5 + [True, True, False, True]


@given(st.text())
def test_no_text_of_a_run_steers_the_terminal(text: str) -> None:
    report = spoilt(text)
    shown = terminal(report, (COMMAND,)) + "\n".join(timeline_lines(report.judged[0], paint=PLAIN))
    assert all(line.isprintable() for line in shown.split("\n"))


def test_json_reads_back_with_every_plan() -> None:
    report = a_report()
    document = json.loads(json.dumps(chaos_json(report, commands=COMMANDS, exit_code=1)))
    plans = [from_document(each["plan"], source="report") for each in document["runs"]]
    assert plans == [judged.result.plan for judged in report.judged]
    assert from_document(document["findings"][0]["plan"], source="report") == report.findings[0].result.plan
    assert [each["command"] for each in document["findings"]] == list(COMMANDS)
    assert document["counts"] == {
        "boundaries": 3, "enumerated": 6, "singles": 4, "fired": 5, "pruned": 3, "unreachable": 1,
        "findings": 2, "replayed": 4, "held": {"compensated": 1, "same": 2},
    }  # fmt: skip
    assert [each["timeline"] is None for each in document["runs"]] == [True, False, False, False, True, True]
    assert [row["at"] for row in document["runs"][1]["ledger"]] == [0.2, 0.34]


def test_no_result_or_failure_text_is_in_any_report() -> None:
    report = a_report()
    document = json.dumps(chaos_json(report, commands=COMMANDS, exit_code=1))
    assert UNSHOWN not in document + chaos_junit(report, commands=COMMANDS) + terminal(report, COMMANDS)


def test_junit_has_a_case_each_plan_and_the_right_counts() -> None:
    report = a_report()
    [suite] = ET.fromstring(chaos_junit(report, commands=COMMANDS))  # noqa: S314 - our own text
    assert {name: suite.get(name) for name in ("tests", "failures", "errors", "skipped")} == {
        "tests": "6", "failures": "1", "errors": "1", "skipped": "1",
    }  # fmt: skip
    assert [case.get("name") for case in suite.iter("testcase")] == [str(each.result.plan) for each in report.judged]
    failure = next(suite.iter("failure"))
    assert failure.get("type") == "duplicated"
    assert f"Reproduce with:  {COMMAND}" in (failure.text or "")


def test_junit_has_a_case_for_a_smaller_plan_that_only_shrinking_ran() -> None:
    report = a_report()
    report = replace(report, judged=report.judged[:1], findings=report.findings[:1])
    [suite] = ET.fromstring(chaos_junit(report, commands=COMMANDS[:1]))  # noqa: S314 - our own text
    assert (suite.get("tests"), suite.get("failures")) == ("2", "1")


@given(st.text())
def test_junit_parses_whatever_the_texts(text: str) -> None:
    [suite] = ET.fromstring(chaos_junit(spoilt(text), commands=[text]))  # noqa: S314 - our own text
    assert suite.get("failures") == "1"
    assert {each.tag for each in suite.iter()} == {"testsuite", "properties", "property", "testcase", "failure"}


def test_a_run_that_held_passes_in_junit() -> None:
    report = replace(a_report(), judged=(Judged(run(), None),), findings=())
    [suite] = ET.fromstring(chaos_junit(report, commands=()))  # noqa: S314 - our own text
    assert (suite.get("failures"), suite.get("errors"), suite.get("skipped")) == ("0", "0", "0")
