"""The open runs of a server and the patches they hold: listed by visibility, histories read where it matters."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from dataclasses import replace

from temporalio.api.enums.v1 import EventType
from temporalio.api.history.v1 import HistoryEvent
from temporalio.service import RPCError

from replaykit.adapters.connect import Connection
from replaykit.adapters.fetch import not_fetched, pages
from replaykit.adapters.patch_histories import marks_of
from replaykit.adapters.rate import Rate
from replaykit.adapters.visibility import runs
from replaykit.errors import RunMissing
from replaykit.model.patches import Behavior, Mark, OpenRuns, PatchRun, Wanted
from replaykit.model.run import Run
from replaykit.rules import patch_query

# Histories read together; the rate holds for all of them.
AT_A_TIME = 8
_BEHAVIORS = {"Pinned": Behavior.PINNED, "AutoUpgrade": Behavior.AUTO_UPGRADE}


async def open_runs(connection: Connection, wanted: Wanted, *, limit: int, rate: Rate) -> OpenRuns:
    """List the open runs, and read the histories of those that a change could strike, the oldest first.

    Visibility says which patches a run has asked for, if its worker told it so, and neither whether a marker is
    deprecated nor whether the run has begun: that stands in the history. Pinned runs are not read, they stay.

    Args:
        connection: The server.
        wanted: What to ask for (`rules.patches.wanted_of`).
        limit: How many histories may be read.
        rate: What paces the requests.

    Raises:
        ServerError: The server cannot be asked.
    """
    listed: dict[str, PatchRun] = {}
    for query in _queries(wanted):
        async for run in runs(connection, query, rate=rate):
            listed[run.identity.run_id] = _listed(run)
    unread = [run for run in listed.values() if run.open and run.behavior.moves and _matters(run, wanted)]
    unread.sort(key=lambda run: (run.started, run.run_id))
    listed |= {run.run_id: run async for run in _read(connection, unread[:limit], rate=rate)}
    return OpenRuns(
        address=connection.address,
        namespace=connection.namespace,
        runs=tuple(run for run in listed.values() if run.open),
        types=frozenset([*dict(wanted.types), *wanted.others]),
        ids=wanted.ids,
        limit=limit,
    )


def _queries(wanted: Wanted) -> Iterator[str]:
    yield from (patch_query.marked("", patch) for patch in sorted(wanted.ids))
    yield from (patch_query.with_any(workflow_type) for workflow_type in wanted.others)
    yield from (patch_query.open_of(workflow_type) for workflow_type, _ in wanted.types)


def _matters(run: PatchRun, wanted: Wanted) -> bool:
    held = {mark.id for mark in run.marks}
    return bool(dict(wanted.types).get(run.workflow_type) or held & wanted.ids or held - wanted.known)


def _listed(run: Run) -> PatchRun:
    return PatchRun(
        workflow_type=run.identity.workflow_type,
        workflow_id=run.identity.workflow_id,
        run_id=run.identity.run_id,
        started=run.started,
        open=run.closed is None,
        marks=tuple(Mark(patch, None) for patch in run.patches),
        behavior=_BEHAVIORS.get(run.behavior, Behavior.UNVERSIONED),
        read=False,
    )


async def _read(connection: Connection, some: list[PatchRun], *, rate: Rate) -> AsyncIterator[PatchRun]:
    for begin in range(0, len(some), AT_A_TIME):
        batch = some[begin : begin + AT_A_TIME]
        asked = (_with_history(connection, run, rate) for run in batch)
        # All are awaited, so that no request outlives an error.
        for run, answer in zip(batch, await asyncio.gather(*asked, return_exceptions=True), strict=True):
            if isinstance(answer, PatchRun):
                yield answer
            elif isinstance(answer, RunMissing):
                # Closed and deleted since it was listed.
                yield replace(run, open=False)
            else:
                raise answer


async def _with_history(connection: Connection, run: PatchRun, rate: Rate) -> PatchRun:
    marks: dict[str, Mark] = {}
    begun = is_open = False
    try:
        async for events in pages(connection, run.workflow_id, run_id=run.run_id, rate=rate):
            marks.update((mark.id, mark) for mark in marks_of(events))
            begun = begun or any(_is(event, "WORKFLOW_TASK_COMPLETED") for event in events)
            is_open = not (events and _ends(events[-1])) if events else is_open
    except RPCError as error:
        raise not_fetched(error, connection, run.workflow_id, run.run_id) from None
    return replace(run, marks=tuple(marks[name] for name in sorted(marks)), read=True, begun=begun, open=is_open)


def _is(event: HistoryEvent, name: str) -> bool:
    return event.event_type == EventType.Value(f"EVENT_TYPE_{name}")


def _ends(event: HistoryEvent) -> bool:
    ends = ("COMPLETED", "FAILED", "CANCELED", "TERMINATED", "TIMED_OUT", "CONTINUED_AS_NEW")
    return any(_is(event, f"WORKFLOW_EXECUTION_{end}") for end in ends)
