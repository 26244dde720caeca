"""Workflows whose workers and servers are killed: right ones, and ones that a death alone shows to be wrong."""

from collections.abc import Callable, Sequence
from datetime import timedelta
from typing import Any

from temporalio import activity, workflow
from temporalio.common import RetryPolicy
from temporalio.exceptions import ActivityError

from replaykit.adapters.effects import effect
from replaykit.model.scenario import Scenario

SOON = timedelta(seconds=10)


@activity.defn
async def book(name: str) -> str:
    with effect("book", key=name, idempotency_key=name):
        pass
    return name


@workflow.defn
class Trip:
    """Two bookings with a night between them, and a word kept by a local activity."""

    @workflow.run
    async def run(self, name: str) -> list[str]:
        first = await workflow.execute_activity(book, f"{name}/there", start_to_close_timeout=SOON)
        await workflow.sleep(3600)
        return [first, await workflow.execute_activity(book, f"{name}/back", start_to_close_timeout=SOON)]


@workflow.defn
class Note:
    """A local activity, and one child that makes a trip."""

    @workflow.run
    async def run(self, name: str) -> list[str]:
        await workflow.execute_local_activity(book, f"{name}/note", start_to_close_timeout=SOON)
        return await workflow.execute_child_workflow(Trip.run, name, id=f"{name}-trip")


class Remembering:
    """Remembers in the worker's memory what it has done: right as long as the process lives."""

    def __init__(self) -> None:
        self._done: set[str] = set()

    @activity.defn
    async def remit(self, name: str) -> None:
        if name not in self._done:
            with effect("remit", key=name):
                pass
            self._done.add(name)


@workflow.defn
class Remittance:
    @workflow.run
    async def run(self, name: str) -> str:
        await workflow.execute_activity("remit", name, start_to_close_timeout=SOON)
        return "remitted"


@workflow.defn
class Hurried:
    """Does without what no worker takes up in time."""

    @workflow.run
    async def run(self, name: str) -> str:
        try:
            return await workflow.execute_activity(
                book,
                name,
                start_to_close_timeout=SOON,
                schedule_to_start_timeout=timedelta(minutes=10),
                retry_policy=RetryPolicy(maximum_attempts=1),
            )
        except ActivityError:
            return "nobody came"


def remembering() -> Sequence[Callable[..., Any]]:
    return [Remembering().remit]


def _named(workflow_id: str) -> list[str]:
    return [workflow_id]


TRIP = Scenario(workflow=Trip, args=_named, activities=[book])
NOTE = Scenario(workflow=Note, args=_named, activities=[book], workflows=[Trip])
REMITTANCE = Scenario(workflow=Remittance, args=_named, activities=remembering)
HURRIED = Scenario(workflow=Hurried, args=_named, activities=[book])
