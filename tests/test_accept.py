"""Accepted drift: what an entry covers, what it does to a verdict, and that a stale entry is named."""

from collections.abc import Mapping

import pytest

from replaykit.errors import ConfigInvalid
from replaykit.model.finding import Change, Drift
from replaykit.model.step import Step, StepKey, StepKind
from replaykit.rules.accept import parse, without_accepted
from tests.project import Project
from tests.stories import changed, settings, source


def drift(*paths: str, kind: StepKind = StepKind.ACTIVITY, name: str = "call") -> Drift:
    step = Step(StepKey(kind, name, 1), 1)
    return Drift(1, step, step, tuple(Change(path, "1", "2") for path in paths))


@pytest.mark.parametrize(
    ("entry", "path"),
    [
        ("activity:call input[1].temperature", "input[1].temperature"),
        ("activity:call input.temperature", "input[0].temperature"),
        ("activity:call input[1]", "input[1].messages[0].content"),
        ("activity:call input", "input[0]"),
        ("activity:call input[*].messages[*].content", "input[1].messages[2].content"),
        ("activity:* startToCloseTimeout", "startToCloseTimeout"),
        ("Order/activity:call summary", "summary"),
    ],
)
def test_an_entry_covers_its_path_and_what_lies_below(entry: str, path: str) -> None:
    assert without_accepted([drift(path)], parse([entry]), workflow_type="Order") == ((), (entry,))


@pytest.mark.parametrize(
    "entry",
    [
        "activity:other input.temperature",
        "local activity:call input.temperature",
        "activity:call input.temp",
        "activity:call input[1].temperature",
        "Refund/activity:call input.temperature",
    ],
)
def test_an_entry_covers_no_other_step_path_or_workflow(entry: str) -> None:
    kept = drift("input[0].temperature")
    assert without_accepted([kept], parse([entry]), workflow_type="Order") == ((kept,), ())


def test_a_drift_keeps_the_changes_that_are_not_accepted() -> None:
    [left], used = without_accepted(
        [drift("input[0].a", "input[0].b")], parse(["activity:call input.a"]), workflow_type="Order"
    )
    assert [change.path for change in left.changes] == ["input[0].b"]
    assert used == ("activity:call input.a",)


@pytest.mark.parametrize("entry", ["", "activity", "activity:call", "stepping:call input", "call input.a"])
def test_an_entry_of_another_form_is_a_configuration_error(entry: str) -> None:
    with pytest.raises(ConfigInvalid):
        parse([entry])


def accepting(histories: Mapping[str, str], *entries: str) -> Project:
    files = {f"histories/{name}.json": text for name, text in histories.items()}
    order = changed(source("order"), "milliseconds=50", "minutes=5")
    return Project({**files, "order.py": order, "pyproject.toml": settings("order", accept=list(entries))})


def test_an_accepted_drift_is_clean_and_a_stale_entry_is_named(recorded: Mapping[str, str]) -> None:
    histories = {"order-1": recorded["order-1"]}

    accepted = accepting(histories, "timer: duration", "activity:gone input").run_cli("replay", "histories")
    drifted = accepting(histories).run_cli("replay", "histories")

    assert accepted.code == 0, accepted.stdout
    assert 'Stale:  accept = ["activity:gone input"] covers nothing' in accepted.stdout
    assert "timer: duration" not in accepted.stdout
    assert drifted.code == 1
    assert 'accept = ["timer: duration"]' in drifted.stdout


def test_pytest_passes_an_accepted_drift_and_names_a_stale_entry(recorded: Mapping[str, str]) -> None:
    project = accepting({"order-1": recorded["order-1"]}, "timer: duration", "activity:gone input")

    result = project.run_pytest("--replay-histories", "histories", "--replay-drift", "fail")

    assert result.code == 0, result.stdout
    assert 'Stale:  accept = ["activity:gone input"] covers nothing' in result.stdout
    assert "timer: duration" not in result.stdout
