"""A worker for agents: `python -m examples.agent.worker [--run AGENT_ID]`."""

import argparse
import asyncio
import os
import sys
from collections.abc import Sequence
from contextlib import ExitStack

from openai import AsyncOpenAI
from temporalio.client import Client, WorkflowFailureError
from temporalio.envconfig import ClientConfig
from temporalio.worker import Interceptor, Worker

from .activities import AgentActivities
from .models import Goal
from .workflows import Agent

TASK_QUEUE = "agent"
POINTS = ["when the harbour opens", "height of the lighthouse", "31 * 2"]


def new_worker(
    client: Client, agent: AgentActivities, *, task_queue: str = TASK_QUEUE, interceptors: Sequence[Interceptor] = ()
) -> Worker:
    """A worker that runs agents with one model and all tools."""
    return Worker(
        client,
        task_queue=task_queue,
        workflows=[Agent],
        activities=[agent.plan, agent.calculate, agent.search, agent.summarise],
        interceptors=interceptors,
    )


async def main() -> str | None:
    """Serve agents until interrupted, or run one and print its result; returns why it failed."""
    parser = argparse.ArgumentParser(prog="agent", description="Work towards goals with tools.")
    parser.add_argument("--run", metavar="AGENT_ID", help="run this one agent, print its result, stop")
    parser.add_argument("--point", action="append", help="a point to settle; repeat for more")
    parser.add_argument("--turns-per-run", type=int, default=20, help="continue as new after so many turns")
    parser.add_argument("--model", default="gpt-4o-mini", help="default: %(default)s")
    options = parser.parse_args()
    client = await Client.connect(**ClientConfig.load_client_connect_config())
    with ExitStack() as stack:
        if "OPENAI_BASE_URL" not in os.environ:
            from examples.llm_server import loopback_endpoint  # noqa: PLC0415 -- a copied folder does without

            stack.enter_context(loopback_endpoint())
        # Retries are Temporal's: the SDK's own would multiply with them, unseen.
        async with (
            AsyncOpenAI(max_retries=0) as llm,
            new_worker(client, AgentActivities(llm, model=options.model)),
        ):
            if options.run is None:
                await asyncio.Event().wait()
            goal = Goal("Plan a day at the harbour", options.point or POINTS, turns_per_run=options.turns_per_run)
            try:
                result = await client.execute_workflow(
                    Agent.run, args=[goal, None], id=options.run, task_queue=TASK_QUEUE
                )
            except WorkflowFailureError as failure:
                return f"{options.run}: {failure.cause.__cause__ or failure.cause}"
    print(result)  # noqa: T201 -- the result is what the command is for
    return None


async def to_the_end() -> str | None:
    """Run `main`, then let the client's native threads finish: without the pause some ended in SIGSEGV."""
    try:
        return await main()
    finally:
        await asyncio.sleep(0.5)


if __name__ == "__main__":
    sys.exit(asyncio.run(to_the_end()))
