"""Steps that are right: each may run again, and each can be taken back; and how workflows ask for them."""

import os
import tempfile
from datetime import timedelta
from pathlib import Path
from typing import Any

from temporalio import activity, workflow
from temporalio.common import RetryPolicy
from temporalio.workflow import ActivityCancellationType

from replaykit.adapters.effects import effect

UNTIL_DONE = ActivityCancellationType.WAIT_CANCELLATION_COMPLETED


def own_id() -> str:
    """Return the id of the workflow that asks: runs of one sweep are side by side."""
    return activity.info().workflow_id or ""


def _done(name: str, undo: str = "") -> str:
    with effect(name, key=own_id(), idempotency_key=f"{own_id()}/{name}", undo=undo):
        return name


class Notes:
    """What is noted of one workflow, in files: it outlives the worker, as what the other side knows does."""

    def __init__(self, directory: Path, workflow_id: str) -> None:
        self._directory = directory
        self._workflow_id = workflow_id

    def add(self, what: str) -> None:
        """Note something."""
        (self._directory / f"{self._workflow_id}-{what}").touch()

    def __contains__(self, what: object) -> bool:
        return (self._directory / f"{self._workflow_id}-{what}").exists()


class Elsewhere:
    """Notes by workflow, in a directory that worker processes of the same tests share."""

    def __init__(self, name: str) -> None:
        top = os.environ.get("REPLAYKIT_PLANTED_NOTES") or tempfile.mkdtemp(prefix="planted-notes-")
        os.environ["REPLAYKIT_PLANTED_NOTES"] = top
        self._directory = Path(top) / name
        self._directory.mkdir(exist_ok=True)

    def __getitem__(self, workflow_id: str) -> Notes:
        return Notes(self._directory, workflow_id)


@activity.defn
async def reserve() -> str:
    """Set goods aside."""
    return _done("reserve", "release")


@activity.defn
async def release() -> str:
    """Put them back."""
    return _done("release")


@activity.defn
async def charge() -> str:
    """Charge the card."""
    return _done("charge", "refund")


@activity.defn
async def refund() -> str:
    """Give the money back."""
    return _done("refund")


@activity.defn
async def ship() -> str:
    """Send the goods."""
    return _done("ship", "recall")


@activity.defn
async def recall() -> str:
    """Call the goods back."""
    return _done("recall")


@activity.defn
async def notify() -> str:
    """Tell the customer."""
    return _done("notify")


STEPS = (reserve, release, charge, refund, ship, recall, notify)


async def step(
    name: str,
    *args: Any,  # noqa: ANN401 - any step's arguments
    attempts: int = 0,
    wait: bool = True,
    result_type: Any = None,  # noqa: ANN401 - any step's result
) -> Any:  # noqa: ANN401 - as above
    """Ask for a step.

    Args:
        name: Its name.
        args: What it is given.
        attempts: How often it is tried; 0 is without limit.
        wait: Whether one that is cancelled is waited for, so that it does nothing behind the workflow's back.
        result_type: What its result is decoded as.
    """
    return await workflow.execute_activity(
        name,
        args=list(args),
        result_type=result_type,
        start_to_close_timeout=timedelta(seconds=10),
        retry_policy=RetryPolicy(initial_interval=timedelta(seconds=1), maximum_attempts=attempts),
        cancellation_type=UNTIL_DONE if wait else ActivityCancellationType.TRY_CANCEL,
    )
