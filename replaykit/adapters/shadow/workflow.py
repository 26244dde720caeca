"""The shadow's own workflow: lists runs, hands them out in shards, counts what comes back, continues as new.

It is held to what replaykit holds other workflows to: a test replays its histories.
"""

import asyncio
from collections.abc import Coroutine
from dataclasses import replace
from datetime import timedelta
from typing import Any, NoReturn

from temporalio import exceptions, workflow
from temporalio.common import RetryPolicy
from temporalio.exceptions import ActivityError, ApplicationError, is_cancelled_exception
from temporalio.workflow import ActivityCancellationType

with workflow.unsafe.imports_passed_through():
    from replaykit.adapters.shadow.metrics import Metrics
    from replaykit.adapters.shadow.wire import verdicts_in
    from replaykit.model.shadow import (
        JUDGE_SHARD,
        LIST_RUNS,
        PROGRESS,
        STOP,
        WORKFLOW,
        Example,
        Judged,
        Listing,
        Page,
        Progress,
        Report,
        Shard,
        State,
        Verdicts,
    )
    from replaykit.rules.query import query_of_shadow
    from replaykit.rules.shadow import left_behind, next_shard, with_page, with_verdicts

LISTING = timedelta(minutes=5)
# A shard is timed by its heartbeats, and each history in it by its deadline; this is for a worker that hangs otherwise.
JUDGING = timedelta(days=1)
ATTEMPTS = 20
RETRIES = RetryPolicy(maximum_interval=timedelta(seconds=30), maximum_attempts=ATTEMPTS)
FAILED = "shard-failed"


@workflow.defn(name=WORKFLOW)
class Shadow:
    """One shadow, from its start to its report; a run of it takes over where another continued as new."""

    @workflow.init
    def __init__(self, state: State) -> None:
        """Take up the state; a fresh one begins now."""
        first = not state.started
        self._state = replace(state, started=workflow.time()) if first else state
        self._metrics = Metrics(workflow.metric_meter(), fresh=first)
        self._shards: dict[int, workflow.ActivityHandle[Verdicts]] = {}
        self._listing: workflow.ActivityHandle[Page] | None = None
        self._is_listing = False
        self._handed_out = 0
        self._waiting: dict[int, asyncio.Task[None]] = {}
        self._failure: Exception | None = None

    @workflow.run
    async def run(self, _: State) -> Report:
        """Go on until all is judged or a condition stops it."""
        limit = asyncio.create_task(self._stop_in_time())
        try:
            while not self._is_done():
                if self._time_left() <= 0:
                    # A server's timers may be late by a second.
                    self.stop("time")
                if not self._is_full_up():
                    self._hand_out()
                elif not self._waiting and not self._state.stopped:
                    workflow.continue_as_new(self._state)
                under_way = len(self._waiting)
                if self._is_done():
                    break
                await workflow.wait_condition(lambda before=under_way: self._has_news(before))  # type: ignore[misc]  # a default binds it
                if self._failure is not None:
                    raise self._failure
        finally:
            limit.cancel()
        return self._report()

    @workflow.query(name=PROGRESS)
    def progress(self) -> Progress:
        """Tell how far it is."""
        return Progress(self._state.tally, len(self._shards), self._state.stopped)

    @workflow.signal(name=STOP)
    def stop(self, why: str) -> None:
        """Stop: what is judged is reported, what is under way is given up."""
        if self._state.stopped:
            return
        self._state = replace(left_behind(self._state), stopped=why)
        for handle in (*self._shards.values(), *filter(None, [self._listing])):
            handle.cancel()

    def _is_done(self) -> bool:
        idle = not self._waiting and not self._state.backlog
        return idle and (self._state.exhausted or bool(self._state.stopped))

    def _is_full_up(self) -> bool:
        """Say whether this run has had its share of events; what is under way comes back first."""
        enough = self._handed_out >= self._state.asked.shards_a_run
        return enough or workflow.info().is_continue_as_new_suggested()

    def _has_news(self, under_way: int) -> bool:
        return len(self._waiting) < under_way or self._failure is not None or self._is_done()

    def _hand_out(self) -> None:
        asked = self._state.asked
        room = asked.at_once - (len(self._waiting) - self._is_listing)
        while room > 0 and self._state.backlog and not self._is_full_up() and not self._state.stopped:
            # A shard that is not full waits for the page that is coming.
            if len(self._state.backlog) < asked.shard_size and not self._state.exhausted:
                break
            shard, self._state = next_shard(self._state)
            self._begin(self._judge(self._handed_out, shard))
            room -= 1
        hungry = len(self._state.backlog) < asked.shard_size
        if hungry and not (self._is_listing or self._state.exhausted or self._state.stopped):
            self._is_listing = True
            self._begin(self._list())

    def _begin(self, work: Coroutine[Any, Any, None]) -> None:
        number = self._handed_out
        self._handed_out += 1

        async def settle() -> None:
            try:
                await work
            except Exception as error:  # noqa: BLE001 - raised by run()
                self._failure = error
            finally:
                del self._waiting[number]

        self._waiting[number] = asyncio.create_task(settle())

    async def _list(self) -> None:
        state = self._state
        listing = Listing(
            query_of_shadow(state.asked.query, before=state.started, without=WORKFLOW),
            state.started,
            state.asked.sample,
            state.asked.page,
            state.token,
        )
        self._listing = workflow.start_activity(
            LIST_RUNS, listing, result_type=Page, start_to_close_timeout=LISTING, retry_policy=RETRIES
        )
        try:
            page = await self._listing
        except ActivityError as error:
            if is_cancelled_exception(error):
                return
            raise
        finally:
            self._listing, self._is_listing = None, False
        if self._state.stopped:
            return
        before = self._state.tally
        self._state = with_page(self._state, page)
        self._metrics.skipped(self._state.tally.skipped - before.skipped)

    async def _judge(self, number: int, shard: Shard) -> None:
        if self._state.stopped:
            self._state, _ = with_verdicts(self._state, shard, Verdicts())
            return
        self._shards[number] = workflow.start_activity(
            JUDGE_SHARD,
            shard,
            result_type=Verdicts,
            start_to_close_timeout=JUDGING,
            heartbeat_timeout=timedelta(seconds=self._state.asked.lost_after),
            retry_policy=RETRIES,
            cancellation_type=ActivityCancellationType.WAIT_CANCELLATION_COMPLETED,
        )
        try:
            verdicts = await self._shards[number]
        except ActivityError as error:
            verdicts = self._of_failed(shard, error)
        finally:
            del self._shards[number]
        self._state, counted = with_verdicts(self._state, shard, verdicts)
        self._metrics.judged(counted)
        if self._state.asked.until_divergence and self._state.tally.diverged:
            self.stop("first divergence")

    def _of_failed(self, shard: Shard, error: ActivityError) -> Verdicts:
        """Keep of a shard that no worker brought to its end what the last one told."""
        match error.cause:
            case exceptions.TimeoutError(last_heartbeat_details=[*_, told]):
                verdicts = verdicts_in(told)
            case ApplicationError(non_retryable=True):
                _raise(error)
            case ApplicationError(details=[_, told]):
                verdicts = verdicts_in(told)
            case _:
                verdicts = Verdicts()
        if self._state.stopped or isinstance(error.cause, exceptions.CancelledError):
            return verdicts
        cause = f"{FAILED} {type(error.cause).__name__}"
        had = {judged.run_id for judged in verdicts.judged}
        rest = tuple(Judged(run.run_id, "inconclusive", cause=cause) for run in shard.runs if run.run_id not in had)
        said = f"inconclusive: no worker judged it in {ATTEMPTS} attempts: {error.cause}"[:400]
        example = Example(cause, "inconclusive", said, said)
        return replace(
            verdicts,
            judged=(*verdicts.judged, *rest),
            examples=(*verdicts.examples, example),
            attempts=ATTEMPTS,
        )

    async def _stop_in_time(self) -> None:
        if self._state.asked.seconds is not None:
            await asyncio.sleep(max(0.0, self._time_left()))
            self.stop("time")

    def _time_left(self) -> float:
        seconds = self._state.asked.seconds
        return 1.0 if seconds is None else self._state.started + seconds - workflow.time()

    def _report(self) -> Report:
        state = self._state
        ended = state.stopped or ("limit" if state.limited else "all judged")
        return Report(state.asked, state.tally, state.causes, state.unnamed, ended, workflow.time() - state.started)


def _raise(error: BaseException) -> NoReturn:
    raise error
