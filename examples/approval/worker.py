"""A worker for approvals: `python -m examples.approval.worker [--run APPROVAL_ID]`."""

import argparse
import asyncio
import os
from contextlib import ExitStack
from pathlib import Path

from openai import AsyncOpenAI
from temporalio.api.enums.v1 import IndexedValueType
from temporalio.api.operatorservice.v1 import AddSearchAttributesRequest
from temporalio.client import Client
from temporalio.envconfig import ClientConfig
from temporalio.worker import Worker

from .activities import ApprovalActivities
from .desk import Desk
from .models import ApprovalRequest
from .workflows import STATE, Approval

TASK_QUEUE = "approval"


def new_worker(client: Client, approval: ApprovalActivities, *, task_queue: str = TASK_QUEUE) -> Worker:
    """A worker that runs approvals with one desk and one model."""
    return Worker(
        client,
        task_queue=task_queue,
        workflows=[Approval],
        activities=[approval.draft, approval.remind, approval.publish, approval.withdraw],
    )


async def register_search_attribute(client: Client) -> None:
    """Make ApprovalState known to the namespace; repeating it changes nothing.

    Works on servers of your own. In Temporal Cloud, add the attribute in the namespace's settings instead.
    """
    await client.operator_service.add_search_attributes(
        AddSearchAttributesRequest(
            namespace=client.namespace,
            search_attributes={STATE.name: IndexedValueType.INDEXED_VALUE_TYPE_KEYWORD},
        )
    )


async def main() -> None:
    """Serve approvals until interrupted, or start one and wait for its decision."""
    parser = argparse.ArgumentParser(prog="approval", description="Bring texts to a human's decision.")
    parser.add_argument("--run", metavar="APPROVAL_ID", help="start this one approval, print its result, stop")
    parser.add_argument("--topic", default="the new ferry timetable", help="default: %(default)s")
    parser.add_argument("--database", type=Path, default=Path(".replaykit/examples/approval.sqlite3"))
    parser.add_argument("--model", default="gpt-4o-mini", help="default: %(default)s")
    options = parser.parse_args()
    client = await Client.connect(**ClientConfig.load_client_connect_config())
    await register_search_attribute(client)
    with ExitStack() as stack:
        if "OPENAI_BASE_URL" not in os.environ:
            from examples.llm_server import loopback_endpoint  # noqa: PLC0415 -- a copied folder does without

            stack.enter_context(loopback_endpoint())
        # Retries are Temporal's: the SDK's own would multiply with them, unseen.
        async with AsyncOpenAI(max_retries=0) as llm:
            approval = ApprovalActivities(Desk(options.database), llm, model=options.model)
            async with new_worker(client, approval):
                if options.run is None:
                    await asyncio.Event().wait()
                request = ApprovalRequest(options.topic)
                result = await client.execute_workflow(Approval.run, request, id=options.run, task_queue=TASK_QUEUE)
    print(result)  # noqa: T201 -- the result is what the command is for


async def to_the_end() -> None:
    """Run `main`, then let the client's native threads finish: without the pause some ended in SIGSEGV."""
    try:
        await main()
    finally:
        await asyncio.sleep(0.5)


if __name__ == "__main__":
    asyncio.run(to_the_end())
