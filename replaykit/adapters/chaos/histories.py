"""The histories of a run and its family, as the server holds them."""

import asyncio
import time
from collections.abc import Sequence
from typing import TypeAlias

from temporalio.api.common.v1 import WorkflowExecution
from temporalio.api.history.v1 import HistoryEvent
from temporalio.api.workflowservice.v1 import GetWorkflowExecutionHistoryRequest
from temporalio.client import Client, WorkflowHistory

from replaykit.adapters.chaos.ends import is_open
from replaykit.adapters.chaos.readable import readable

_LOOK = 0.02
_CHILD_GRACE = 1.5

Family: TypeAlias = Sequence[tuple[str, str]]


def first_only(family: Family, workflow_id: str) -> Family:
    """Leave out the runs that followed a workflow's first: how far they came before they were ended is chance."""
    runs = [place for place, (of, _) in enumerate(family) if of == workflow_id]
    return tuple(each for place, each in enumerate(family) if place not in runs[1:])


async def histories_of(client: Client, family: Family) -> tuple[WorkflowHistory, ...]:
    """Read the history of each run of a family, workflow id and run id, in readable form; the run's own come first."""
    found = []
    for workflow_id, run_id in family:
        events = await _events(client, workflow_id, run_id)
        deadline = time.monotonic() + _CHILD_GRACE
        # The server ends the children of a run that has ended a moment after it.
        while workflow_id != family[0][0] and is_open(events) and time.monotonic() < deadline:
            await asyncio.sleep(_LOOK)
            events = await _events(client, workflow_id, run_id)
        found.append(await readable(WorkflowHistory(workflow_id, events), client.data_converter))
    return tuple(found)


async def _events(client: Client, workflow_id: str, run_id: str) -> Sequence[HistoryEvent]:
    request = GetWorkflowExecutionHistoryRequest(
        namespace=client.namespace, execution=WorkflowExecution(workflow_id=workflow_id, run_id=run_id)
    )
    events: list[HistoryEvent] = []
    while True:
        # A server that is killed while other runs are under way is back in a moment.
        answer = await client.workflow_service.get_workflow_execution_history(request, retry=True)
        events += answer.history.events
        if not answer.next_page_token:
            return events
        request.next_page_token = answer.next_page_token
