"""The benchmark of versioning bugs stays true: every verdict, every blamed step, and what is still missed."""

import asyncio
import json
from collections import Counter
from dataclasses import replace
from pathlib import Path

import pytest

from tests.bugbench.case import Expected
from tests.bugbench.cases import CASES
from tests.bugbench.kept import README, kept, quoted
from tests.bugbench.project import HISTORIES, changed_source, project_files
from tests.bugbench.run import rows_of
from tests.bugbench.scenario import Scenario
from tests.bugbench.scenarios import SCENARIOS
from tests.bugbench.source import edited
from tests.bugbench.table import Row, totals_of
from tests.project import Project

pytestmark = pytest.mark.long

# Verdicts that replaykit still gets wrong, each with the reason; an improvement takes its line away.
KNOWN_MISSES = {
    "local-input": "unverifiable: the marker of a local activity carries no input; replaykit lists it as unverified",
    "signal-handler-removed-without-step": "unverifiable: no history tells whether a signal had a handler; replaykit "
    "lists a signal that has none as unverified",
}
# Right verdicts with the wrong step.
KNOWN_MISBLAMES: dict[str, str] = {}


@pytest.fixture(scope="module")
def rows() -> dict[str, Row]:
    answers = kept()
    judged = asyncio.run(rows_of(CASES, sdk=False))
    return {row.case.name: replace(row, sdk=answers.get(row.case.name, "")) for row in judged}


def test_every_case_gets_the_expected_verdict_but_the_known_misses(rows: dict[str, Row]) -> None:
    wrong = {name: (row.said.verdict, row.said.detail) for name, row in rows.items() if not row.right}

    assert set(wrong) == set(KNOWN_MISSES), wrong


def test_what_no_history_can_tell_is_listed_as_unverified(rows: dict[str, Row]) -> None:
    for name, what in (("local-input", "input"), ("signal-handler-removed-without-step", "signal `comment`")):
        assert name in KNOWN_MISSES
        assert what in rows[name].said.detail, rows[name].said.detail
    assert "signal `wave`" in rows["unchanged-desk-strange-signal"].said.detail
    assert "signal" not in rows["unchanged-desk-commented"].said.detail


def test_every_finding_blames_the_right_step_but_the_known_ones(rows: dict[str, Row]) -> None:
    wrong = {name: row.said.blamed for name, row in rows.items() if row.blame is False}

    assert set(wrong) == set(KNOWN_MISBLAMES), wrong


def test_totals_count_what_the_rows_say(rows: dict[str, Row]) -> None:
    totals = totals_of(list(rows.values()))

    assert sum(count.total for count in totals.replaykit.values()) == len(CASES)
    assert sum(count.total - count.right for count in totals.replaykit.values()) == len(KNOWN_MISSES)
    assert totals.blame.total - totals.blame.right == len(KNOWN_MISBLAMES)


def test_the_readme_quotes_the_totals(rows: dict[str, Row]) -> None:
    """Refresh: python -m tests.bugbench --keep."""
    assert kept().keys() == rows.keys()
    assert quoted(list(rows.values())) in README.read_text("utf-8")


@pytest.mark.deep
def test_the_sdk_s_replayer_still_answers_as_kept() -> None:
    assert {row.case.name: row.sdk for row in asyncio.run(rows_of(CASES, sdk=True))} == kept()


def test_histories_after_a_divergence_that_core_hides_get_their_own_verdicts() -> None:
    """Core fell silent on the history after such a one, which was called inconclusive."""
    hiding = [case for case in CASES if case.change_class == "worker hides non-determinism errors"]
    failing = [case for case in hiding if case.expected is Expected.MUST_FAIL and not case.factory]
    after = next(case for case in CASES if case.name == "unchanged-desk")

    result = Project(project_files([*failing, after])).run_cli(
        "replay", "histories", "--processes", "1", "--seeds", "1", "--format", "json"
    )

    verdicts = {Path(entry["path"]).stem: entry["verdict"] for entry in result.report["histories"]}
    assert verdicts == {**dict.fromkeys((case.name for case in failing), "diverged"), after.name: "clean"}


def test_the_benchmark_has_the_promised_size_and_no_case_twice() -> None:
    counts = Counter(case.expected for case in CASES)

    assert counts[Expected.MUST_FAIL] + counts[Expected.MUST_WARN] >= 120
    assert counts[Expected.MUST_PASS] >= 40
    assert len({case.name for case in CASES}) == len(CASES)


def test_every_case_changes_the_recorded_code_unless_it_says_so() -> None:
    recorded = {scenario.name: edited(scenario.base, scenario.edits) for scenario in SCENARIOS}
    bases = {scenario.name: scenario.base for scenario in SCENARIOS}

    for case in CASES:
        same = edited(bases[case.scenario], case.edits) == recorded[case.scenario]
        steady = "same code" in case.change_class or case.scenario.startswith("tour-")
        assert same == steady or case.note, case.name
        compile(changed_source(case), case.name, "exec")


@pytest.mark.parametrize("scenario", SCENARIOS, ids=lambda scenario: scenario.name)
def test_every_history_is_recorded_used_and_free_of_places(scenario: Scenario) -> None:
    text = (HISTORIES / f"{scenario.name}.json").read_text("utf-8")

    assert json.loads(text)["replaykit"]["workflowId"] == scenario.name
    assert any(case.scenario == scenario.name for case in CASES)
    assert "stackTrace" not in text
    assert str(Path.home()) not in text
    assert {path.stem for path in HISTORIES.glob("*.json")} == {scenario.name for scenario in SCENARIOS}
