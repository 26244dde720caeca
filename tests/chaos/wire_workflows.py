"""Workflows that are struck on the wire: parcels, tills, baskets; some with a bug that only the wire shows."""

import asyncio
import contextlib
import time
from datetime import timedelta
from pathlib import Path

from temporalio import activity, workflow
from temporalio.client import AsyncActivityCancelledError
from temporalio.common import RetryPolicy
from temporalio.service import RPCError

from replaykit.adapters.effects import effect

# Longer than a scenario may take: a lost attempt that nobody brings to its end is a run that hangs.
SOON = timedelta(minutes=5)
NIGHT = timedelta(hours=8)
ONCE = RetryPolicy(maximum_attempts=1)
REPORTS: set[asyncio.Task[None]] = set()


@activity.defn
async def book(parcel: str) -> str:
    """Known to the other side by a key of its own: a second booking changes nothing."""
    with effect("book", key=parcel, idempotency_key=parcel):
        return f"{parcel} is booked"


@activity.defn
async def book_later(parcel: str) -> str:
    """Return without a report: it comes from the worker's client, by the activity's id."""
    info = activity.info()
    handle = activity.client().get_async_activity_handle(
        workflow_id=info.workflow_id or "", run_id=info.workflow_run_id, activity_id=info.activity_id
    )

    async def report() -> None:
        await asyncio.sleep(0.2)
        # The first report of two may have come already, or the run may have ended.
        with contextlib.suppress(RPCError, AsyncActivityCancelledError):
            await handle.complete(f"{parcel} is booked")

    with effect("book", key=parcel, idempotency_key=parcel):
        # The loop keeps no task that nobody else does.
        REPORTS.add(task := asyncio.create_task(report()))
        task.add_done_callback(REPORTS.discard)
    activity.raise_complete_async()


@workflow.defn
class ParcelLater:
    """Books by an activity that is reported from elsewhere."""

    @workflow.run
    async def run(self, parcel: str) -> str:
        return await workflow.execute_activity(book_later, parcel, start_to_close_timeout=SOON)


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
    """Takes so many things until the morning; nothing is no thing."""

    def __init__(self) -> None:
        self.things: list[str] = []

    @workflow.run
    async def run(self, most: int) -> list[str]:
        await workflow.execute_activity(book, workflow.info().workflow_id, start_to_close_timeout=SOON)
        with contextlib.suppress(TimeoutError):
            await workflow.wait_condition(
                lambda: len(self.things) >= most and workflow.all_handlers_finished(), timeout=NIGHT
            )
        return self.things

    @workflow.update
    async def put(self, thing: str) -> int:
        self.things.append(thing)
        await workflow.execute_activity(book, f"{workflow.info().workflow_id}/{thing}", start_to_close_timeout=SOON)
        return len(self.things)

    @put.validator
    def is_a_thing(self, thing: str) -> None:
        if not thing:
            raise ValueError("nothing")


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
