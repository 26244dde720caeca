"""A worker for the harbour guide: `python -m examples.pydantic_ai.worker [--run VISIT_ID]`."""

import argparse
import asyncio
import os
import sys
from collections.abc import Sequence
from contextlib import ExitStack
from typing import Any

from pydantic_ai.durable_exec.temporal import PydanticAIPlugin
from temporalio.client import Client, WorkflowFailureError
from temporalio.envconfig import ClientConfig
from temporalio.worker import Interceptor, Worker

from .models import Visit
from .workflows import HarbourGuide

TASK_QUEUE = "harbour-guide"
QUESTION = "How high is the lighthouse?"
FOLLOW_UP = "What does the ferry cost for 2 adults and 3 children?"


def new_worker(client: Client, *, task_queue: str = TASK_QUEUE, interceptors: Sequence[Interceptor] = ()) -> Worker:
    """A worker for guides; `client` brings the plugin, and that the agent's activities."""
    return Worker(client, task_queue=task_queue, workflows=[HarbourGuide], interceptors=interceptors)


def worker_arguments() -> dict[str, Any]:
    """Return what `replaykit replay` needs of this worker."""
    # The workflow's code makes the model's client, in a replay too; nothing is asked with it there.
    os.environ.setdefault("OPENAI_API_KEY", "replay")
    return {"workflows": [HarbourGuide], "plugins": [PydanticAIPlugin()]}


async def main() -> str | None:
    """Serve visitors until interrupted, or one and print what it was told; returns why it failed."""
    parser = argparse.ArgumentParser(prog="pydantic_ai", description="Answer questions about the harbour.")
    parser.add_argument("--run", metavar="VISIT_ID", help="serve this one visitor, print the advice, stop")
    parser.add_argument("--question", default=QUESTION, help="default: %(default)s")
    parser.add_argument("--follow-up", default=FOLLOW_UP, help="default: %(default)s")
    options = parser.parse_args()
    client = await Client.connect(**ClientConfig.load_client_connect_config(), plugins=[PydanticAIPlugin()])
    with ExitStack() as stack:
        if "OPENAI_BASE_URL" not in os.environ:
            from examples.llm_server import loopback_endpoint  # noqa: PLC0415 -- a copied folder does without

            stack.enter_context(loopback_endpoint())
        async with new_worker(client):
            if options.run is None:
                await asyncio.Event().wait()
            visit = Visit(question=options.question, follow_up=options.follow_up)
            try:
                advice = await client.execute_workflow(HarbourGuide.run, visit, id=options.run, task_queue=TASK_QUEUE)
            except WorkflowFailureError as failure:
                return f"{options.run}: {failure.cause.__cause__ or failure.cause}"
    print(advice)  # noqa: T201 -- the advice is what the command is for
    return None


async def to_the_end() -> str | None:
    """Run `main`, then let the client's native threads finish: without the pause some ended in SIGSEGV."""
    try:
        return await main()
    finally:
        await asyncio.sleep(0.5)


if __name__ == "__main__":
    sys.exit(asyncio.run(to_the_end()))
