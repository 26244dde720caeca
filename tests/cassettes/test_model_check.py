"""Answers of models are held against the models of the installed openai SDK, field by field."""

import base64
import sys
from pathlib import Path

import openai
import pytest
from click.testing import CliRunner

from examples.llm_server.server import LoopbackServer
from replaykit import use_cassette
from replaykit.adapters import tapes
from replaykit.cli import main
from replaykit.jobs.model_check import check_models
from replaykit.model.cassette import Cassette, Content, Interaction, Layer, Part, Response, Spelling
from replaykit.model.model_check import ModelCheck
from replaykit.model.value import JsonData
from replaykit.report.model_check import model_check_lines

URL = "POST https://api.openai.com/v1"
AGAINST = f"openai {openai.__version__}"
MESSAGE: dict[str, JsonData] = {"type": "message", "role": "user"}
TIME = "2026-01-05T10:00:00.000000Z"


def chat(**changed: JsonData) -> dict[str, JsonData]:
    more = as_dict(changed.pop("message", {}))
    message: JsonData = {"role": "assistant", "content": "hello", "refusal": None, **more}
    choice: JsonData = {"index": 0, "finish_reason": "stop", "message": message, "logprobs": None}
    usage: JsonData = {"prompt_tokens": 3, "completion_tokens": 1, "total_tokens": 4}
    whole: dict[str, JsonData] = {"id": "c", "object": "chat.completion", "created": 1, "model": "m"}
    whole |= {"choices": [choice], "usage": usage}
    return {key: value for key, value in {**whole, **changed}.items() if value != "absent"}


def response(*output: JsonData, **changed: JsonData) -> dict[str, JsonData]:
    whole: dict[str, JsonData] = {"id": "r", "object": "response", "created_at": 1, "model": "m", "output": [*output]}
    return {**whole, "parallel_tool_calls": True, "tool_choice": "auto", "tools": [], **changed}


def said(text: JsonData = "hello", **changed: JsonData) -> JsonData:
    content: JsonData = [{"type": "output_text", "text": text, "annotations": [], **changed}]
    return {"id": "m", "type": "message", "role": "assistant", "status": "completed", "content": content}


def embeddings(vector: JsonData) -> dict[str, JsonData]:
    data: JsonData = [{"object": "embedding", "index": 0, "embedding": vector}]
    return {"object": "list", "data": data, "model": "m", "usage": {"prompt_tokens": 1, "total_tokens": 1}}


def chunk(**changed: JsonData) -> dict[str, JsonData]:
    choice: JsonData = {"index": 0, "finish_reason": None, "delta": {"content": "a", **changed}}
    return {"id": "c", "object": "chat.completion.chunk", "created": 1, "model": "m", "choices": [choice]}


def as_dict(value: JsonData) -> dict[str, JsonData]:
    assert isinstance(value, dict)
    return value


def content(value: JsonData) -> Content:
    return Content("json/plain", json=value, spelling=Spelling.COMPACT)


def activity(value: JsonData) -> Interaction:
    return Interaction(Layer.ACTIVITY, "ask", (), content(value), TIME)


def http(path: str, answer: Response, *, declared: str = "") -> Interaction:
    return Interaction(Layer.HTTP, f"{URL}{path}", (content({"model": "m"}),), answer, TIME, declared=declared)


def whole(path: str, body: JsonData) -> Interaction:
    return http(path, Response(200, body=content(body)))


def stream(path: str, *events: JsonData) -> Interaction:
    return http(path, Response(200, stream=tuple(Part(0.0, content(event)) for event in events)))


def found(*interactions: Interaction) -> list[tuple[str, str, str]]:
    check = check_models(Cassette(interactions))
    assert check.checked == len(interactions)
    return [(one.form, one.drift.path, one.drift.what) for one in check.drifted]


@pytest.mark.parametrize(
    "interaction",
    [
        activity(chat()),
        activity({"steps": [{"answer": chat()}], "usage": "none"}),
        whole("/chat/completions", chat()),
        # A gateway with paths of its own.
        whole("/ask", {"answer": chat()}),
        whole("/responses", response(said())),
        whole("/responses", response({"type": "reasoning", "id": "r", "summary": []}, said())),
        whole("/embeddings", embeddings([0.1, 1])),
        whole("/embeddings", embeddings(base64.b64encode(b"\0" * 8).decode())),
        stream("/chat/completions", chunk(role="assistant"), chunk()),
        stream("/responses", {"type": "response.created", "sequence_number": 0, "response": response()}),
    ],
)
def test_answers_as_the_sdk_models_them_do_not_drift(interaction: Interaction) -> None:
    assert found(interaction) == []


@pytest.mark.parametrize(
    ("interaction", "drift"),
    [
        (whole("/ask", [chat(brand_new=1)]), ("ChatCompletion", "brand_new", "unknown field")),
        (activity(chat(brand_new=1)), ("ChatCompletion", "brand_new", "unknown field")),
        (activity([chat(message={"thought": "hm"})]), ("ChatCompletion", "choices[].message.thought", "unknown field")),
        (activity(chat(created="absent")), ("ChatCompletion", "created", "missing field")),
        # The lenient SDK reads it as a number.
        (activity(chat(created="1")), ("ChatCompletion", "created", "wrong type: a string, wanted a valid integer")),
        (activity(chat(choices={})), ("ChatCompletion", "choices", "wrong type: an object, wanted a valid array")),
        (activity(chat(service_tier="gold")), ("ChatCompletion", "service_tier", "unknown value 'gold'")),
        # Over HTTP the endpoint says what it is.
        (whole("/chat/completions", chat(object="absent")), ("ChatCompletion", "object", "missing field")),
        (
            whole("/responses", response(said(3))),
            ("Response", "output[].content[].text", "wrong type: a number, wanted a valid string"),
        ),
        (whole("/responses", response(said(odd=1))), ("Response", "output[].content[].odd", "unknown field")),
        (
            whole("/responses", response({"type": "dream", "of": "x"})),
            ("Response", "output[].type", "unknown value 'dream'"),
        ),
        (
            activity(response(instructions=[{**MESSAGE, "content": [{"type": "input_text", "text": 1}]}])),
            ("Response", "instructions[].content[].text", "wrong type: a number, wanted a valid string"),
        ),
        # Of two messages that may be meant, the one that fits better.
        (
            activity(response(instructions=[{**MESSAGE, "content": 3}])),
            ("Response", "instructions[].content", "wrong type: a number, wanted a valid array"),
        ),
        (
            whole("/embeddings", embeddings(["x"])),
            ("CreateEmbeddingResponse", "data[].embedding[]", "wrong type: a string, wanted a valid number"),
        ),
        (whole("/embeddings", [1]), ("CreateEmbeddingResponse", "(the answer)", "wrong type: no object")),
        (
            stream("/chat/completions", chunk(), chunk(x=1)),
            ("ChatCompletionChunk", "choices[].delta.x", "unknown field"),
        ),
        (
            stream("/responses", {"type": "response.created", "response": response()}),
            ("ResponseStreamEvent", "sequence_number", "missing field"),
        ),
        (
            stream("/responses", {"type": "response.dreamt"}),
            ("ResponseStreamEvent", "type", "unknown value 'response.dreamt'"),
        ),
    ],
)
def test_each_field_that_is_not_what_the_sdk_models_is_named_once(
    interaction: Interaction, drift: tuple[str, str, str]
) -> None:
    assert found(interaction) == [drift]


def test_what_the_sdk_itself_got_over_http_and_its_streams_does_not_drift(tmp_path: Path) -> None:
    with (
        LoopbackServer() as server,
        use_cassette(tmp_path / "c.yaml", mode="once", layers="http"),
        openai.OpenAI(base_url=server.base_url, api_key="k") as client,
    ):
        client.chat.completions.create(model="gpt-4o-mini", messages=[{"role": "user", "content": "a"}])
        list(
            client.chat.completions.create(
                model="gpt-4o-mini", messages=[{"role": "user", "content": "a"}], stream=True
            )
        )
        client.responses.create(model="gpt-4o-mini", input="whole")
        list(client.responses.create(model="gpt-4o-mini", input="streamed", stream=True))
        client.embeddings.create(model="text-embedding-3-small", input=["a"])
    recorded = tapes.load(tmp_path / "c.yaml").interactions
    assert found(*recorded) == []
    assert len(recorded) == 5


def test_drift_of_many_recordings_is_told_once_with_their_numbers() -> None:
    odd = [activity(chat(odd=1)) for _ in range(7)]
    check = check_models(Cassette((activity("text"), *odd, activity(chat()))))
    assert list(model_check_lines(check)) == [
        f"  8 answers of models checked against {AGAINST}: 1 field drifted",
        "    ChatCompletion odd   unknown field   (#2, #3, #4, #5, #6 and 2 more)",
    ]


def test_what_cannot_be_checked_is_said() -> None:
    agent: JsonData = {"output": [], "usage": {"input_tokens": 3, "output_tokens": 1}}
    text = Response(200, body=Content("data", raw=b"<html>"))
    held = (
        http("/chat/completions", Response(429, body=content({"error": {}}))),
        http("/responses", text),
        http("/responses", Response(200)),
        activity(agent),
    )
    assert list(model_check_lines(check_models(Cassette(held)))) == [
        "  1 answer of a model not checked: the answer has none of OpenAI's forms (#4)",
        "  1 answer of a model not checked: the answer has status 429 (#1)",
        "  1 answer of a model not checked: the answer is no JSON (#2)",
        "  1 answer of a model not checked: there was no answer (#3)",
    ]


def test_without_the_sdk_nothing_is_checked_and_that_is_said(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setitem(sys.modules, "openai", None)
    tapes.save(tmp_path / "c.yaml", Cassette((activity(chat(odd=1)), activity("text"))))
    checked = CliRunner().invoke(main, ["cassette", "check", str(tmp_path / "c.yaml")])
    assert checked.exit_code == 0
    [_, line] = checked.output.splitlines()
    assert line == "  1 answer of a model not checked: the openai SDK is not installed: pip install openai (#1)"


def test_other_answers_and_declared_faults_are_not_looked_at() -> None:
    declared = http("/chat/completions", Response(200, body=content({"odd": 1})), declared="wrong_schema()")
    other = Interaction(
        Layer.HTTP, "GET https://shop.test/prices", None, Response(200, body=content({"price": 3})), TIME
    )
    check = check_models(Cassette((declared, other, activity("text"), activity({"object": "list", "data": []}))))
    assert check == ModelCheck(against=AGAINST)
    assert list(model_check_lines(check)) == []


@pytest.mark.parametrize(("body", "code"), [(chat(), 0), (chat(odd=1), 1), ("text", 0)])
def test_check_fails_for_drift_alone(tmp_path: Path, body: JsonData, code: int) -> None:
    tapes.save(tmp_path / "c.yaml", Cassette((activity(body),)))
    checked = CliRunner().invoke(main, ["cassette", "check", str(tmp_path / "c.yaml")])
    assert checked.exit_code == code
    assert ("odd   unknown field" in checked.output) == bool(code)
