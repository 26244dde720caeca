"""What the agent does in the world: plan, call tools, summarise."""

import asyncio
import json
from typing import TYPE_CHECKING

from temporalio import activity

from . import tools
from .models import Observation, Plan, Planning, ToolCall

if TYPE_CHECKING:  # the worker makes the client; a replay of the workflow need not load its SDK
    from openai import AsyncOpenAI

TOOLS = ("calculate", "search")
FINISH = "finish"

_PLAN_SCHEMA: dict[str, object] = {
    "type": "object",
    "properties": {
        "tool": {"type": "string", "enum": [*TOOLS, FINISH]},
        "argument": {"type": "string"},
    },
    "required": ["tool", "argument"],
    "additionalProperties": False,
}


class UnusableAnswerError(Exception):
    """The model's answer is no plan, or no summary: the next attempt asks again."""


class AgentActivities:
    """The agent's model and its tools, one activity each; a tool's name is its activity's name."""

    def __init__(self, llm: "AsyncOpenAI", *, model: str = "gpt-4o-mini") -> None:
        self._llm = llm
        self._model = model

    @activity.defn
    async def plan(self, planning: Planning) -> Plan:
        """Let the model choose the next tool, or to finish."""
        points = "\n".join(f"- {point}" for point in planning.notes.open_points)
        answer = await self._llm.chat.completions.create(
            model=self._model,
            messages=[
                {
                    "role": "system",
                    "content": "Choose the tool that settles the first open point and what to ask it;"
                    " choose finish when no point is open.",
                },
                {
                    "role": "user",
                    "content": f"Goal: {planning.goal}\nKnown: {planning.notes.summary}\nOpen:\n{points}",
                },
            ],
            response_format={
                "type": "json_schema",
                "json_schema": {"name": "plan", "schema": _PLAN_SCHEMA, "strict": True},
            },
            extra_headers={"Idempotency-Key": planning.key},
        )
        return _plan_in((answer.choices[0].message.content if answer.choices else None) or "")

    @activity.defn
    async def calculate(self, call: ToolCall) -> str:
        """Tool: the value of an arithmetic expression."""
        return tools.calculate(call.argument)

    @activity.defn
    async def search(self, call: ToolCall) -> str:
        """Tool: look something up in the almanac."""
        return await asyncio.to_thread(tools.search, call.argument)

    @activity.defn
    async def summarise(self, observation: Observation) -> str:
        """Let the model fold an observation into the summary."""
        answer = await self._llm.responses.create(
            model=self._model,
            instructions="Sum up in two sentences what is known.",
            input=f"{observation.plan.argument}: {observation.said}\n{observation.summary}",
            max_output_tokens=40,
            extra_headers={"Idempotency-Key": observation.key},
        )
        if not answer.output_text:  # what is known so far must not be forgotten for nothing
            raise UnusableAnswerError(answer.incomplete_details or "no text")
        return answer.output_text


def _plan_in(text: str) -> Plan:
    """Read what the model chose; a field of another type would fail the workflow's task, again and again."""
    match json.loads(text):
        case {"tool": str() as tool, "argument": str() as argument}:
            return Plan(tool, argument)
        case _:
            raise UnusableAnswerError(text)
