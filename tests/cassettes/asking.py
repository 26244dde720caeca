"""A workflow that asks many questions at once, and the activities that answer them."""

import asyncio
import uuid
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from temporalio import activity, workflow
from temporalio.client import Client, WorkflowHandle
from temporalio.common import RetryPolicy
from temporalio.exceptions import ApplicationError
from temporalio.worker import Worker

with workflow.unsafe.imports_passed_through():
    from replaykit import OpenCassette


@dataclass(frozen=True, slots=True)
class Ask:
    """One question; `seconds` is how long its answer takes, `local` whether a local activity answers."""

    text: str
    seconds: float = 0.0
    local: bool = False
    attempts: int = 3


@workflow.defn
class Asking:
    @workflow.run
    async def run(self, asks: list[Ask]) -> list[str]:
        return list(await asyncio.gather(*(self._ask(ask) for ask in asks)))

    async def _ask(self, ask: Ask) -> str:
        soon = timedelta(seconds=30)
        if ask.local:
            return await workflow.execute_local_activity_method(Oracle.answer, ask, start_to_close_timeout=soon)
        policy = RetryPolicy(maximum_attempts=ask.attempts)
        return await workflow.execute_activity_method(
            Oracle.answer, ask, start_to_close_timeout=soon, retry_policy=policy
        )


@dataclass(slots=True)
class Oracle:
    """Answers for real, counts its answers, and fails as often as a question says."""

    calls: list[str] = field(default_factory=list)

    @activity.defn(name="answer")
    async def answer(self, ask: Ask) -> str:
        self.calls.append(ask.text)
        await asyncio.sleep(ask.seconds)
        word, _, number = ask.text.partition(" ")
        if word == "fail-until" and activity.info().attempt < int(number):
            raise ApplicationError(f"busy {activity.info().attempt}", {"retry": "later"}, type="Busy")
        if word == "refuse":
            raise ApplicationError("no", type="Refused", non_retryable=True)
        return f"answer to {ask.text} ({len(self.calls)})"


@asynccontextmanager
async def asking(client: Client, oracle: Oracle, cassette: OpenCassette) -> AsyncIterator[str]:
    """Run a worker with the cassette on a task queue of its own, and name the queue."""
    queue = f"asking-{uuid.uuid4().hex[:8]}"
    worker = Worker(client, task_queue=queue, workflows=[Asking], activities=[oracle.answer], interceptors=[cassette])
    async with worker:
        yield queue


async def ask_all(client: Client, oracle: Oracle, cassette: OpenCassette, asks: list[Ask]) -> list[str]:
    """Ask everything in one run."""
    async with asking(client, oracle, cassette) as queue:
        handle = await started(client, queue, asks)
        return await handle.result()


async def started(client: Client, queue: str, asks: list[Ask]) -> WorkflowHandle[Any, list[str]]:
    """Start a run."""
    return await client.start_workflow(Asking.run, asks, id=f"{queue}-run", task_queue=queue)
