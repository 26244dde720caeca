"""A worker for the nightly jobs: `python -m examples.nightly.worker [--run YYYY-MM-DD]`."""

import argparse
import asyncio
from datetime import UTC, datetime, timedelta
from pathlib import Path

from temporalio.client import Client, ScheduleBackfill, ScheduleHandle, ScheduleOverlapPolicy, WorkflowHandle
from temporalio.envconfig import ClientConfig
from temporalio.service import RPCError, RPCStatusCode
from temporalio.worker import Worker

from .activities import NightlyActivities
from .models import Night
from .schedule import SCHEDULE_ID, install, nightly_schedule
from .workflows import NightlyJobs

TASK_QUEUE = "nightly"


def new_worker(client: Client, reports: Path, *, task_queue: str = TASK_QUEUE) -> Worker:
    """A worker that runs the nightly jobs and writes their reports."""
    nightly = NightlyActivities(reports)
    return Worker(client, task_queue=task_queue, workflows=[NightlyJobs], activities=[nightly.write_report])


async def run_night(client: Client, schedule: ScheduleHandle, night: datetime) -> WorkflowHandle[NightlyJobs, str]:
    """Let the Schedule start the run of a night gone by."""
    at = night.astimezone(UTC).replace(hour=2, minute=0, second=0, microsecond=0)
    await schedule.backfill(
        ScheduleBackfill(
            start_at=at - timedelta(minutes=1),
            end_at=at + timedelta(minutes=1),
            overlap=ScheduleOverlapPolicy.ALLOW_ALL,
        )
    )
    handle = client.get_workflow_handle(f"{SCHEDULE_ID}-{at:%Y-%m-%dT%H:%M:%SZ}", result_type=str)
    async with asyncio.timeout(30):
        while True:  # the Schedule starts its runs a moment after it has accepted the order
            try:
                await handle.describe()
            except RPCError as error:
                if error.status is not RPCStatusCode.NOT_FOUND:
                    raise
                await asyncio.sleep(0.1)
            else:
                return handle


async def main() -> None:
    """Install the Schedule and serve it until interrupted, or run one night and print its result."""
    parser = argparse.ArgumentParser(prog="nightly", description="Run the pipeline each night at 02:00 UTC.")
    parser.add_argument("--run", metavar="YYYY-MM-DD", help="make up for this night, print its result, stop")
    parser.add_argument("--collection", default="energy", help="what to analyse (default: %(default)s)")
    parser.add_argument("--reports", type=Path, default=Path(".replaykit/examples/reports"))
    options = parser.parse_args()
    client = await Client.connect(**ClientConfig.load_client_connect_config())
    schedule = await install(client, nightly_schedule(Night(options.collection), task_queue=TASK_QUEUE))
    async with new_worker(client, options.reports):
        if options.run is None:
            await asyncio.Event().wait()
        night = await run_night(client, schedule, datetime.fromisoformat(options.run).replace(tzinfo=UTC))
        result = await night.result()
    print(options.reports / result)  # noqa: T201 -- the result is what the command is for


async def to_the_end() -> None:
    """Run `main`, then let the client's native threads finish: without the pause some ended in SIGSEGV."""
    try:
        await main()
    finally:
        await asyncio.sleep(0.5)


if __name__ == "__main__":
    asyncio.run(to_the_end())
