"""Every fault of language models strikes real runs, through the real SDK, before a server and before a cassette."""

import asyncio
from pathlib import Path
from typing import Any

import pytest

from examples.llm_server.server import LoopbackServer
from replaykit import Scenario, use_cassette
from replaykit.model.chaos import End, FaultPlan, Place, RunResult
from replaykit.model.chaos_report import Violation
from replaykit.rules.chaos.catalogue import KINDS
from replaykit.rules.chaos.invariants import judge_run
from replaykit.rules.chaos.kinds import Group
from replaykit.rules.chaos.plans import singles
from replaykit.rules.llm_faults.catalogue import FAULTS
from tests.chaos.asking import Asking, Model
from tests.chaos.runs import plan, request, run_all, step

pytestmark = pytest.mark.long

NOWHERE = "http://127.0.0.1:9/v1"
LLM = tuple(kind for kind in KINDS.values() if kind.group is Group.LLM)
STREAMED = {"cut_off", "stalled", "error_event"}
OF_JSON = {"truncated_json", "wrong_schema"}
CALLING = {
    "unknown_tool",
    "invalid_tool_arguments",
    "empty_tool_arguments",
    "trailing_comma",
    "duplicate_tool_call_id",
}

# What the activity tells of each fault. Where the SDK tries again by itself, its next attempt goes well.
EXPECTED = {
    "chat": {
        "rate_limited": "In short",
        "insufficient_quota": "In short",
        "server_error": "In short",
        "unavailable": "In short",
        "overloaded": "In short",
        "unauthorized": "AuthenticationError",
        "context_too_long": "BadRequestError",
        "model_retired": "NotFoundError",
        "timed_out": "In short",
        "connection_refused": "In short",
        "connection_reset": "In short",
        "truncated": '"length", null',
        "content_filtered": '"content_filter", null',
        "refusal": "can't help",
        "truncated_json": '"In short: hello"',
        "wrong_schema": "unexpected",
        "no_choices": "no choices",
        "other_model": "another-model",
    },
    "stream": {"cut_off": "APIConnectionError", "stalled": "APITimeoutError", "error_event": "APIError"},
    "call_tool": {
        "unknown_tool": "no_such_tool",
        "invalid_tool_arguments": '"look_up"',
        "empty_tool_arguments": '""]]',
        "trailing_comma": ",}",
        "duplicate_tool_call_id": "], [",
    },
}


def asking(name: str, base_url: str, **more: Any) -> Scenario:  # noqa: ANN401 - options by name
    """Make the scenario of one activity."""
    return Scenario(workflow=Asking, args=[name, "hello"], activities=Model(base_url).all, **more)


def activity_for(fault: str) -> str:
    """Name the activity whose answer a fault can happen to."""
    return "stream" if fault in STREAMED else "call_tool" if fault in CALLING else "chat"


def said_by(name: str, base_url: str, directory: Path, faults: list[str], **more: object) -> dict[str, RunResult]:
    """Run under each fault at the activity's first request; all must have fired."""
    plans = [plan(request(name), fault) for fault in faults]
    results = run_all(asking(name, base_url, **more), directory, plans)
    assert [str(result.plan) for result in results if not result.fired] == []
    assert {result.end for result in results} == {End.COMPLETED}
    return dict(zip(faults, results, strict=True))


def record(name: str, llm: LoopbackServer, directory: Path) -> str:
    """Record the requests of one activity."""
    path = directory / "c.yaml"
    model = Model(llm.base_url)
    with use_cassette(path, mode="once", layers="http"):
        if name == "call_tool":
            model.call_tool("hello")
        else:
            asyncio.run(getattr(model, name)("hello"))
    return str(path)


@pytest.mark.parametrize("cassette", [False, True], ids=["server", "cassette"])
@pytest.mark.parametrize("name", ["chat", "stream", "call_tool"])
def test_every_fault_fires_in_a_real_run_and_is_what_the_sdk_makes_of_it(
    name: str, llm_server: LoopbackServer, tmp_path: Path, *, cassette: bool
) -> None:
    more: dict[str, object] = {}
    if cassette:
        more = {"cassette": record(name, llm_server, tmp_path), "layers": ["http"]}
    faults = [fault for fault in FAULTS if activity_for(fault) == name]
    results = said_by(name, NOWHERE if cassette else llm_server.base_url, tmp_path, faults, **more)
    for fault, expected in EXPECTED[name].items():
        assert expected in str(results[fault].result), fault
    for result in results.values():
        assert result.misses == ()


def test_names_and_groups_of_all_faults_are_struck_somewhere() -> None:
    assert {fault for fault in FAULTS if activity_for(fault)} == {kind.name for kind in LLM}
    assert set().union(*EXPECTED.values()) == set(FAULTS)


def test_fault_takes_arguments(llm_server: LoopbackServer, tmp_path: Path) -> None:
    faults = ["rate_limited(retry_after=1)", "rate_limited(retry_after=130)", "refusal(text='never')"]
    results = said_by("chat", llm_server.base_url, tmp_path, faults)
    assert "In short" in str(results[faults[0]].result)
    assert results[faults[1]].result == "RateLimitError", "the SDK waits for 120 seconds at most"
    assert "never" in str(results[faults[2]].result)


def test_sdk_makes_its_own_three_attempts_under_a_persistent_fault(llm_server: LoopbackServer, tmp_path: Path) -> None:
    [broken, off] = run_all(
        asking("chat", llm_server.base_url),
        tmp_path,
        [plan(request("chat"), fault, persistent=True) for fault in ("unavailable", "connection_refused")],
    )
    for result, error in ((broken, "InternalServerError"), (off, "APIConnectionError")):
        assert result.result == error
        assert [s.boundary.part for s in result.sightings if s.boundary.place is Place.REQUEST] == [1, 2, 3]


def test_persistent_fault_strikes_from_its_request_on(llm_server: LoopbackServer, tmp_path: Path) -> None:
    under = plan(request("ask_twice", 2), "model_retired", persistent=True)
    [result] = run_all(asking("ask_twice", llm_server.base_url), tmp_path, [under])
    assert str(result.result).startswith('["gpt-4o-mini"')
    assert str(result.result).endswith("NotFoundError")


def test_asking_again_for_ever_ends_and_is_overspent(llm_server: LoopbackServer, tmp_path: Path) -> None:
    scenario = asking("ask_until_it_parses", llm_server.base_url, timeout=120)
    under = plan(request("ask_until_it_parses"), "wrong_schema", persistent=True)
    baseline, result = run_all(scenario, tmp_path, [FaultPlan(), under])
    [finding] = judge_run(result, baseline, scenario).findings
    assert finding.violation is Violation.OVERSPENT
    assert finding.what == "101 calls of language models, 20 allowed"
    assert finding.why == "101.0 times the baseline's calls"


def test_only_faults_that_can_happen_to_an_answer_are_enumerated(llm_server: LoopbackServer, tmp_path: Path) -> None:
    found: dict[str, set[str]] = {}
    for name in ("chat", "stream", "call_tool", "say_json"):
        (tmp_path / name).mkdir()
        [baseline] = run_all(asking(name, llm_server.base_url), tmp_path / name, [FaultPlan()])
        found[name] = {strike.fault for strike in singles(baseline.sightings, LLM)}
    assert set(FAULTS) - found["chat"] == STREAMED | CALLING | OF_JSON
    assert set(FAULTS) - found["stream"] == CALLING | OF_JSON
    assert set(FAULTS) - found["call_tool"] == STREAMED | OF_JSON
    assert set(FAULTS) - found["say_json"] == STREAMED | CALLING


def test_fault_that_cannot_happen_to_an_answer_did_not_fire(llm_server: LoopbackServer, tmp_path: Path) -> None:
    [result] = run_all(asking("chat", llm_server.base_url), tmp_path, [plan(request("chat"), "unknown_tool")])
    assert not result.fired
    assert "In short" in str(result.result)
    assert any("cannot happen here" in moment.what for moment in result.timeline)


def test_crash_strikes_between_two_requests(llm_server: LoopbackServer, tmp_path: Path) -> None:
    scenario = asking("ask_twice", llm_server.base_url)
    under = plan(request("ask_twice", 2), "crash_between")
    baseline, result = run_all(scenario, tmp_path, [FaultPlan(), under])
    assert result.fired
    assert result.result == baseline.result
    assert request("ask_twice", 2, attempt=2) in {sighting.boundary for sighting in result.sightings}
    kinds = [KINDS["crash_between"]]
    assert [strike.at for strike in singles(baseline.sightings, kinds)] == [request("ask_twice", 2)]


def test_later_attempt_is_answered_from_the_cassette_as_the_first_was(
    llm_server: LoopbackServer, tmp_path: Path
) -> None:
    path = record("ask_twice", llm_server, tmp_path)
    scenario = asking("ask_twice", NOWHERE, cassette=path, layers=["http"])
    plans = [FaultPlan(), plan(request("ask_twice", 2), "crash_between"), plan(step("ask_twice"), "crash_after")]
    baseline, *crashed = run_all(scenario, tmp_path, plans)
    assert "In short" in str(baseline.result)
    for result in crashed:
        assert (result.result, result.misses, len(result.fired)) == (baseline.result, (), 1)


def test_request_that_the_cassette_does_not_hold_leaves_the_run_unverified(
    llm_server: LoopbackServer, tmp_path: Path
) -> None:
    path = record("chat", llm_server, tmp_path)
    scenario = asking("ask_twice", llm_server.base_url, cassette=path, layers=["http"])
    [result] = run_all(scenario, tmp_path, [FaultPlan()])
    assert "No recording" in result.misses[0]


def test_other_clients_are_struck_where_their_answers_need_not_be_replaced(
    llm_server: LoopbackServer, tmp_path: Path
) -> None:
    faults = ["rate_limited", "timed_out", "connection_reset", "refusal"]
    plans = [FaultPlan(), *(plan(request("ask_by_hand"), fault) for fault in faults)]
    baseline, *results = run_all(asking("ask_by_hand", llm_server.base_url), tmp_path, plans, at_once=1)
    assert [result.result for result in results] == ["HTTPError", "ReadTimeout", "ReadError", baseline.result]
    assert [bool(result.fired) for result in results] == [True, True, True, False]
    enumerated = {strike.fault for strike in singles(baseline.sightings, LLM)}
    assert {"rate_limited", "timed_out"} <= enumerated
    assert "refusal" not in enumerated


def test_request_of_no_run_is_let_through_unless_a_cassette_answers(llm_server: LoopbackServer, tmp_path: Path) -> None:
    path = record("chat", llm_server, tmp_path)
    name = "ask_in_a_strange_thread"
    scenario = asking(name, llm_server.base_url, cassette=path, layers=["http"])
    for directory, each, said in (("a", asking(name, llm_server.base_url), "In short"), ("b", scenario, "Ambiguous")):
        (tmp_path / directory).mkdir()
        [result] = run_all(each, tmp_path / directory, [FaultPlan()])
        assert said in str(result.result)
