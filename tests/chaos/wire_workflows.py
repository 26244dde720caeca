"""Workflows that are struck on the wire: parcels, tills, baskets; some with a bug that only the wire shows."""

import asyncio
import time
from datetime import timedelta
from pathlib import Path

from temporalio import activity, workflow
from temporalio.common import RetryPolicy

from replaykit.adapters.effects import effect

SOON = timedelta(seconds=20)
NIGHT = timedelta(hours=8)
ONCE = RetryPolicy(maximum_attempts=1)


@activity.defn
async def book(parcel: str) -> str:
    """Known to the other side by a key of its own: a second booking changes nothing."""
    with effect("book", key=parcel, idempotency_key=parcel):
        return f"{parcel} is booked"


@workflow.defn
class Parcel:
    """Books, waits for the night to end on the run's own clock, and books again."""

    @workflow.run
    async def run(self, parcel: str) -> list[str]:
        first = await workflow.execute_activity(book, f"{parcel}-out", start_to_close_timeout=SOON)
        await asyncio.sleep(NIGHT.total_seconds())
        return [first, await workflow.execute_activity(book, f"{parcel}-back", start_to_close_timeout=SOON)]


@workflow.defn
class ParcelOnce:
    """The bug: the only attempt may be one that no worker ever heard of."""

    @workflow.run
    async def run(self, parcel: str) -> str:
        return await workflow.execute_activity(book, parcel, start_to_close_timeout=SOON, retry_policy=ONCE)


@workflow.defn
class Forwarded:
    """Has a child book."""

    @workflow.run
    async def run(self, parcel: str) -> list[str]:
        return await workflow.execute_child_workflow(Parcel.run, parcel, id=f"{workflow.info().workflow_id}-child")


class Till:
    """Charges cards, and has a book of what was charged."""

    def __init__(self, *, always_looks: bool) -> None:
        self._always_looks = always_looks
        self._charged: set[str] = set()

    @activity.defn
    async def charge(self, order: str) -> str:
        """Look first whether it is done; the bug: only in a second attempt."""
        looks = self._always_looks or activity.info().attempt > 1
        if not (looks and order in self._charged):
            with effect("charge", key=order):
                self._charged.add(order)
        return order


@workflow.defn
class Purchase:
    """Charges in a local activity."""

    @workflow.run
    async def run(self, order: str) -> str:
        return await workflow.execute_local_activity_method(Till.charge, order, start_to_close_timeout=SOON)


@workflow.defn
class Basket:
    """Takes one thing, and is checked out in the morning."""

    def __init__(self) -> None:
        self.things: list[str] = []

    @workflow.run
    async def run(self) -> list[str]:
        await workflow.execute_activity(book, workflow.info().workflow_id, start_to_close_timeout=SOON)
        await workflow.wait_condition(lambda: bool(self.things) and workflow.all_handlers_finished())
        return self.things

    @workflow.update
    async def put(self, thing: str) -> int:
        self.things.append(thing)
        await workflow.execute_activity(
            book, f"{workflow.info().workflow_id}/{thing}", start_to_close_timeout=SOON, activity_id="put"
        )
        return len(self.things)


@workflow.defn
class Ledgered:
    """Takes postings, each in a run of its own; it is closed in the morning.

    The bug of `careful=False`: the server tells a repeated update by its id within one run only.
    """

    def __init__(self) -> None:
        self.posted: list[str] = []
        self.seen: list[str] = []
        self.full = False

    @workflow.run
    async def run(self, careful: bool, posted: list[str], seen: list[str]) -> list[str]:  # noqa: FBT001 - an argument
        self.careful = careful
        self.posted = [*posted, *self.posted]
        self.seen = [*seen, *self.seen]
        try:
            await workflow.wait_condition(lambda: self.full, timeout=NIGHT if posted else None)
        except TimeoutError:
            return self.posted
        return workflow.continue_as_new(args=[careful, self.posted, self.seen])

    @workflow.update
    async def post(self, what: str) -> None:
        await workflow.wait_condition(lambda: hasattr(self, "careful"))
        told = workflow.current_update_info()
        if self.careful and told is not None and told.id in self.seen:
            return
        self.seen.append(told.id if told is not None else "")
        self.posted.append(what)
        self.full = True


@workflow.defn(sandboxed=False)
class SlowOnce:
    """The first run of all keeps its task for longer than the lane of the wire allows, as on a slow machine."""

    @workflow.run
    async def run(self, parcel: str, runs: str) -> str:
        with Path(runs).open("a+") as file:  # noqa: ASYNC230 - the sandbox is off on purpose
            file.write(f"{parcel}\n")
            if file.tell() == len(parcel) + 1:
                time.sleep(1.5)  # noqa: ASYNC251 - it stands for a machine that is slow
        return await workflow.execute_activity(book, parcel, start_to_close_timeout=SOON)
