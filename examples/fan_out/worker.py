"""A worker for batches: `python -m examples.fan_out.worker [--run BATCH_ID]`."""

import argparse
import asyncio
import os
from contextlib import ExitStack
from pathlib import Path

from openai import AsyncOpenAI
from temporalio.client import Client
from temporalio.envconfig import ClientConfig
from temporalio.worker import Worker

from .activities import FanOutActivities
from .models import Batch, Document
from .workflows import DocumentSummary, FanOut

TASK_QUEUE = "fan-out"


def new_worker(client: Client, fan_out: FanOutActivities, *, task_queue: str = TASK_QUEUE) -> Worker:
    """A worker that runs batches and their children with one model."""
    return Worker(
        client,
        task_queue=task_queue,
        workflows=[FanOut, DocumentSummary],
        activities=[fan_out.count_words, fan_out.digest],
    )


async def main() -> None:
    """Serve batches until interrupted, or run one and print its result."""
    parser = argparse.ArgumentParser(prog="fan_out", description="Sum up documents, one child workflow each.")
    parser.add_argument("--run", metavar="BATCH_ID", help="run one batch of --files, print its result, stop")
    parser.add_argument("files", nargs="*", type=Path, help="text files of the batch (default: this module)")
    parser.add_argument("--model", default="gpt-4o-mini", help="default: %(default)s")
    options = parser.parse_args()
    files: list[Path] = options.files or [Path(__file__)]
    documents = [Document("-".join(path.parts[-2:]), path.read_text(encoding="utf-8")) for path in files]
    client = await Client.connect(**ClientConfig.load_client_connect_config())
    with ExitStack() as stack:
        if "OPENAI_BASE_URL" not in os.environ:
            from examples.llm_server import loopback_endpoint  # noqa: PLC0415 -- a copied folder does without

            stack.enter_context(loopback_endpoint())
        # Retries are Temporal's: the SDK's own would multiply with them, unseen.
        async with (
            AsyncOpenAI(max_retries=0) as llm,
            new_worker(client, FanOutActivities(llm, model=options.model)),
        ):
            if options.run is None:
                await asyncio.Event().wait()
            result = await client.execute_workflow(FanOut.run, Batch(documents), id=options.run, task_queue=TASK_QUEUE)
    print(result)  # noqa: T201 -- the result is what the command is for


async def to_the_end() -> None:
    """Run `main`, then let the client's native threads finish: without the pause some ended in SIGSEGV."""
    try:
        await main()
    finally:
        await asyncio.sleep(0.5)


if __name__ == "__main__":
    asyncio.run(to_the_end())
