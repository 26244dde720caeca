"""A workflow whose activities call a model over HTTP, as real ones do."""

import asyncio
import uuid
from collections.abc import AsyncIterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import timedelta

from temporalio import activity, workflow
from temporalio.client import Client
from temporalio.worker import UnsandboxedWorkflowRunner, Worker

with workflow.unsafe.imports_passed_through():
    from openai import AsyncOpenAI, OpenAI, OpenAIError

    from replaykit import OpenCassette


@dataclass(frozen=True, slots=True)
class Call:
    """A prompt, and the activity that sends it: `ask`, `ask_in_thread` or `ask_carelessly`."""

    prompt: str
    activity: str = "ask"


@workflow.defn
class Calling:
    @workflow.run
    async def run(self, calls: list[Call]) -> list[str]:
        soon = timedelta(seconds=20)
        return list(
            await asyncio.gather(
                *(
                    workflow.execute_activity(c.activity, c.prompt, start_to_close_timeout=soon, result_type=str)
                    for c in calls
                )
            )
        )


@dataclass(slots=True)
class Model:
    """Activities that call a model; `calls` lists what really ran."""

    base_url: str
    calls: list[str] = field(default_factory=list)

    @activity.defn
    async def ask(self, prompt: str) -> str:
        self.calls.append(prompt)
        async with AsyncOpenAI(base_url=self.base_url, api_key="k", max_retries=0) as client:
            answer = await client.chat.completions.create(
                model="gpt-4o-mini", messages=[{"role": "user", "content": prompt}]
            )
        return str(answer.choices[0].message.content)

    @activity.defn
    def ask_in_thread(self, prompt: str) -> str:
        self.calls.append(prompt)
        with OpenAI(base_url=self.base_url, api_key="k") as client:
            return client.responses.create(model="gpt-4o-mini", input=prompt).output_text

    @activity.defn
    async def ask_carelessly(self, prompt: str) -> str:
        try:
            return await self.ask(prompt)
        except (OpenAIError, Exception):  # noqa: BLE001 - as careless as code can be
            return "the model is asleep"


@asynccontextmanager
async def calling(client: Client, model: Model, cassette: OpenCassette | None) -> AsyncIterator[str]:
    """Run a worker with the cassette on a task queue of its own, and name the queue."""
    queue = f"calling-{uuid.uuid4().hex[:8]}"
    with ThreadPoolExecutor(4) as pool:
        async with Worker(
            client,
            task_queue=queue,
            workflows=[Calling],
            activities=[model.ask, model.ask_in_thread, model.ask_carelessly],
            activity_executor=pool,
            interceptors=[cassette] if cassette is not None else [],
            workflow_runner=UnsandboxedWorkflowRunner(),
        ):
            yield queue


async def call_all(client: Client, model: Model, cassette: OpenCassette | None, calls: list[Call]) -> list[str]:
    """Make all calls in one run."""
    async with calling(client, model, cassette) as queue:
        return list(await client.execute_workflow(Calling.run, calls, id=f"{queue}-run", task_queue=queue))
