"""Faults of what a model says: an answer of status 200 that code must not take at its word.

Each is made of the recorded answer, whose ids, model and usage stay. Both endpoints have them, streamed or not.
"""

import json
from collections.abc import Callable
from dataclasses import replace

from replaykit.model.cassette import Answer
from replaykit.model.value import JsonData
from replaykit.rules.llm_faults.fault import Body, Exchange, LlmFault, impossible
from replaykit.rules.llm_faults.reply import (
    CALLS,
    FILTERED,
    LENGTH,
    STOP,
    Call,
    Reply,
    answer_with,
    body_of,
    reply_in,
    saying,
)


def truncated() -> LlmFault:
    """Make an answer that the limit of tokens ended before the model said anything: `length`, and no content."""
    return _saying("truncated", {}, lambda _exchange, _reply: Reply(finish=LENGTH))


def content_filtered() -> LlmFault:
    """Make an answer that the provider's filter withheld: `content_filter`."""
    return _saying("content_filtered", {}, lambda _exchange, _reply: Reply(finish=FILTERED))


def refusal(text: str = "I'm sorry, I can't help with that.") -> LlmFault:
    """Make a refusal: no content, and a reason in the field for it."""
    return _saying("refusal", {"text": text}, lambda _exchange, _reply: Reply(refusal=text))


def truncated_json() -> LlmFault:
    """Make a text that ends in the middle, though the model says that it is done: JSON that does not parse."""

    def said(exchange: Exchange, reply: Reply) -> Reply:
        if not reply.text:
            raise impossible(exchange, "truncated_json", "the recorded answer holds no text to cut")
        return replace(reply, text=reply.text[: len(reply.text) // 2], finish=STOP)

    return _saying("truncated_json", {}, said)


def wrong_schema(body: JsonData = None) -> LlmFault:
    """Make a text that is valid JSON of a schema that nobody asked for.

    Args:
        body: The JSON; `{"unexpected": true}` where none is given.
    """
    given = {"unexpected": True} if body is None else body
    return _saying("wrong_schema", {"body": body}, lambda _exchange, _reply: Reply(text=json.dumps(given)))


def invalid_tool_arguments() -> LlmFault:
    """Make calls of tools whose arguments end in the middle of their JSON."""
    return _calling("invalid_tool_arguments", lambda call: replace(call, arguments=_cut(call.arguments)))


def empty_tool_arguments() -> LlmFault:
    """Make calls of tools whose arguments are an empty text."""
    return _calling("empty_tool_arguments", lambda call: replace(call, arguments=""))


def trailing_comma() -> LlmFault:
    """Make calls of tools whose arguments have a comma too many."""
    return _calling("trailing_comma", lambda call: replace(call, arguments=_with_comma(call.arguments)))


def unknown_tool(name: str = "no_such_tool") -> LlmFault:
    """Make calls of a tool that the code never offered."""
    return _calling("unknown_tool", lambda call: replace(call, name=name), {"name": name})


def duplicate_tool_call_id() -> LlmFault:
    """Make two calls with one id."""

    def said(exchange: Exchange, reply: Reply) -> Reply:
        first = _calls(exchange, reply, "duplicate_tool_call_id")[0]
        return replace(reply, calls=(first, first), finish=CALLS)

    return _saying("duplicate_tool_call_id", {}, said)


def no_choices() -> LlmFault:
    """Make an answer of status 200 that holds none: no choices, or no output."""

    def changed(_exchange: Exchange, body: Body) -> Body:
        return {**body, "choices": []} if "choices" in body else {**body, "output": []}

    return _changing("no_choices", {}, changed)


def other_model(name: str = "another-model") -> LlmFault:
    """Make an answer of another model than the one that was asked."""
    return _changing("other_model", {"name": name}, lambda _exchange, body: {**body, "model": name})


def _saying(name: str, arguments: dict[str, JsonData], said: Callable[[Exchange, Reply], Reply]) -> LlmFault:
    return _changing(
        name, arguments, lambda exchange, body: saying(exchange, body, said(exchange, reply_in(exchange, body)))
    )


def _calling(name: str, changed: Callable[[Call], Call], arguments: dict[str, JsonData] | None = None) -> LlmFault:
    def said(exchange: Exchange, reply: Reply) -> Reply:
        calls = _calls(exchange, reply, name)
        return replace(reply, text=None, calls=tuple(map(changed, calls)), finish=CALLS)

    return _saying(name, arguments or {}, said)


def _changing(name: str, arguments: dict[str, JsonData], changed: Callable[[Exchange, Body], Body]) -> LlmFault:
    def apply(exchange: Exchange) -> Answer:
        return answer_with(exchange, changed(exchange, body_of(exchange, name)))

    return LlmFault(name, arguments, apply)


def _calls(exchange: Exchange, reply: Reply, fault: str) -> tuple[Call, ...]:
    """Return the recorded calls; where there is none, one of the first tool that the question offers."""
    if reply.calls:
        return reply.calls
    tools = exchange.request.get("tools")
    for tool in tools if isinstance(tools, list) else []:
        function = tool.get("function", tool) if isinstance(tool, dict) else None
        if isinstance(function, dict) and function.get("name"):
            return (Call("call_1", str(function["name"]), "{}"),)
    raise impossible(exchange, fault, "the recorded answer calls no tool, and the question offers none")


def _cut(arguments: str) -> str:
    return arguments[: len(arguments) // 2] if len(arguments) > len("{}") else '{"'


def _with_comma(arguments: str) -> str:
    text = arguments.rstrip()
    return f"{text[:-1]},}}" if text.endswith("}") else f"{text},"
