"""Which tool the canned model calls, and what a real one without tool calls of its own is asked instead."""

import json
from collections.abc import Mapping, Sequence
from http import HTTPStatus
from typing import Any

from . import answers
from .dialogue import Call, Dialogue, Tool, Turn
from .errors import RefusalError
from .upstream import ask

ANSWER = "answer"  # what a real model names when it wants no tool but words
_CHOOSE = "Answer with the name of the tool that fits the question, and its arguments in the question's words."
_TEMPERATURE = 0.3
_LONGEST_ARGUMENT = 60  # characters; a model this small may never come to an end of its own
_LONGEST_ANSWER = 60  # tokens


def canned(dialogue: Dialogue, prompt: str) -> Call | None:
    """Call each tool once, in the order in which they are offered; then say something."""
    if not dialogue.open_tools:
        return None
    tool = dialogue.open_tools[0]
    calls = [call for turn in dialogue.turns for call in turn.calls]
    asked = [value for call in calls for value in json.loads(call.arguments or "{}").values()]
    still_open = "\n".join(line for line in prompt.splitlines() if line.removeprefix("- ").strip() not in asked)
    return Call(tool.name, json.dumps(answers.structured(tool.parameters, still_open)))


def modelled(dialogue: Dialogue, upstream: str) -> tuple[Call | str, str]:
    """Let a real model choose a tool by a forced JSON schema of `{name, arguments}`; or let it answer in words.

    Returns:
        What it chose or said, and its name.

    Raises:
        RefusalError: The model's choice is no JSON: it ran out of tokens.
    """
    tools = dialogue.open_tools
    if tools:
        # Words before the first call would be the end of the agent, and a model this small likes words.
        may_answer = bool(dialogue.calls) and not dialogue.must_call
        text, name = ask(upstream, _choice(dialogue, tools, may_answer=may_answer))
        chosen = _chosen(text)
        if chosen.name != ANSWER:
            return chosen, name
    told: dict[str, Any] = {"messages": _messages(dialogue.turns)}
    if dialogue.schema is not None:
        return ask(upstream, told | _forced(dialogue.schema))
    return ask(upstream, told | {"max_tokens": _LONGEST_ANSWER})


def _choice(dialogue: Dialogue, tools: Sequence[Tool], *, may_answer: bool) -> dict[str, Any]:
    menu = "\n".join(f"{tool.name}: {tool.description}" for tool in tools)
    # The agent's own instructions speak of answers, and a model this small then answers in the tool's arguments.
    told = Turn("system", f"Tools:\n{menu}\n{_CHOOSE}")
    said = [turn for turn in dialogue.turns if turn.role != "system"]
    forms = [_form(tool.name, _short(tool.parameters)) for tool in tools]
    if may_answer:
        forms.append(_form(ANSWER, {"type": "object", "properties": {}, "additionalProperties": False}))
    return {"messages": _messages([told, *said]), "temperature": _TEMPERATURE} | _forced({"anyOf": forms})


def _forced(schema: Mapping[str, Any]) -> dict[str, Any]:
    return {"response_format": {"type": "json_schema", "json_schema": {"name": "answer", "schema": schema}}}


def _form(name: str, arguments: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "type": "object",
        "properties": {"name": {"const": name}, "arguments": arguments},
        "required": ["name", "arguments"],
        "additionalProperties": False,
    }


def _short(schema: Mapping[str, Any]) -> dict[str, Any]:
    """Bound every string of a schema that has no bounds of its own."""
    short = {key: _short(value) if isinstance(value, Mapping) else value for key, value in schema.items()}
    if short.get("type") == "string" and "enum" not in short:
        return {"minLength": 1, "maxLength": _LONGEST_ARGUMENT} | short
    return short


def _messages(turns: Sequence[Turn]) -> list[dict[str, str]]:
    """Tell a conversation in the three roles that every chat model knows; calls go untold, or it would imitate them."""
    told = []
    for turn in turns:
        if turn.role == "tool":
            told.append({"role": "user", "content": f"Known: {turn.text}"})
        elif turn.text:
            told.append({"role": turn.role, "content": turn.text})
    return told


def _chosen(text: str) -> Call:
    try:
        choice = json.loads(text)
    except ValueError:
        raise RefusalError(HTTPStatus.BAD_GATEWAY, "The model's choice is no JSON.", "server_error") from None
    return Call(choice["name"], json.dumps(choice["arguments"], ensure_ascii=False))
