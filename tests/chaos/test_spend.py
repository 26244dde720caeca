"""What a run spent on models is counted: what a provider bills, lost answers and repeated ones among it."""

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from temporalio import activity

from examples.llm_server.server import LoopbackServer
from replaykit import Scenario
from replaykit.adapters import tapes
from replaykit.adapters.chaos.armed import Armed
from replaykit.model.cassette import Cassette, Content, Interaction, Layer
from replaykit.model.chaos import End, FaultPlan, RunResult, Spend
from replaykit.model.chaos_report import Violation
from replaykit.model.scenario import Scenario as Declared
from replaykit.rules.chaos.invariants import judge_run
from replaykit.rules.usage import Bill
from tests.chaos.asking import Asking
from tests.chaos.runs import plan, request, run_all, step
from tests.chaos.test_llm_faults import asking, record


def as_of_openai(path: str) -> None:
    """Have a recording say that it was asked at OpenAI's address, whose prices are known."""
    cassette = tapes.load(Path(path))
    asked = tuple(
        replace(each, name=each.name.replace("http://localhost", "https://api.openai.com"))
        for each in cassette.interactions
    )
    tapes.save(Path(path), Cassette(asked))


@pytest.mark.parametrize(
    ("fault", "calls"),
    [
        ("rate_limited", 1),
        ("server_error", 1),
        ("connection_refused", 1),
        ("unauthorized", 0),
        ("timed_out", 2),
        ("connection_reset", 2),
        ("refusal", 1),
        ("truncated", 1),
    ],
)
def test_only_what_the_provider_bills_counts(
    fault: str, calls: int, llm_server: LoopbackServer, tmp_path: Path
) -> None:
    [result] = run_all(asking("chat", llm_server.base_url), tmp_path, [plan(request("chat"), fault)])
    assert (result.spend.calls, result.spend.tokens) == (calls, 5 * calls)


def test_stream_that_breaks_off_is_paid_for_in_full(llm_server: LoopbackServer, tmp_path: Path) -> None:
    plans = [FaultPlan(), plan(request("stream"), "cut_off")]
    baseline, result = run_all(asking("stream", llm_server.base_url), tmp_path, plans)
    assert baseline.spend.tokens > 0
    assert result.spend == baseline.spend


def test_work_that_a_crash_lost_is_paid_for_again(llm_server: LoopbackServer, tmp_path: Path) -> None:
    path = record("ask_twice", llm_server, tmp_path)
    as_of_openai(path)
    scenario = asking("ask_twice", "https://api.openai.com/v1", cassette=path, layers=["http"])
    baseline, result = run_all(scenario, tmp_path, [FaultPlan(), plan(step("ask_twice"), "crash_after")])
    assert (baseline.spend.calls, result.spend.calls) == (2, 4)
    assert result.spend.tokens == 2 * baseline.spend.tokens
    assert baseline.spend.dollars
    assert result.spend.dollars == pytest.approx(2 * baseline.spend.dollars)


def test_dollars_are_unknown_where_a_price_is(llm_server: LoopbackServer, tmp_path: Path) -> None:
    [result] = run_all(asking("chat", llm_server.base_url), tmp_path, [FaultPlan()])
    assert result.spend.calls == 1
    assert result.spend.dollars is None
    armed = Armed(FaultPlan(), "w")
    armed.spends(Bill(1, 5, unpriced=1))
    armed.spends(Bill(1, 5))
    assert armed.spend == Spend(2, 10, None)


def result_with(spend: Spend) -> RunResult:
    """Make a run that spent something."""
    return RunResult(FaultPlan(), "chaos-1", End.COMPLETED, spend=spend)


def overspent(spent: Spend, usual: Spend, declared: Callable[[], Declared]) -> list[str]:
    """Tell what was overspent."""
    findings = judge_run(result_with(spent), result_with(usual), declared()).findings
    assert {finding.violation for finding in findings} <= {Violation.OVERSPENT}
    return [f"{finding.what} ({finding.why})" for finding in findings]


def test_declared_limits_hold_and_the_ratio_is_shown() -> None:
    def limited() -> Scenario:
        return Scenario(workflow="W", max_llm_calls=2, max_tokens=100, max_dollars=0.01)

    usual = Spend(2, 100, 0.01)
    ratio = "1.5 times the baseline's calls"
    assert overspent(usual, usual, limited) == []
    assert overspent(Spend(3, 150, 0.02), usual, limited) == [
        "3 calls of language models, 2 allowed; 150 tokens, 100 allowed; $0.0200, $0.0100 allowed (" + ratio + ")"
    ]


def test_without_a_limit_twenty_times_the_baseline_is_too_much() -> None:
    def undeclared() -> Scenario:
        return Scenario(workflow="W")

    assert overspent(Spend(20), Spend(1), undeclared) == []
    assert overspent(Spend(21), Spend(1), undeclared) == [
        "21 calls of language models, 20 allowed (21.0 times the baseline's calls)"
    ]
    assert overspent(Spend(21), Spend(0), undeclared) == [], "a fallback may ask where the baseline does not"


@activity.defn
def complete(_prompt: str) -> dict[str, Any]:
    """Stand for an activity that returns what the model answered."""
    raise AssertionError


def test_answer_of_a_recorded_activity_costs_what_it_says(tmp_path: Path) -> None:
    usage = {"prompt_tokens": 1000, "completion_tokens": 500}
    said = {"object": "chat.completion", "model": "gpt-4o-mini", "usage": usage, "choices": []}
    asked, answer = (
        Content.from_bytes({"encoding": b"json/plain"}, json.dumps(value, separators=(",", ":")).encode())
        for value in ("hello", said)
    )
    recording = Interaction(Layer.ACTIVITY, "complete", (asked,), answer, "2026-01-01T00:00:00.000000Z")
    path = tmp_path / "c.yaml"
    tapes.save(path, Cassette((recording,)))
    scenario = Scenario(
        workflow=Asking, args=["complete", "hello"], activities=[complete], cassette=str(path), layers=["activity"]
    )
    baseline, result = run_all(scenario, tmp_path, [FaultPlan(), plan(step("complete"), "crash_after")])
    assert replace(baseline.spend, dollars=round(baseline.spend.dollars or 0, 6)) == Spend(1, 1500, 0.00045)
    assert replace(result.spend, dollars=round(result.spend.dollars or 0, 6)) == Spend(2, 3000, 0.0009)
