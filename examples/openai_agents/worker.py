"""A worker for the harbour desk: `python -m examples.openai_agents.worker [--run VISIT_ID]`."""

import argparse
import asyncio
import os
import sys
from collections.abc import Sequence
from contextlib import ExitStack
from datetime import timedelta
from typing import Any

from temporalio.client import Client, WorkflowFailureError
from temporalio.common import RetryPolicy
from temporalio.envconfig import ClientConfig
from temporalio.openai_agents import ModelActivityParameters, OpenAIAgentsPlugin
from temporalio.worker import Interceptor, Worker

from .activities import look_up
from .models import Visit
from .workflows import HarbourDesk

TASK_QUEUE = "harbour-desk"
QUESTION = "How high is the lighthouse?"
FOLLOW_UP = "What does the ferry cost for 2 adults and 3 children?"


def new_plugin() -> OpenAIAgentsPlugin:
    """Make what the client and, through it, the worker and a replay need: payload converter, activities, sandbox."""
    parameters = ModelActivityParameters(
        start_to_close_timeout=timedelta(minutes=5), retry_policy=RetryPolicy(maximum_attempts=5)
    )
    return OpenAIAgentsPlugin(parameters, add_temporal_spans=False)


def new_worker(client: Client, *, task_queue: str = TASK_QUEUE, interceptors: Sequence[Interceptor] = ()) -> Worker:
    """A worker for desks; `client` brings the plugin."""
    return Worker(
        client, task_queue=task_queue, workflows=[HarbourDesk], activities=[look_up], interceptors=interceptors
    )


def worker_arguments() -> dict[str, Any]:
    """Return what `replaykit replay` needs of this worker."""
    return {"workflows": [HarbourDesk], "plugins": [new_plugin()]}


async def main() -> str | None:
    """Serve visitors until interrupted, or one and print what it was told; returns why it failed."""
    parser = argparse.ArgumentParser(prog="openai_agents", description="Answer questions at the harbour desk.")
    parser.add_argument("--run", metavar="VISIT_ID", help="serve this one visitor, print the advice, stop")
    parser.add_argument("--question", default=QUESTION, help="default: %(default)s")
    parser.add_argument("--follow-up", default=FOLLOW_UP, help="default: %(default)s")
    options = parser.parse_args()
    client = await Client.connect(**ClientConfig.load_client_connect_config(), plugins=[new_plugin()])
    with ExitStack() as stack:
        if "OPENAI_BASE_URL" not in os.environ:
            from examples.llm_server import loopback_endpoint  # noqa: PLC0415 -- a copied folder does without

            stack.enter_context(loopback_endpoint())
        async with new_worker(client):
            if options.run is None:
                await asyncio.Event().wait()
            visit = Visit(options.question, options.follow_up)
            try:
                advice = await client.execute_workflow(HarbourDesk.run, visit, id=options.run, task_queue=TASK_QUEUE)
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
