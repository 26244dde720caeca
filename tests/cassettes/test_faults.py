"""What goes wrong with language models, by name: the real openai SDK runs into it, played from a cassette."""

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import openai
import pytest
from click.testing import CliRunner
from openai import OpenAI
from openai.types.responses import Response

from replaykit import faults, use_cassette
from replaykit.adapters import tapes
from replaykit.cli import main
from replaykit.errors import FaultImpossible, FaultNotFired, FaultUnknown
from replaykit.model.cassette import Cassette
from replaykit.rules.llm_faults.catalogue import FAULTS, from_text
from replaykit.rules.llm_faults.placing import with_fault

MESSAGES: list[Any] = [{"role": "user", "content": "Say a word about harbours."}]
TOOLS: list[Any] = [
    {"type": "function", "function": {"name": "search", "parameters": {"type": "object", "properties": {}}}}
]
FLAT_TOOLS: list[Any] = [{"type": "function", "name": "search", "parameters": {"type": "object"}, "strict": False}]


@dataclass(frozen=True, slots=True)
class Said:
    """What the SDK hands to code, of either endpoint, streamed or not."""

    text: str | None
    refusal: str | None
    calls: tuple[tuple[str, str, str], ...]
    finish: str
    model: str


def chat(client: OpenAI) -> Said:
    answer = client.chat.completions.create(model="gpt-4o-mini", messages=MESSAGES, tools=TOOLS, tool_choice="none")
    return of_chat(answer.choices, answer.model)


def of_chat(choices: Sequence[Any], model: str) -> Said:
    if not choices:
        raise IndexError("no choice")
    [choice] = choices
    calls = tuple((call.id, call.function.name, call.function.arguments) for call in choice.message.tool_calls or ())
    return Said(choice.message.content, choice.message.refusal, calls, choice.finish_reason, model)


def chat_stream(client: OpenAI) -> Said:
    text, refusal, finish, model = "", "", "", ""
    calls: dict[int, list[str]] = {}
    some = False
    for chunk in client.chat.completions.create(
        model="gpt-4o-mini", messages=MESSAGES, tools=TOOLS, tool_choice="none", stream=True
    ):
        model = chunk.model
        for choice in chunk.choices:
            some = True
            text += choice.delta.content or ""
            refusal += choice.delta.refusal or ""
            finish = choice.finish_reason or finish
            for call in choice.delta.tool_calls or ():
                assert call.function is not None
                said = [call.id or "", call.function.name or "", call.function.arguments or ""]
                calls[call.index] = [old + new for old, new in zip(calls.get(call.index, [""] * 3), said, strict=True)]
    if not some:
        raise IndexError("no choice in any chunk")
    return Said(text or None, refusal or None, tuple((a, b, c) for a, b, c in calls.values()), finish, model)


def responses(client: OpenAI) -> Said:
    return of_responses(
        client.responses.create(model="gpt-4o-mini", input="Say a word.", tools=FLAT_TOOLS, tool_choice="none")
    )


def responses_stream(client: OpenAI) -> Said:
    deltas = ""
    for event in client.responses.create(
        model="gpt-4o-mini", input="Say a word.", tools=FLAT_TOOLS, tool_choice="none", stream=True
    ):
        if event.type == "response.output_text.delta":
            deltas += event.delta
        if event.type in {"response.completed", "response.incomplete"}:
            said = of_responses(event.response)
            assert deltas == (said.text or "")
            return said
    raise EOFError("the stream ended before the response was complete")


def of_responses(response: Response) -> Said:
    if not response.output and response.status == "completed":
        raise IndexError("no output")
    refusal = [
        part.refusal
        for item in response.output
        if item.type == "message"
        for part in item.content
        if part.type == "refusal"
    ]
    calls = tuple((item.call_id, item.name, item.arguments) for item in response.output if item.type == "function_call")
    finish = "tool_calls" if calls else "stop"
    if response.incomplete_details is not None:
        finish = {"max_output_tokens": "length"}.get(str(response.incomplete_details.reason), "content_filter")
    return Said(response.output_text or None, refusal[0] if refusal else None, calls, finish, response.model)


ASKS: Mapping[str, Callable[[OpenAI], Said]] = {
    "chat": chat,
    "chat stream": chat_stream,
    "responses": responses,
    "responses stream": responses_stream,
}
STREAMS = {"chat stream", "responses stream"}


@pytest.fixture(scope="module")
def recorded(llm: str, tmp_path_factory: pytest.TempPathFactory) -> Mapping[str, Cassette]:
    """A cassette of each way to ask, recorded from the server on loopback."""
    cassettes = {}
    for name, ask in ASKS.items():
        path = tmp_path_factory.mktemp("faults") / "one.yaml"
        with use_cassette(path, mode="once", layers="http"):
            ask(NOBODY.with_options(base_url=llm))
        cassettes[name] = tapes.load(path)
    return cassettes


# One for all: making a client takes longer than a test.
NOBODY = OpenAI(base_url="http://127.0.0.1:9/v1", api_key="loopback", max_retries=0)


def played(cassette: Cassette, ask: Callable[[OpenAI], Said], directory: Path, *, retries: int = 0) -> Said:
    path = directory / "struck.yaml"
    tapes.save(path, cassette)
    # Read from the file: what a reviewer sees is what is played.
    with use_cassette(path, layers="http"):
        return ask(NOBODY.with_options(max_retries=retries))


STATUSES = {
    "rate_limited(retry_after=1)": (openai.RateLimitError, 429, "rate_limit_exceeded"),
    "rate_limited": (openai.RateLimitError, 429, "rate_limit_exceeded"),
    "insufficient_quota": (openai.RateLimitError, 429, "insufficient_quota"),
    "server_error": (openai.InternalServerError, 500, None),
    "unavailable": (openai.InternalServerError, 503, None),
    "overloaded": (openai.InternalServerError, 529, None),
    "unauthorized": (openai.AuthenticationError, 401, "invalid_api_key"),
    "context_too_long": (openai.BadRequestError, 400, "context_length_exceeded"),
    "model_retired": (openai.NotFoundError, 404, "model_not_found"),
}


@pytest.mark.parametrize("kind", ASKS)
def test_a_status_reaches_the_code_as_the_sdks_error(
    recorded: Mapping[str, Cassette], kind: str, tmp_path: Path
) -> None:
    for fault, (error, status, code) in STATUSES.items():
        struck = with_fault(recorded[kind], from_text(fault), number=1, instead=True)
        with pytest.raises(error) as raised:
            played(struck, ASKS[kind], tmp_path)
        assert isinstance(raised.value, openai.APIStatusError)
        assert (raised.value.status_code, raised.value.code) == (status, code), fault


@pytest.mark.parametrize("kind", ASKS)
def test_a_fault_in_front_of_a_recording_is_answered_by_it_when_the_sdk_asks_again(
    recorded: Mapping[str, Cassette], kind: str, tmp_path: Path
) -> None:
    struck = with_fault(recorded[kind], faults.rate_limited(retry_after=60), number=1, times=2)
    assert played(struck, ASKS[kind], tmp_path, retries=2).text
    with pytest.raises(openai.RateLimitError):
        played(struck, ASKS[kind], tmp_path, retries=1)


@pytest.mark.parametrize("kind", ASKS)
def test_what_happens_to_a_connection_is_raised_as_the_sdk_raises_it(
    recorded: Mapping[str, Cassette], kind: str, tmp_path: Path
) -> None:
    for fault, error in (
        (faults.timed_out(), openai.APITimeoutError),
        (faults.connection_refused(), openai.APIConnectionError),
        (faults.connection_reset(), openai.APIConnectionError),
    ):
        with pytest.raises(openai.APIConnectionError) as raised:
            played(with_fault(recorded[kind], fault, number=1, instead=True), ASKS[kind], tmp_path)
        assert type(raised.value) is error


@pytest.mark.parametrize("kind", sorted(STREAMS))
def test_streams_break_stall_and_end_in_errors(recorded: Mapping[str, Cassette], kind: str, tmp_path: Path) -> None:
    for fault, error in (
        (faults.cut_off(after=2), openai.APIConnectionError),
        (faults.stalled(after=2), openai.APITimeoutError),
        (faults.error_event(after=2), openai.APIError),
    ):
        struck = with_fault(recorded[kind], fault, number=1, instead=True)
        with pytest.raises(error) as raised:
            played(struck, ASKS[kind], tmp_path)
        assert type(raised.value) is error, fault


CALLS: Mapping[str, Callable[[str, str], bool]] = {
    "invalid_tool_arguments": lambda name, arguments: (name, arguments) == ("search", '{"'),
    "empty_tool_arguments": lambda name, arguments: (name, arguments) == ("search", ""),
    "trailing_comma": lambda name, arguments: (name, arguments) == ("search", "{,}"),
    "unknown_tool": lambda name, arguments: (name, arguments) == ("no_such_tool", "{}"),
}


@pytest.mark.parametrize("kind", ASKS)
def test_what_a_model_says_goes_wrong_in_every_form(
    recorded: Mapping[str, Cassette], kind: str, tmp_path: Path
) -> None:
    def said(fault: faults.LlmFault) -> Said:
        return played(with_fault(recorded[kind], fault, number=1, instead=True), ASKS[kind], tmp_path)

    whole = played(recorded[kind], ASKS[kind], tmp_path)
    assert whole.text
    assert said(faults.truncated()) == Said(None, None, (), "length", whole.model)
    assert said(faults.content_filtered()) == Said(None, None, (), "content_filter", whole.model)
    assert said(faults.refusal("No.")) == Said(None, "No.", (), "stop", whole.model)
    assert said(faults.other_model("gpt-0")) == Said(whole.text, None, (), whole.finish, "gpt-0")
    assert json.loads(said(faults.wrong_schema({"a": 1})).text or "") == {"a": 1}
    assert said(faults.truncated_json()).text == whole.text[: len(whole.text) // 2]
    with pytest.raises(IndexError):
        said(faults.no_choices())
    for name, holds in CALLS.items():
        [(_, tool, arguments)] = said(from_text(name)).calls
        assert holds(tool, arguments), name
    [first, second] = said(faults.duplicate_tool_call_id()).calls
    assert first == second
    assert said(faults.duplicate_tool_call_id()).finish == "tool_calls"


def test_every_fault_of_the_catalogue_is_public_and_reads_back() -> None:
    assert sorted(FAULTS) == sorted(set(faults.__all__) - {"LlmFault"})
    for name, make in FAULTS.items():
        assert make().name == name
        assert from_text(str(make())) == make()
    assert str(faults.rate_limited(retry_after=1)) == "rate_limited(retry_after=1)"
    assert str(faults.rate_limited()) == "rate_limited()"


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("rate_limitted", "no fault has this name; there are: rate_limited, "),
        ("rate_limited(1)", "arguments by name"),
        ("rate_limited(after=1)", "rate_limited does not take such arguments"),
        ("refusal(text=open('x'))", "refusal does not take such arguments"),
        ("refusal(text=open('x'))", "they are texts in quotes"),
        ('refusal("no")', "it takes arguments by name: refusal(text=…)"),
        ("__import__('os').abort()", "it is no name"),
        ("", "it is no name"),
    ],
)
def test_a_fault_that_is_none_is_told_why(text: str, said: str) -> None:
    with pytest.raises(FaultUnknown) as raised:
        from_text(text)
    assert said in raised.value.problem.cause


def test_a_fault_that_cannot_happen_is_refused(recorded: Mapping[str, Cassette]) -> None:
    with pytest.raises(FaultImpossible, match="the recorded answer is none"):
        with_fault(recorded["chat"], faults.cut_off(), number=1)
    with pytest.raises(FaultImpossible, match="to end after 1000"):
        with_fault(recorded["chat stream"], faults.cut_off(after=1000), number=1)
    with pytest.raises(FaultImpossible, match="no recording #2"):
        with_fault(recorded["chat"], faults.refusal(), number=2)


def test_the_command_line_puts_a_fault_into_a_copy_and_shows_it(
    recorded: Mapping[str, Cassette], tmp_path: Path
) -> None:
    path, copy = tmp_path / "one.yaml", tmp_path / "two.yaml"
    tapes.save(path, recorded["chat"])
    before = path.read_bytes()
    options = ["-n", "1", "--times", "2", "--out", str(copy)]
    done = CliRunner().invoke(main, ["cassette", "fault", str(path), "rate_limited(retry_after=1)", *options])
    assert done.exit_code == 0, done.output
    assert done.output == f"rate_limited(retry_after=1) happens 2 times before #1 in {copy}.\n"
    assert path.read_bytes() == before
    shown = CliRunner().invoke(main, ["cassette", "show", str(copy)]).output
    assert shown.count("fault   rate_limited(retry_after=1)") == 2
    assert [each.declared for each in tapes.load(copy).interactions] == ["rate_limited(retry_after=1)"] * 2 + [""]
    listed = CliRunner().invoke(main, ["cassette", "fault", "--list"]).output
    assert all(f"{name}(" in listed for name in FAULTS)


def test_a_test_puts_faults_in_front_of_recordings_without_changing_the_file(
    recorded: Mapping[str, Cassette], tmp_path: Path
) -> None:
    path = tmp_path / "one.yaml"
    tapes.save(path, recorded["chat"])
    before = path.read_bytes()
    with use_cassette(path, layers="http", faults={1: [faults.unavailable(), faults.rate_limited(retry_after=9)]}):
        with pytest.raises(openai.InternalServerError):
            chat(NOBODY)
        with pytest.raises(openai.RateLimitError):
            chat(NOBODY)
        assert chat(NOBODY).text
    assert path.read_bytes() == before


def test_a_fault_that_strikes_nobody_is_an_error(recorded: Mapping[str, Cassette], tmp_path: Path) -> None:
    path = tmp_path / "one.yaml"
    tapes.save(path, recorded["chat"])
    with (
        pytest.raises(FaultNotFired, match=r"Nobody ran into refusal\("),
        use_cassette(path, layers="http", faults={1: faults.refusal()}),
    ):
        pass
    with (
        pytest.raises(FaultImpossible, match="no recording #2"),
        use_cassette(path, layers="http", faults={2: faults.refusal()}),
    ):
        pass
