"""The loopback model as the real openai SDK sees it."""

import asyncio
import json
import math
import operator
import signal
import subprocess
import sys
import urllib.error
import urllib.request
from collections.abc import Iterator
from typing import Any

import openai
import pytest
from openai import OpenAI

from examples.llm_server import LoopbackServer

from .client_of import client_of

CHAT = "gpt-4o-mini"
EMBED = "text-embedding-3-small"
PLAN: dict[str, object] = {
    "type": "object",
    "properties": {
        "tool": {"type": "string", "enum": ["search", "calculate", "finish"]},
        "argument": {"type": "string"},
        "sure": {"type": "boolean"},
        "rounds": {"type": "integer"},
        "sources": {"type": "array", "items": {"type": "string"}},
    },
}


@pytest.fixture
def llm(model: LoopbackServer) -> Iterator[OpenAI]:
    with OpenAI(base_url=model.base_url, api_key="loopback", max_retries=0) as client:
        yield client


def test_equal_chats_get_equal_answers_and_others_get_others(llm: OpenAI) -> None:
    def ask(text: str) -> str:
        answer = llm.chat.completions.create(model=CHAT, messages=[{"role": "user", "content": text}])
        assert answer.usage is not None
        assert answer.usage.total_tokens == answer.usage.prompt_tokens + answer.usage.completion_tokens
        assert answer.choices[0].finish_reason == "stop"
        return answer.choices[0].message.content or ""

    assert ask("why is the sea salt") == ask("why is the sea salt")
    assert ask("why is the sea salt") != ask("why is the sea blue")


def test_streamed_chat_adds_up_to_the_whole_answer(llm: OpenAI) -> None:
    whole = llm.chat.completions.create(model=CHAT, messages=[{"role": "user", "content": "tides and moons"}])
    with llm.chat.completions.stream(
        model=CHAT,
        messages=[{"role": "user", "content": "tides and moons"}],
        stream_options={"include_usage": True},
    ) as stream:
        deltas = [event.delta for event in stream if event.type == "content.delta"]
        final = stream.get_final_completion()
    assert len(deltas) > 1
    assert "".join(deltas) == whole.choices[0].message.content == final.choices[0].message.content
    assert final.usage == whole.usage


def test_json_schema_is_obeyed_until_no_point_is_open(llm: OpenAI) -> None:
    def plan(points: str) -> dict[str, object]:
        answer = llm.chat.completions.create(
            model=CHAT,
            messages=[{"role": "user", "content": f"Open:\n{points}"}],
            response_format={"type": "json_schema", "json_schema": {"name": "plan", "schema": PLAN}},
        )
        chosen: dict[str, object] = json.loads(answer.choices[0].message.content or "")
        return chosen

    busy = plan("- price\n- date")
    assert busy["tool"] in {"search", "calculate"}
    assert busy["argument"] == "price"
    assert busy["sources"] == ["price"]
    assert isinstance(busy["rounds"], int)
    assert busy["sure"] is False
    assert plan("")["tool"] == "finish"


def test_answer_past_the_token_limit_ends_with_length(llm: OpenAI) -> None:
    answer = llm.chat.completions.create(
        model=CHAT, messages=[{"role": "user", "content": "one two three four five"}], max_completion_tokens=3
    )
    assert answer.choices[0].finish_reason == "length"
    assert len((answer.choices[0].message.content or "").split()) == 3


def test_json_object_is_valid_json(llm: OpenAI) -> None:
    answer = llm.chat.completions.create(
        model=CHAT,
        messages=[{"role": "user", "content": "answer in JSON"}],
        response_format={"type": "json_object"},
    )
    assert json.loads(answer.choices[0].message.content or "")["answer"]


def test_responses_stream_adds_up_to_the_whole_answer(llm: OpenAI) -> None:
    whole = llm.responses.create(model=CHAT, instructions="be brief", input="tides and moons")
    with llm.responses.stream(model=CHAT, instructions="be brief", input="tides and moons") as stream:
        events = list(stream)
        final = stream.get_final_response()
    assert [event.sequence_number for event in events] == list(range(len(events)))
    deltas = [event.delta for event in events if event.type == "response.output_text.delta"]
    assert "".join(deltas) == whole.output_text == final.output_text
    assert final.usage == whole.usage


def test_response_past_the_token_limit_is_incomplete(llm: OpenAI) -> None:
    answer = llm.responses.create(model=CHAT, input="one two three four five", max_output_tokens=2)
    assert answer.status == "incomplete"
    assert answer.incomplete_details is not None
    assert answer.incomplete_details.reason == "max_output_tokens"


def test_embeddings_are_unit_vectors_in_which_shared_words_lie_near(llm: OpenAI) -> None:
    # The SDK asks for base64 unless told otherwise, and decodes it.
    answer = llm.embeddings.create(model=EMBED, input=["red boat", "red boats sail", "blue sky"])
    first, second, third = (item.embedding for item in answer.data)
    assert math.isclose(math.hypot(*first), 1, abs_tol=1e-6)

    def near(left: list[float], right: list[float]) -> float:
        return math.fsum(map(operator.mul, left, right))

    assert near(first, second) > near(first, third)


def test_base64_embedding_equals_the_one_in_numbers(llm: OpenAI) -> None:
    packed = llm.embeddings.create(model=EMBED, input="red boat", dimensions=8).data[0].embedding
    plain = (
        llm.embeddings.create(model=EMBED, input="red boat", dimensions=8, encoding_format="float").data[0].embedding
    )
    assert len(packed) == 8
    assert packed == pytest.approx(plain, abs=1e-7)


def test_async_client_gets_the_same_answers(model: LoopbackServer, llm: OpenAI) -> None:
    async def ask() -> tuple[str, str, str]:
        async with client_of(model) as client:
            whole = await client.responses.create(model=CHAT, input="tides")
            stream = await client.chat.completions.create(
                model=CHAT, messages=[{"role": "user", "content": "tides"}], stream=True
            )
            pieces = [chunk.choices[0].delta.content or "" async for chunk in stream]
            vectors = await client.embeddings.create(model=EMBED, input="tides")
            return whole.output_text, "".join(pieces), str(vectors.data[0].embedding)

    chat = llm.chat.completions.create(model=CHAT, messages=[{"role": "user", "content": "tides"}])
    assert asyncio.run(ask()) == (
        llm.responses.create(model=CHAT, input="tides").output_text,
        chat.choices[0].message.content,
        str(llm.embeddings.create(model=EMBED, input="tides").data[0].embedding),
    )


def test_models_are_listed_and_an_unknown_one_is_a_404(llm: OpenAI) -> None:
    assert [item.id for item in llm.models.list()] == [CHAT, EMBED]
    assert llm.models.retrieve(CHAT).id == CHAT
    with pytest.raises(openai.NotFoundError) as chat_refusal:
        llm.chat.completions.create(model="gpt-0", messages=[{"role": "user", "content": "hello"}])
    assert chat_refusal.value.code == "model_not_found"
    with pytest.raises(openai.NotFoundError):
        llm.models.retrieve("gpt-0")


def test_missing_parameter_is_a_400_that_names_it(llm: OpenAI) -> None:
    with pytest.raises(openai.BadRequestError) as refusal:
        llm.chat.completions.create(model=CHAT, messages=[])
    assert refusal.value.param == "messages"
    with pytest.raises(openai.BadRequestError) as streamed:
        list(llm.chat.completions.create(model=CHAT, messages=[], stream=True))
    assert streamed.value.param == "messages"


@pytest.mark.parametrize(("path", "body", "status"), [("/chat/completions", b"{", 400), ("/nowhere", b"{}", 404)])
def test_nonsense_is_refused_in_openai_error_form(model: LoopbackServer, path: str, body: bytes, status: int) -> None:
    with pytest.raises(urllib.error.HTTPError) as refusal:
        urllib.request.urlopen(model.base_url + path, data=body, timeout=60)  # noqa: S310 -- our own server
    with refusal.value as answer:
        assert answer.status == status
        assert set(json.load(answer)["error"]) == {"message", "type", "param", "code"}


def test_trouble_strikes_as_often_as_it_was_ordered(model: LoopbackServer, llm: OpenAI) -> None:
    model.fail("storm", status=429)
    model.fail("storm", status=503)
    for kind in (openai.RateLimitError, openai.InternalServerError):
        with pytest.raises(kind):
            llm.responses.create(model=CHAT, input="a storm comes")
    assert llm.responses.create(model=CHAT, input="a storm comes").output_text


def test_stalled_request_is_let_go_when_the_server_closes() -> None:
    async def wait(server: LoopbackServer) -> None:
        async with client_of(server) as client:
            with pytest.raises(openai.APITimeoutError):
                await client.responses.create(model=CHAT, input="calm", timeout=0.2)

    with LoopbackServer() as server:
        server.stall("calm")
        asyncio.run(wait(server))


def test_command_prints_its_base_url_and_ends_on_sigterm() -> None:
    with subprocess.Popen(
        [sys.executable, "-m", "examples.llm_server", "--port", "0"], stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout is not None
        base_url = process.stdout.readline().strip()
        with OpenAI(base_url=base_url, api_key="loopback", max_retries=0) as client:
            assert client.models.retrieve(CHAT).id == CHAT
        process.send_signal(signal.SIGTERM)
        assert process.wait(timeout=60) == 0


TOOLS: list[dict[str, object]] = [
    {
        "name": "look_up",
        "description": "Look up a topic.",
        "parameters": {"type": "object", "properties": {"topic": {"type": "string"}}, "required": ["topic"]},
    },
    {
        "name": "fare",
        "description": "The fare for some adults.",
        "parameters": {"type": "object", "properties": {"adults": {"type": "integer"}}, "required": ["adults"]},
    },
]
POINTS = "What about these?\n- tides\n- fuel"


CHAT_TOOLS: Any = [{"type": "function", "function": tool} for tool in TOOLS]


def chat_with_tools(llm: OpenAI, messages: Any, **more: Any) -> Any:  # noqa: ANN401 - the SDK's own long unions
    return llm.chat.completions.create(model=CHAT, messages=messages, tools=CHAT_TOOLS, **more).choices[0]


def follow(llm: OpenAI) -> tuple[list[str], str]:
    """Let the model call its tools until it speaks; returns the calls, and what it says."""
    messages: list[Any] = [{"role": "user", "content": POINTS}]
    calls: list[str] = []
    while True:
        choice = chat_with_tools(llm, messages)
        messages.append(choice.message)
        if choice.finish_reason != "tool_calls":
            return calls, choice.message.content
        for call in choice.message.tool_calls:
            calls.append(f"{call.function.name} {call.function.arguments}")
            messages.append({"role": "tool", "tool_call_id": call.id, "content": f"{call.function.name} said so"})


def test_chat_calls_each_tool_once_with_arguments_of_its_schema_and_then_speaks(llm: OpenAI) -> None:
    calls, words = follow(llm)
    assert calls[0] == 'look_up {"topic": "tides"}'
    assert calls[1].startswith('fare {"adults": ')
    assert len(calls) == 2
    assert "look_up said so" in words


def test_tool_choice_is_obeyed(llm: OpenAI) -> None:
    asked = [{"role": "user", "content": POINTS}]
    assert chat_with_tools(llm, asked, tool_choice="none").message.content
    named = chat_with_tools(llm, asked, tool_choice={"type": "function", "function": {"name": "fare"}})
    assert named.message.tool_calls[0].function.name == "fare"
    done = [
        *asked,
        *(
            {
                "role": "assistant",
                "tool_calls": [{"id": n, "type": "function", "function": {"name": n, "arguments": "{}"}}],
            }
            for n in ("look_up", "fare")
        ),
    ]
    assert chat_with_tools(llm, done).message.content
    assert chat_with_tools(llm, done, tool_choice="required").message.tool_calls


def test_streamed_call_is_the_whole_one(llm: OpenAI) -> None:
    asked: Any = [{"role": "user", "content": POINTS}]
    whole = chat_with_tools(llm, asked).message.tool_calls[0]
    chunks: Any = llm.chat.completions.create(model=CHAT, messages=asked, tools=CHAT_TOOLS, stream=True)
    [call] = [call for chunk in chunks for call in chunk.choices[0].delta.tool_calls or ()]
    assert (call.id, call.function.name, call.function.arguments) == (
        whole.id,
        whole.function.name,
        whole.function.arguments,
    )


def test_response_calls_a_tool_and_is_told_what_it_said(llm: OpenAI) -> None:
    tools: Any = [{"type": "function", "strict": True, **tool} for tool in TOOLS]
    first = llm.responses.create(model=CHAT, input=POINTS, tools=tools)
    [call] = first.output
    assert call.type == "function_call"
    assert (call.name, json.loads(call.arguments)) == ("look_up", {"topic": "tides"})
    said: Any = [
        {"role": "user", "content": POINTS},
        call.model_dump(),
        {"type": "function_call_output", "call_id": call.call_id, "output": "high at noon"},
    ]
    with llm.responses.stream(model=CHAT, input=said, tools=tools) as stream:
        events = list(stream)
        [second] = stream.get_final_response().output
    assert "response.function_call_arguments.done" in [event.type for event in events]
    assert second.type == "function_call"
    assert second.name == "fare"
    assert "high at noon" in llm.responses.create(model=CHAT, input=said).output_text
