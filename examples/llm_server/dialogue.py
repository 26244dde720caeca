"""What a request of either protocol says: the turns of its conversation, and the tools it offers."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from . import requests


@dataclass(frozen=True, slots=True)
class Tool:
    """A function that the model may ask to have called; `parameters` is a JSON schema."""

    name: str
    description: str
    parameters: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Call:
    """A function that the model asks to have called; `arguments` is JSON text, as the protocol has it."""

    name: str
    arguments: str


@dataclass(frozen=True, slots=True)
class Turn:
    """One message: who says it, what it says, and what it asks to have called."""

    role: str
    text: str
    calls: tuple[Call, ...] = ()


@dataclass(frozen=True, slots=True)
class Dialogue:
    """A conversation, and what may follow it.

    Attributes:
        turns: What was said and called.
        tools: What may be called next.
        must_call: Whether an answer in words is ruled out.
        schema: The JSON schema of an answer in words; none where any words will do.
    """

    turns: tuple[Turn, ...]
    tools: tuple[Tool, ...]
    must_call: bool
    schema: Mapping[str, Any] | None

    @property
    def calls(self) -> tuple[Call, ...]:
        """The calls since somebody last asked something."""
        asked = max((place for place, turn in enumerate(self.turns) if turn.role == "user"), default=-1)
        return tuple(call for turn in self.turns[asked + 1 :] for call in turn.calls)

    @property
    def open_tools(self) -> tuple[Tool, ...]:
        """The tools that have not been called since: a small model would call the first of them for ever."""
        called = {call.name for call in self.calls}
        left = tuple(tool for tool in self.tools if tool.name not in called)
        return left or (self.tools if self.must_call else ())


def uses_tools(body: Mapping[str, Any]) -> bool:
    """Whether a request offers tools, or tells of calls in its conversation."""
    dialogue = read(body)
    return bool(dialogue.tools) or any(turn.calls or turn.role == "tool" for turn in dialogue.turns)


def read(body: Mapping[str, Any]) -> Dialogue:
    """Read a chat (`messages`) or a response's `instructions` and `input`."""
    said = body.get("messages") or body.get("input") or ()
    items: Sequence[Any] = [{"role": "user", "content": said}] if isinstance(said, str) else said
    turns = [_turn(item) for item in items if isinstance(item, Mapping)]
    if body.get("instructions"):
        turns.insert(0, Turn("system", str(body["instructions"])))
    tools = [_tool(item) for item in body.get("tools") or () if item.get("type") == "function"]
    choice = body.get("tool_choice")
    match choice:
        case "none":
            tools = []
        case {"name": name} | {"function": {"name": name}}:
            tools = [tool for tool in tools if tool.name == name]
    return Dialogue(tuple(turns), tuple(tools), choice == "required" or isinstance(choice, Mapping), _schema(body))


def _schema(body: Mapping[str, Any]) -> Mapping[str, Any] | None:
    match body:
        case {"response_format": {"json_schema": {"schema": schema}}} | {"text": {"format": {"schema": schema}}}:
            return dict(schema)
    return None


def _turn(item: Mapping[str, Any]) -> Turn:
    match item:
        case {"type": "function_call", "name": name, "arguments": arguments}:
            return Turn("assistant", "", (Call(name, arguments),))
        case {"type": "function_call_output", "output": output}:
            return Turn("tool", output if isinstance(output, str) else json.dumps(output))
    calls = [call["function"] for call in item.get("tool_calls") or ()]
    role = {"developer": "system"}.get(item.get("role", ""), item.get("role", "user"))
    return Turn(role, requests.words(item), tuple(Call(call["name"], call["arguments"]) for call in calls))


def _tool(item: Mapping[str, Any]) -> Tool:
    said = item.get("function", item)
    return Tool(said["name"], said.get("description") or "", said.get("parameters") or {})
