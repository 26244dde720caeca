"""The job of who asks for a shadow: it is started, followed to its report, or stopped."""

import asyncio
import time
from collections.abc import AsyncGenerator, Mapping
from dataclasses import dataclass
from typing import TypeAlias

from replaykit.adapters.connect import Connection, connect
from replaykit.adapters.rate import Rate
from replaykit.adapters.shadow.following import Following, begin, check_workers
from replaykit.adapters.visibility import count
from replaykit.model.shadow import WORKFLOW, Asked, Progress, Report
from replaykit.rules.query import query_of_shadow

LOOKS_EVERY = 0.5
# Looks in a row that no worker answered, before it is said.
SILENT = 5


@dataclass(frozen=True, slots=True)
class Begun:
    """The shadow runs, under this workflow id; so many histories are expected, 0 where nobody knows."""

    workflow_id: str
    expected: int


@dataclass(frozen=True, slots=True)
class Advanced:
    """How far it is."""

    progress: Progress


@dataclass(frozen=True, slots=True)
class Silent:
    """No worker answers any more; said once."""


@dataclass(frozen=True, slots=True)
class Ended:
    """The shadow has ended."""

    report: Report


Event: TypeAlias = Begun | Advanced | Silent | Ended


async def start(
    asked: Asked, *, workflow_id: str, task_queue: str, connection: Mapping[str, str]
) -> AsyncGenerator[Event, None]:
    """Start a shadow and follow it; whoever stops iterating leaves it running.

    Raises:
        QueryInvalid: The server cannot read the query.
        NoShadowWorker: No worker polls the task queue.
        NoShadowReport: It ended without a report.
        ServerError: The server cannot be asked.
    """
    server = await connect(connection)
    rate = Rate()
    query_of_shadow(asked.query, before=time.time(), without=WORKFLOW)
    # The person's own query, so that a refusal shows what they wrote.
    expected = round(await count(server, asked.query, rate=rate) * asked.sample)
    await check_workers(server, task_queue, rate=rate)
    following = await begin(server, asked, workflow_id=workflow_id, task_queue=task_queue)
    yield Begun(workflow_id, min(expected, asked.limit or expected))
    async for event in _until_ended(following):
        yield event


async def follow(workflow_id: str, *, connection: Mapping[str, str]) -> AsyncGenerator[Event, None]:
    """Follow a shadow that was started before; one that has ended gives its report.

    Raises:
        RunMissing: There is no such workflow.
        NoShadowReport: It is no shadow, or ended without a report.
        ServerError: The server cannot be asked.
    """
    following = await _found(await connect(connection), workflow_id)
    yield Begun(workflow_id, 0)
    async for event in _until_ended(following):
        yield event


async def stop(workflow_id: str, *, connection: Mapping[str, str]) -> Report:
    """Stop a shadow and return its report.

    Raises:
        RunMissing: There is no such workflow.
        NoShadowReport: It is no shadow, or has ended.
        ServerError: The server cannot be asked.
    """
    following = await _found(await connect(connection), workflow_id)
    await following.stop("asked to")
    return await following.report()


async def _found(server: Connection, workflow_id: str) -> Following:
    following = Following(server, workflow_id)
    await following.check()
    return following


async def _until_ended(following: Following) -> AsyncGenerator[Event, None]:
    ending = asyncio.create_task(following.report())
    silent = 0
    try:
        while not ending.done():
            await asyncio.wait([ending], timeout=LOOKS_EVERY)
            if ending.done():
                break
            progress = await following.progress()
            silent = 0 if progress else silent + 1
            if progress:
                yield Advanced(progress)
            elif silent == SILENT:
                yield Silent()
        yield Ended(await ending)
    finally:
        ending.cancel()
