"""What answers of models cost is added up, and never claimed better than it is known."""

import sys
from dataclasses import replace
from decimal import Decimal
from pathlib import Path

import pytest
from click.testing import CliRunner
from genai_prices import Usage as Tokens
from genai_prices import calc_price

from replaykit.adapters import tapes
from replaykit.adapters.prices import price_of
from replaykit.cli import main
from replaykit.model.cassette import Cassette, Content, Failed, Fault, Interaction, Layer, Part, Response, Spelling
from replaykit.model.value import JsonData
from replaykit.report.bill import bill_text, dollars_text
from replaykit.rules.usage import Bill, ModelCall, Usage, bill_of, calls_of, counted_once, usage_of

OPENAI = "POST https://api.openai.com/v1/chat/completions"
USAGE: dict[str, JsonData] = {
    "prompt_tokens": 1000,
    "completion_tokens": 200,
    "prompt_tokens_details": {"cached_tokens": 600},
}


def content(value: JsonData) -> Content:
    return Content("json/plain", json=value, spelling=Spelling.COMPACT)


def activity(said: JsonData, *, asked: JsonData = None, name: str = "ask") -> Interaction:
    return Interaction(Layer.ACTIVITY, name, (content(asked),), content(said), "2026-01-05T10:00:00.000000Z")


def request(said: JsonData, *, name: str = OPENAI, within: str = "", declared: str = "") -> Interaction:
    answer = Response(200, body=content(said))
    asked = (content({"model": "gpt-4o-mini"}),)
    return Interaction(Layer.HTTP, name, asked, answer, "2026-01-05T10:00:00.000000Z", within=within, declared=declared)


def known(call: ModelCall) -> Decimal | None:
    return Decimal("0.01") if "gpt" in call.models else None


def test_price_is_that_of_the_list_with_what_the_provider_had_cached_at_its_own() -> None:
    [call] = calls_of(request({"model": "gpt-4o-mini-2024-07-18", "usage": USAGE}))
    assert call.usage == Usage(1000, 200, 600)
    tokens = Tokens(input_tokens=1000, output_tokens=200, cache_read_tokens=600)
    assert price_of(call) == calc_price(tokens, "gpt-4o-mini", provider_id="openai").total_price
    assert (price_of(call) or 0) < calc_price(Tokens(input_tokens=1000, output_tokens=200), "gpt-4o-mini").total_price


@pytest.mark.parametrize(
    "recording",
    [
        activity({"model": "no-such-model", "usage": USAGE}),
        # The same model on a machine of one's own has another price.
        request({"model": "gpt-4o-mini", "usage": USAGE}, name="POST http://127.0.0.1:8080/v1/chat/completions"),
        request({"model": "gpt-4o-mini", "usage": USAGE, "service_tier": "flex"}),
        activity({"usage": USAGE}),
    ],
)
def test_what_the_list_does_not_know_is_unpriced_and_not_free(recording: Interaction) -> None:
    bill = bill_of([recording], price_of)
    assert bill == Bill(1, 1200, Decimal(0), 1)
    assert bill_text(bill, saved=True, priced=True) == "1,200 tokens, price unknown"


def test_model_that_the_list_does_not_know_is_priced_as_the_one_that_was_asked_for() -> None:
    [call] = calls_of(activity({"model": "our-deployment", "usage": USAGE}, asked={"model": "gpt-4o-mini"}))
    [plain] = calls_of(activity({"model": "gpt-4o-mini", "usage": USAGE}))
    assert price_of(call) == price_of(plain) is not None


def test_more_cached_tokens_than_there_were_are_all_of_them() -> None:
    [call] = calls_of(activity({"model": "gpt-4o-mini", "usage": {**USAGE, "prompt_tokens": 500}}))
    assert call.usage == Usage(500, 200, 600)
    assert price_of(call) == price_of(replace(call, usage=Usage(500, 200, 500))) is not None


@pytest.mark.parametrize("tier", [None, "auto", "default", "standard"])
def test_usual_service_tier_has_the_price_of_the_list(tier: str | None) -> None:
    [call] = calls_of(request({"model": "gpt-4o-mini", "usage": USAGE, "service_tier": tier}))
    assert price_of(call) is not None


def test_without_the_price_list_no_price_is_known(monkeypatch: pytest.MonkeyPatch) -> None:
    recording = request({"model": "gpt-4o-mini", "usage": USAGE})
    monkeypatch.setitem(sys.modules, "genai_prices", None)
    bill = bill_of([recording], price_of)
    assert bill_text(bill, saved=True, priced=False) == "1,200 tokens, price unknown without temporal-replaykit[prices]"


def test_model_is_named_by_the_answer_or_else_by_the_question() -> None:
    [said] = calls_of(activity({"model_name": "gpt-5", "usage": {"input_tokens": 3}}, asked={"model": "gpt"}))
    [asked] = calls_of(activity({"usage": {"input_tokens": 3}}, asked={"model_name": "gpt"}))
    assert (said.models, asked.models) == (("gpt-5", "gpt"), ("gpt",))


def test_answers_of_models_are_found_within_what_an_activity_returns() -> None:
    one: JsonData = {"object": "chat.completion", "model": "gpt", "usage": {"prompt_tokens": 5, "completion_tokens": 1}}
    recording = activity({"steps": [{"raw": one}, {"raw": one}], "text": "done"})
    assert usage_of(recording) == Usage(10, 2)
    assert bill_of([recording], known) == Bill(2, 12, Decimal("0.02"), 0)


def test_cached_tokens_of_several_answers_are_added_up() -> None:
    assert usage_of(activity([{"usage": USAGE}, {"usage": USAGE}])) == Usage(2000, 400, 1200)


def test_what_lies_too_deep_in_a_result_is_not_looked_for() -> None:
    said: JsonData = {"usage": USAGE}
    for _ in range(6):
        said = [said]
    assert usage_of(activity(said)).input == 1000
    assert usage_of(activity([said])) == Usage()
    for key in "abcdef":
        said = {key: said}
    assert usage_of(activity(said)) == Usage()


def test_tokens_below_nothing_are_nothing() -> None:
    assert usage_of(activity({"usage": {"input_tokens": -5, "output_tokens": 3}})) == Usage(0, 3)


def test_total_of_an_answer_is_not_counted_again_with_its_parts() -> None:
    part: JsonData = {"usage": {"input_tokens": 5, "output_tokens": 1}}
    assert usage_of(activity({"messages": [part, part], "usage": {"input_tokens": 10, "output_tokens": 2}})) == Usage(
        10, 2
    )


def test_stream_is_one_answer_whose_tokens_its_last_event_says() -> None:
    chunk: JsonData = {"object": "chat.completion.chunk", "model": "gpt", "choices": [{"delta": {"content": "a"}}]}
    last: JsonData = {"object": "chat.completion.chunk", "model": "gpt", "choices": [], "usage": {"prompt_tokens": 7}}

    def stream(*events: JsonData) -> Interaction:
        parts = tuple(Part(0.0, content(event)) for event in events)
        return Interaction(
            Layer.HTTP, OPENAI, (content({}),), Response(200, stream=parts), "2026-01-05T10:00:00.000000Z"
        )

    assert bill_of([stream(chunk, chunk, last)], known) == Bill(1, 7, Decimal("0.01"), 0)
    said_twice: JsonData = {**last, "usage": {"prompt_tokens": 3}} if isinstance(last, dict) else None
    assert bill_of([stream(said_twice, last)], known) == Bill(1, 7, Decimal("0.01"), 0), (
        "some say so far with each event"
    )
    assert bill_of([stream(chunk, chunk)], known) == Bill(1, 0, Decimal(0), 1), "no event says the tokens"


def test_chunks_that_an_activity_returns_are_one_answer() -> None:
    chunk: JsonData = {"object": "chat.completion.chunk", "model": "gpt", "choices": [{"delta": {"content": "a"}}]}
    last: JsonData = {"object": "chat.completion.chunk", "model": "gpt", "usage": {"prompt_tokens": 7}}
    assert bill_of([activity([chunk, chunk, last])], known) == Bill(1, 7, Decimal("0.01"), 0)


def test_model_of_a_stream_is_named_by_whichever_event_names_it() -> None:
    events: list[JsonData] = [{"model": "gpt", "choices": []}, {"usage": {"prompt_tokens": 7}}]
    answer = Response(200, stream=tuple(Part(0.0, content(event)) for event in events))
    [call] = calls_of(Interaction(Layer.HTTP, OPENAI, (content({}),), answer, "2026-01-05T10:00:00.000000Z"))
    assert call.models == ("gpt",)


@pytest.mark.parametrize("names", ["input_tokens output_tokens", "prompt_tokens completion_tokens"])
def test_tokens_are_read_under_both_of_the_names_that_openai_gives_them(names: str) -> None:
    asked, said = names.split()
    usage: JsonData = {asked: 5, said: 2, f"{asked}_details": {"cached_tokens": 3}}
    assert usage_of(activity({"usage": usage})) == Usage(5, 2, 3)


def test_tokens_are_read_under_the_names_of_agent_libraries() -> None:
    assert usage_of(activity({"usage": {"request_tokens": 5, "response_tokens": 2}})) == Usage(5, 2)


def test_event_of_a_response_holds_the_response_with_its_model_and_tokens() -> None:
    usage: JsonData = {"input_tokens": 9, "input_tokens_details": {"cached_tokens": 4}, "output_tokens": 2}
    done: JsonData = {"type": "response.completed", "response": {"object": "response", "model": "gpt", "usage": usage}}
    answer = Response(200, stream=(Part(0.0, content({"type": "response.created"})), Part(0.1, content(done))))
    url = "https://api.openai.com/v1/responses"
    [call] = calls_of(Interaction(Layer.HTTP, f"POST {url}", (content({}),), answer, "2026-01-05T10:00:00.000000Z"))
    assert call == ModelCall(Usage(9, 2, 4), ("gpt",), url)


@pytest.mark.parametrize("kind", ["chat.completion", "response", "text_completion"])
def test_answer_that_does_not_say_its_tokens_is_one_of_unknown_price(kind: str) -> None:
    assert bill_of([activity({"raw": {"object": kind, "model": "gpt"}})], known) == Bill(1, 0, Decimal(0), 1)


def test_faults_failures_and_other_answers_are_no_answers_of_models() -> None:
    failed = Interaction(Layer.ACTIVITY, "ask", (), Failed({"message": "no"}), "2026-01-05T10:00:00.000000Z")
    declared = request({"model": "gpt", "usage": USAGE}, declared="truncated()")
    refused = Interaction(
        Layer.HTTP, OPENAI, (content({}),), Response(429, body=content({"error": {}})), "2026-01-05T10:00:00.000000Z"
    )
    broken = Response(200, stream=(Part(0.0, content({"choices": []})),), fault=Fault("httpx2.ReadError", "gone"))
    others = [
        failed,
        refused,
        replace(refused, answer=broken),
        request({"tide": "high"}, name="GET https://almanac.example/tides"),
        declared,
        activity("text"),
        activity({"usage": "of the harbour"}),
        activity({"usage": {"cpu": 3}}),
    ]
    assert bill_of(others, known) == Bill()


def test_request_of_an_activity_that_is_recorded_itself_is_counted_once() -> None:
    answer: JsonData = {"model": "gpt", "usage": USAGE}
    local = replace(activity(answer, name="local"), layer=Layer.LOCAL_ACTIVITY)
    both = [activity(answer), *(request(answer, within=name) for name in ("ask", "local", "another")), local]
    assert bill_of(counted_once(both), known).answers == 3


@pytest.mark.parametrize(
    ("dollars", "text"),
    [
        ("0", "about $0.00"),
        ("0.0000001", "less than $0.000001"),
        ("0.000001", "about $0.0000010"),
        ("0.0000219", "about $0.000021"),
        ("0.00027", "about $0.00027"),
        ("0.0219", "about $0.021"),
        ("0.219", "about $0.21"),
        ("1.239", "about $1.23"),
        ("1234.567", "about $1,234.56"),
    ],
)
def test_dollars_have_two_digits_that_count_rounded_down(dollars: str, text: str) -> None:
    assert dollars_text(Decimal(dollars)) == text


def test_show_says_what_the_answers_of_models_cost(tmp_path: Path) -> None:
    priced = request({"model": "gpt-4o-mini", "usage": USAGE})
    tapes.save(tmp_path / "c.yaml", Cassette((priced, activity({"usage": USAGE}), activity("text"))))
    shown = CliRunner().invoke(main, ["cassette", "show", str(tmp_path / "c.yaml")])
    [call] = calls_of(priced)
    dollars = dollars_text(price_of(call) or Decimal(0))
    assert shown.output.splitlines()[-1] == (f"3 recordings, 2 of models (2,400 tokens, {dollars}; 1 of unknown price)")
