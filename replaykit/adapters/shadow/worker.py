"""A worker of shadows: it polls their task queue until it is asked to end, and hands back what it has not done."""

import asyncio
import signal
from collections.abc import Callable
from datetime import timedelta

from temporalio.worker import Worker

from replaykit.adapters.connect import Connection
from replaykit.adapters.shadow.activities import BEAT, Activities
from replaykit.adapters.shadow.workflow import Shadow

# Shards under way in one worker: while one is replayed, the histories of the other are fetched.
AT_ONCE = 2
GRACE = timedelta(seconds=1)


async def serve(
    connection: Connection, activities: Activities, *, task_queue: str, on_ready: Callable[[], None]
) -> None:
    """Poll until SIGINT or SIGTERM."""
    ended = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, ended.set)
    async with Worker(
        connection.client,
        task_queue=task_queue,
        workflows=[Shadow],
        activities=[activities.list_runs, activities.judge_shard],
        max_concurrent_activities=AT_ONCE,
        max_heartbeat_throttle_interval=timedelta(seconds=BEAT),
        default_heartbeat_throttle_interval=timedelta(seconds=BEAT),
        graceful_shutdown_timeout=GRACE,
    ):
        on_ready()
        await ended.wait()
