"""The updates of a scenario are sent to a run: each once, or again under the same id where the plan says so."""

import asyncio
from collections.abc import Sequence
from typing import Any

from temporalio.client import Client, WorkflowHandle, WorkflowUpdateFailedError, WorkflowUpdateStage
from temporalio.service import RPCError

from replaykit.adapters.chaos.armed import Armed
from replaykit.model.scenario import Signal
from replaykit.rules.chaos.kinds import whole_run

# How long a first update waits for the workflow task in which it is to arrive.
_WAITS = 2.0


async def send_all(handle: WorkflowHandle[Any, Any], armed: Armed, updates: Sequence[Signal]) -> None:
    """Send the scenario's updates in their order, each after the outcome of the one before.

    Raises:
        RPCError: The run has ended.
        WorkflowUpdateFailedError: One was rejected, or failed.
    """
    if any(strike.fault == "update_in_lost_task" for strike in armed.plan.strikes):
        # The first may have to arrive in the first workflow task, not before it.
        try:
            await asyncio.wait_for(armed.task_came.wait(), _WAITS)
        except TimeoutError:
            armed.happens("no workflow task came in which an update could arrive")
    repeats = armed.due(whole_run().boundary, "update_repeated")
    repeated = True
    for number, update in enumerate(updates):
        armed.told = max(armed.told, number + 1)
        failed: WorkflowUpdateFailedError | None = None
        try:
            await _execute(handle, update, number)
        except WorkflowUpdateFailedError as error:
            failed = error
        if repeats is not None:
            repeated = repeated and await _is_repeated(handle, armed, update, number)
            # After one that fails no further one is sent.
            if repeated and (failed is not None or number + 1 == len(updates)):
                armed.fires(repeats)
        if failed is not None:
            raise failed


async def _is_repeated(handle: WorkflowHandle[Any, Any], armed: Armed, update: Signal, number: int) -> bool:
    """Send an update again, as a client does that never saw its outcome; says whether the server took it."""
    try:
        await _execute(handle, update, number)
    except WorkflowUpdateFailedError:
        return True
    except RPCError as error:
        armed.happens(f"update {update.name} came too late the second time: {error.message}")
        return False
    return True


async def _execute(handle: WorkflowHandle[Any, Any], update: Signal, number: int) -> None:
    await handle.execute_update(update.name, args=list(update.args), id=_id(handle.id, number))


async def send_next(client: Client, armed: Armed, updates: Sequence[Signal]) -> bool:
    """Send the next update that was not sent yet, or the last again under its id; says whether the server took it."""
    number = min(armed.told, len(updates) - 1)
    update = updates[number]
    armed.happens(f"update {update.name} is sent{' again' if armed.told > number else ''}")
    armed.told = number + 1
    handle = client.get_workflow_handle(armed.workflow_id)
    try:
        await handle.start_update(
            update.name,
            args=list(update.args),
            id=_id(armed.workflow_id, number),
            wait_for_stage=WorkflowUpdateStage.ACCEPTED,
        )
    except RPCError as error:
        armed.happens(f"update {update.name} came too late: {error.message}")
        return False
    except WorkflowUpdateFailedError:
        return True
    return True


def _id(workflow_id: str, number: int) -> str:
    """Return the id of a scenario's update, however often it is sent; two may have one name."""
    return f"{workflow_id}-update-{number + 1}"
