"""Requests that change the other side are effects without any declaration, and obey the rules of declared ones."""

from pathlib import Path
from typing import Any

import httpx2
import pytest
from temporalio import activity

from replaykit import Scenario, effect, use_cassette
from replaykit.model.chaos import FaultPlan, RunResult
from replaykit.model.chaos_report import Violation
from replaykit.rules.chaos.invariants import judge_run
from tests.cassettes.web import Web
from tests.chaos.asking import Asking
from tests.chaos.runs import plan, request, run_all, step

pytestmark = pytest.mark.long


class Shop:
    """Activities that send requests to a server."""

    def __init__(self, url: str) -> None:
        self._url = url

    @activity.defn
    def charge(self, text: str) -> str:
        return httpx2.post(f"{self._url}/echo?token=s3cr3t", json={"order": text}).text

    @activity.defn
    def charge_with_key(self, text: str) -> str:
        key = f"{activity.info().workflow_id}/charge"
        return httpx2.post(f"{self._url}/echo", json={"order": text}, headers={"Idempotency-Key": key}).text

    @activity.defn
    def charge_with_key_of_attempt(self, text: str) -> str:
        key = f"{activity.info().workflow_id}/{activity.info().attempt}"
        return httpx2.post(f"{self._url}/echo", json={"order": text}, headers={"Idempotency-Key": key}).text

    @activity.defn
    def charge_what_changes(self, text: str) -> str:
        body = {"order": text, "attempt": activity.info().attempt}
        return httpx2.post(f"{self._url}/echo", json=body, headers={"Idempotency-Key": "one"}).text

    @activity.defn
    def read(self, _text: str) -> str:
        return httpx2.get(f"{self._url}/text").text

    @activity.defn
    def be_refused(self, text: str) -> str:
        return str(httpx2.post(f"{self._url}/later", json={"order": text}).status_code)

    @activity.defn
    def declared(self, text: str) -> str:
        with effect("charge", key=text, idempotency_key=text):
            return httpx2.post(f"{self._url}/echo", json={"order": text}).text

    @activity.defn
    def notify_three(self, text: str) -> str:
        for number in range(3):
            httpx2.post(f"{self._url}/echo", json={"to": number, "text": text})
        return "done"

    @property
    def all(self) -> list[Any]:
        """The activities."""
        names = [name for name in vars(Shop) if not name.startswith("_") and name != "all"]
        return [getattr(self, name) for name in names]


def scenario_of(name: str, site: Web, **more: Any) -> Scenario:  # noqa: ANN401 - options by name
    """Make the scenario of one activity."""
    return Scenario(workflow=Asking, args=[name, "17"], activities=Shop(site.url).all, **more)


def rows(result: RunResult) -> list[tuple[str, str, bool]]:
    """Tell the rows of the ledger."""
    return [(e.name, e.key.replace(result.workflow_id, "W"), e.committed) for e in result.effects]


def violations(name: str, site: Web, directory: Path, under: FaultPlan) -> list[str]:
    """Run an activity with and without a fault, and tell what did not hold."""
    scenario = scenario_of(name, site)
    baseline, result = run_all(scenario, directory, [FaultPlan(), under])
    return [finding.violation.value for finding in judge_run(result, baseline, scenario).findings]


CRASH = "crash_after"


def test_request_that_changes_something_is_an_effect_of_its_step(site: Web, tmp_path: Path) -> None:
    [result] = run_all(scenario_of("charge", site), tmp_path, [FaultPlan()])
    key = "W/activity charge #1"
    assert rows(result) == [("POST localhost/echo", key, False), ("POST localhost/echo", key, True)]
    assert len({each.input for each in result.effects} - {""}) == 1


@pytest.mark.parametrize("name", ["read", "be_refused"])
def test_reading_and_being_refused_commit_nothing(name: str, site: Web, tmp_path: Path) -> None:
    [result] = run_all(scenario_of(name, site), tmp_path, [FaultPlan()])
    assert result.committed == ()
    assert bool(result.effects) == (name == "be_refused")


def test_request_without_a_key_is_done_twice_after_a_crash(site: Web, tmp_path: Path) -> None:
    assert violations("charge", site, tmp_path, plan(step("charge"), CRASH)) == [Violation.DUPLICATED]


def test_idempotency_key_that_stays_makes_one_effect(site: Web, tmp_path: Path) -> None:
    assert violations("charge_with_key", site, tmp_path, plan(step("charge_with_key"), CRASH)) == []


def test_idempotency_key_of_an_attempt_makes_two(site: Web, tmp_path: Path) -> None:
    under = plan(step("charge_with_key_of_attempt"), CRASH)
    assert violations("charge_with_key_of_attempt", site, tmp_path, under) == [Violation.DUPLICATED]


def test_one_idempotency_key_with_two_bodies_is_a_changed_input(site: Web, tmp_path: Path) -> None:
    under = plan(step("charge_what_changes"), CRASH)
    assert Violation.CHANGED_INPUT in violations("charge_what_changes", site, tmp_path, under)


def test_many_requests_of_one_step_are_right_as_often_as_in_the_baseline(site: Web, tmp_path: Path) -> None:
    assert violations("notify_three", site, tmp_path, plan(step("notify_three"), "crash_before")) == []


def test_crash_between_two_requests_repeats_what_was_done(site: Web, tmp_path: Path) -> None:
    under = plan(request("notify_three", 3), "crash_between")
    assert violations("notify_three", site, tmp_path, under) == [Violation.DUPLICATED]


def test_request_inside_a_declared_effect_is_that_effect(site: Web, tmp_path: Path) -> None:
    [result] = run_all(scenario_of("declared", site), tmp_path, [FaultPlan()])
    assert rows(result) == [("charge", "17", False), ("charge", "17", True)]


def test_requests_are_no_effects_where_the_scenario_says_so(site: Web, tmp_path: Path) -> None:
    [result] = run_all(scenario_of("charge", site, http_effects=False), tmp_path, [FaultPlan()])
    assert result.effects == ()


def test_request_that_the_cassette_answers_is_an_effect_too(site: Web, tmp_path: Path) -> None:
    with use_cassette(tmp_path / "c.yaml", mode="once", layers="http"):
        Shop(site.url).charge("17")
    scenario = Scenario(
        workflow=Asking,
        args=["charge", "17"],
        activities=Shop("http://127.0.0.1:9").all,
        cassette=str(tmp_path / "c.yaml"),
        layers=["http"],
    )
    baseline, result = run_all(scenario, tmp_path, [FaultPlan(), plan(step("charge"), CRASH)])
    assert len(baseline.committed) == 1
    [finding] = judge_run(result, baseline, scenario).findings
    assert finding.violation is Violation.DUPLICATED
    assert finding.what == "effect POST localhost/echo, key <workflow>/activity charge #1: 2 commits, 1 allowed"
