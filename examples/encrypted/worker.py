"""A worker for lab reports: `python -m examples.encrypted.worker [--run REPORT_ID] [--patient P-1001]`."""

import argparse
import asyncio
import sys

from temporalio.client import Client, WorkflowFailureError
from temporalio.envconfig import ClientConfig
from temporalio.worker import Worker

from .activities import assess, fetch_blood_test, file_report
from .codec import data_converter
from .models import ReportRequest
from .workflows import LabReport

TASK_QUEUE = "lab-reports"


def new_worker(client: Client, *, task_queue: str = TASK_QUEUE) -> Worker:
    """A worker that makes reports; `client` brings the data converter that encrypts."""
    return Worker(
        client, task_queue=task_queue, workflows=[LabReport], activities=[fetch_blood_test, assess, file_report]
    )


async def main() -> str | None:
    """Serve reports until interrupted, or make one and print where it is filed; returns why it failed."""
    parser = argparse.ArgumentParser(prog="encrypted", description="Make lab reports that nobody reads on the way.")
    parser.add_argument("--run", metavar="REPORT_ID", help="make this one report, print where it is filed, stop")
    parser.add_argument("--patient", default="P-1001", help="P-1002 waits for a remark (default: %(default)s)")
    options = parser.parse_args()
    client = await Client.connect(**ClientConfig.load_client_connect_config(), data_converter=data_converter())
    async with new_worker(client):
        if options.run is None:
            await asyncio.Event().wait()
        request = ReportRequest(options.patient, "Dr. Lovelace")
        try:
            filed = await client.execute_workflow(LabReport.run, request, id=options.run, task_queue=TASK_QUEUE)
        except WorkflowFailureError as failure:
            return f"{options.run}: {failure.cause}"
    print(filed)  # noqa: T201 -- the result is what the command is for
    return None


async def to_the_end() -> str | None:
    """Run `main`, then let the client's native threads finish: without the pause some ended in SIGSEGV."""
    try:
        return await main()
    finally:
        await asyncio.sleep(0.5)


if __name__ == "__main__":
    sys.exit(asyncio.run(to_the_end()))
