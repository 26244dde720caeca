"""A workflow whose activities ask a model through the real openai SDK, in every way a fault depends on."""

import contextvars
import json
import threading
import urllib.request
from datetime import timedelta
from typing import Any

from temporalio import activity, workflow
from temporalio.common import RetryPolicy

with workflow.unsafe.imports_passed_through():
    from openai import APIError, AsyncOpenAI, OpenAI
    from openai.types.chat import ChatCompletionFunctionToolParam

TOOL: ChatCompletionFunctionToolParam = {
    "type": "function",
    "function": {
        "name": "look_up",
        "description": "Look something up.",
        "parameters": {"type": "object", "properties": {"word": {"type": "string"}}, "required": ["word"]},
    },
}


@workflow.defn(sandboxed=False)
class Asking:
    """Runs one activity, which may fail: what it ran into is the result."""

    @workflow.run
    async def run(self, name: str, prompt: str) -> str:
        said: str = await workflow.execute_activity(
            name,
            prompt,
            start_to_close_timeout=timedelta(minutes=5),
            retry_policy=RetryPolicy(initial_interval=timedelta(seconds=1)),
        )
        return said


class Model:
    """Activities that ask; they tell the final exception of the SDK instead of failing with it."""

    def __init__(self, base_url: str) -> None:
        self._base_url = base_url

    def _client(self) -> AsyncOpenAI:
        return AsyncOpenAI(base_url=self._base_url, api_key="k")

    @activity.defn
    async def chat(self, prompt: str) -> str:
        async with self._client() as client:
            try:
                answer = await client.chat.completions.create(
                    model="gpt-4o-mini", messages=[{"role": "user", "content": prompt}]
                )
            except APIError as error:
                return type(error).__name__
        if not answer.choices:
            return "no choices"
        choice = answer.choices[0]
        return json.dumps([answer.model, choice.finish_reason, choice.message.content, choice.message.refusal])

    @activity.defn
    async def stream(self, prompt: str) -> str:
        said = ""
        async with self._client() as client:
            try:
                chunks = await client.chat.completions.create(
                    model="gpt-4o-mini",
                    messages=[{"role": "user", "content": prompt}],
                    stream=True,
                    stream_options={"include_usage": True},
                )
                async for chunk in chunks:
                    said += "".join(choice.delta.content or "" for choice in chunk.choices)
            except Exception as error:  # noqa: BLE001 - the SDK lets what breaks a stream off through as it is
                return type(error).__name__
        return said

    @activity.defn
    def call_tool(self, prompt: str) -> str:
        with OpenAI(base_url=self._base_url, api_key="k") as client:
            answer = client.chat.completions.create(
                model="gpt-4o-mini",
                messages=[{"role": "user", "content": prompt}],
                tools=[TOOL],
                tool_choice="required",
            )
        calls = [call for call in answer.choices[0].message.tool_calls or [] if call.type == "function"]
        return json.dumps([[call.id, call.function.name, call.function.arguments] for call in calls])

    @activity.defn
    def say_json(self, prompt: str) -> str:
        schema: dict[str, object] = {"type": "object", "properties": {"word": {"type": "string"}}, "required": ["word"]}
        with OpenAI(base_url=self._base_url, api_key="k") as client:
            answer = client.chat.completions.create(
                model="gpt-4o-mini",
                messages=[{"role": "user", "content": prompt}],
                response_format={"type": "json_schema", "json_schema": {"name": "said", "schema": schema}},
            )
        return str(answer.choices[0].message.content)

    @activity.defn
    async def ask_twice(self, prompt: str) -> str:
        return await self.chat(prompt) + await self.chat(f"{prompt} again")

    @activity.defn
    async def ask_until_it_parses(self, prompt: str) -> str:
        async with self._client() as client:
            while True:
                answer = await client.chat.completions.create(
                    model="gpt-4o-mini", messages=[{"role": "user", "content": prompt}]
                )
                said = str(answer.choices[0].message.content)
                if "unexpected" not in said:
                    return said

    @activity.defn
    def ask_by_hand(self, prompt: str) -> str:
        """Ask through http.client, which makes one attempt."""
        body = json.dumps({"model": "gpt-4o-mini", "messages": [{"role": "user", "content": prompt}]}).encode()
        headers = {"Content-Type": "application/json"}
        asked = urllib.request.Request(f"{self._base_url}/chat/completions", data=body, headers=headers)  # noqa: S310 - loopback
        try:
            with urllib.request.urlopen(asked) as answer:  # noqa: S310 - loopback
                return str(json.load(answer)["choices"][0]["message"]["content"])
        except Exception as error:  # noqa: BLE001 - the name of whatever it is
            return type(error).__name__

    @activity.defn
    def ask_in_a_strange_thread(self, prompt: str) -> str:
        """Ask where no context of the activity reaches."""
        said: list[str] = []
        asking = threading.Thread(
            target=contextvars.Context().run, args=(lambda: said.append(self.ask_by_hand(prompt)),)
        )
        asking.start()
        asking.join()
        return said[0]

    @property
    def all(self) -> list[Any]:
        """The activities."""
        return [
            self.chat,
            self.stream,
            self.call_tool,
            self.say_json,
            self.ask_twice,
            self.ask_until_it_parses,
            self.ask_by_hand,
            self.ask_in_a_strange_thread,
        ]
