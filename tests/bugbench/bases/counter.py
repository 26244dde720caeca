"""A counter desk of another team, reached by Nexus."""

from datetime import timedelta

import nexusrpc
from nexusrpc.handler import StartOperationContext, service_handler, sync_operation
from temporalio import activity, workflow

SOON = timedelta(seconds=10)


@nexusrpc.service
class Counter:
    issue: nexusrpc.Operation[str, str]
    revoke: nexusrpc.Operation[str, str]


@service_handler(service=Counter)
class CounterHandler:
    @sync_operation
    async def issue(self, _context: StartOperationContext, name: str) -> str:
        return f"ticket {name}"

    @sync_operation
    async def revoke(self, _context: StartOperationContext, name: str) -> str:
        return f"revoked {name}"


@activity.defn
async def show(ticket: str) -> None:
    activity.logger.info(ticket)


@workflow.defn(name="Subject")
class Visitor:
    @workflow.run
    async def run(self, name: str) -> str:
        counter = workflow.create_nexus_client(service=Counter, endpoint="desk")
        ticket = await counter.execute_operation(Counter.issue, name, schedule_to_close_timeout=SOON)
        await workflow.execute_activity(show, ticket, start_to_close_timeout=SOON)
        return ticket


ACTIVITIES = (show,)
HANDLERS = (CounterHandler,)
