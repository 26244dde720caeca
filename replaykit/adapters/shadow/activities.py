"""What a shadow's workers do for it: list runs, and judge shards of them with heartbeats that tell each verdict."""

import asyncio
import base64
import contextlib
from collections.abc import AsyncIterator, Callable
from contextlib import aclosing
from dataclasses import replace

from temporalio import activity
from temporalio.api.workflowservice.v1 import ListWorkflowExecutionsRequest
from temporalio.exceptions import ApplicationError
from temporalio.service import RPCError

from replaykit.adapters.connect import Connection
from replaykit.adapters.rate import Rate
from replaykit.adapters.shadow.wire import verdicts_in
from replaykit.adapters.visibility import not_listed, run_of
from replaykit.errors import ConfigError, NamespaceMissing, NoPermission, QueryInvalid, ReplaykitError
from replaykit.model.shadow import (
    JUDGE_SHARD,
    LIST_RUNS,
    MOST_CAUSES,
    Example,
    Judged,
    Listed,
    Listing,
    Page,
    Shard,
    Verdicts,
)
from replaykit.rules.sample import sampled

# What a lost worker had judged within this many seconds is judged once more; the SDK's own interval would be 30 s.
BEAT = 0.5

# Judges runs as they come; closed early, it gives up what is under way.
Judge = Callable[[tuple[Listed, ...]], AsyncIterator[tuple[Judged, Example | None]]]
# No further attempt can help against these, on whichever worker.
_FINAL = (ConfigError, NoPermission, NamespaceMissing, QueryInvalid)


class Activities:
    """The activities of one worker."""

    def __init__(self, connection: Connection, rate: Rate, judge: Judge) -> None:
        """Take the server, the pace at which it is asked, and who judges."""
        self._connection = connection
        self._rate = rate
        self._judge = judge

    @activity.defn(name=LIST_RUNS)
    async def list_runs(self, listing: Listing) -> Page:
        """List one page of runs, and keep those of the sample."""
        connection = self._connection
        request = ListWorkflowExecutionsRequest(
            namespace=connection.namespace,
            query=listing.query,
            page_size=listing.page,
            next_page_token=base64.b64decode(listing.token),
        )
        try:
            page = await self._rate.ask(connection.client.workflow_service.list_workflow_executions, request)
        except RPCError as error:
            raise _failure(not_listed(error, connection, listing.query)) from None
        found = [run_of(execution, connection.namespace) for execution in page.executions]
        runs = tuple(
            Listed(run.identity.workflow_id, run.identity.run_id, run.closed)
            for run in found
            if sampled(run.identity.run_id, listing.sample)
        )
        return Page(runs, len(found), base64.b64encode(page.next_page_token).decode())

    @activity.defn(name=JUDGE_SHARD)
    async def judge_shard(self, shard: Shard) -> Verdicts:
        """Judge the runs of a shard, those aside that an earlier attempt told of.

        A stop gives up what is under way, and brings back what is judged. A worker that is shut down fails the
        attempt: another one takes over where this one was.
        """
        info = activity.info()
        told = verdicts_in(info.heartbeat_details[-1]) if info.heartbeat_details else Verdicts()
        work = _Work(replace(told, attempts=info.attempt))
        beating = asyncio.create_task(work.beat())
        try:
            await self._judge_rest(shard, work)
        except asyncio.CancelledError:
            details = activity.cancellation_details()
            if details is None or not details.cancel_requested:
                activity.heartbeat(work.verdicts)
                raise ApplicationError("the worker was shut down", {}, work.verdicts, type="WorkerShutdown") from None
        except ReplaykitError as error:
            # Should it be the last attempt, what was judged is not lost with it.
            raise _failure(error, work.verdicts) from None
        finally:
            beating.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await beating
        return work.verdicts

    async def _judge_rest(self, shard: Shard, work: "_Work") -> None:
        rest = tuple(run for run in shard.runs if run.run_id not in work.done)
        async with aclosing(self._judge(rest)) as judged:  # type: ignore[type-var]  # an async generator
            async for verdict, example in judged:
                work.add(verdict, example)


class _Work:
    """What is done of a shard, and told with every beat."""

    def __init__(self, verdicts: Verdicts) -> None:
        self.verdicts = verdicts
        self.done = {judged.run_id for judged in verdicts.judged}

    def add(self, judged: Judged, example: Example | None) -> None:
        """Add a verdict; of each cause one example is kept."""
        self.done.add(judged.run_id)
        verdicts = replace(self.verdicts, judged=(*self.verdicts.judged, judged))
        known = {other.cause for other in verdicts.examples}
        if example and example.cause not in known and len(known) < MOST_CAUSES:
            verdicts = replace(verdicts, examples=(*verdicts.examples, example))
        self.verdicts = verdicts

    async def beat(self) -> None:
        """Tell what is done until this is cancelled."""
        while True:
            activity.heartbeat(self.verdicts)
            await asyncio.sleep(BEAT)


def _failure(error: ReplaykitError, *told: Verdicts) -> ApplicationError:
    problem = error.problem
    return ApplicationError(
        problem.what,
        {"cause": problem.cause, "fix": problem.fix},
        *told,
        type=problem.slug,
        non_retryable=isinstance(error, _FINAL),
    )
