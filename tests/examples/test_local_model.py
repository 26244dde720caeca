"""A real model on loopback, where its wheels are installed."""

import json

import pytest
from openai import OpenAI

from examples.llm_server import LoopbackServer
from examples.llm_server.local_model import INSTALL, ModelMissingError, model_file, serve_local_model

from .test_llm_server import follow

pytestmark = pytest.mark.long


@pytest.fixture
def installed() -> None:
    try:
        model_file()
    except ModelMissingError:
        pytest.skip(f"the local model is not installed: {INSTALL}")


@pytest.mark.usefixtures("installed")
def test_local_model_answers_chats_streams_and_responses_behind_the_loopback_server() -> None:
    with (
        serve_local_model() as upstream,
        LoopbackServer(upstream=upstream) as server,
        OpenAI(base_url=server.base_url, api_key="loopback", max_retries=0) as llm,
    ):
        chat = llm.chat.completions.create(
            model="gpt-4o-mini", messages=[{"role": "user", "content": "Say hello."}], max_tokens=8
        )
        stream = llm.chat.completions.create(
            model="gpt-4o-mini", messages=[{"role": "user", "content": "Say hello."}], max_tokens=8, stream=True
        )
        streamed = [chunk.choices[0].delta.content for chunk in stream if chunk.choices]
        response = llm.responses.create(model="gpt-4o-mini", input="Say hello.", max_output_tokens=8)
        vector = llm.embeddings.create(model="text-embedding-3-small", input="hello").data[0].embedding
    assert chat.choices[0].message.content
    assert "gguf" in chat.model  # the model's own name: no answer of ours
    assert any(streamed)
    assert response.output_text
    assert vector


@pytest.mark.usefixtures("installed")
def test_local_model_chooses_a_tool_and_speaks_in_the_end() -> None:
    """It knows no tool calls: the loopback server asks it for a choice in JSON, and calls what it chose."""
    with (
        serve_local_model() as upstream,
        LoopbackServer(upstream=upstream) as server,
        OpenAI(base_url=server.base_url, api_key="loopback", max_retries=0) as llm,
    ):
        calls, words = follow(llm)
    assert 1 <= len(calls) <= 2
    for call in calls:
        name, _, arguments = call.partition(" ")
        assert set(json.loads(arguments)) == {{"look_up": "topic", "fare": "adults"}[name]}
    assert words


def test_missing_model_names_the_command_that_installs_it() -> None:
    assert INSTALL in str(ModelMissingError())
