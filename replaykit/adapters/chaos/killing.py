"""Real deaths of workers: many runs park at their boundaries in one process, and one SIGKILL kills them all."""

import asyncio
import time
import uuid
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

from replaykit.adapters.chaos.armed import Armed
from replaykit.adapters.chaos.carrying import Carried, NotCarried, carry
from replaykit.adapters.chaos.kill_messages import (
    Arm,
    Began,
    Begin,
    IsArmed,
    Leave,
    Left,
    News,
    Order,
    Over,
    Parked,
    Poll,
    Told,
)
from replaykit.adapters.chaos.killed_worker import KilledWorker
from replaykit.adapters.chaos.lanes import Lane, Ran
from replaykit.adapters.chaos.parking import TASK_TIMEOUT
from replaykit.adapters.chaos.reach import Attempt
from replaykit.adapters.chaos.sweep import Sweep
from replaykit.adapters.chaos.telling import COLLAPSES, ENDS_BADLY, retell
from replaykit.model.chaos import End, FaultPlan, Place, RunResult
from replaykit.model.scenario import Scenario
from replaykit.rules.chaos.catalogue import KINDS
from replaykit.rules.chaos.kinds import Group

KILLS = frozenset(kind.name for kind in KINDS.values() if kind.group is Group.KILL)
# All of a batch parks on one machine; more than that is another batch. What was spurious is run again, in smaller ones:
# a process that replays many at once may be too slow for any of them.
_AT_ONCE = (40, 4, 4)
_DOUBTFUL = frozenset({End.WEDGED, End.HUNG})
_DEATHS = 3
_LOOK = 0.02
_STILL_WORKING = 1.0


@dataclass(slots=True)
class _Run:
    """A run of a batch: what it is, what was told of it, and where it stands."""

    plan: FaultPlan
    armed: Armed | None = None
    task: "asyncio.Task[Ran] | None" = None
    told: list[Told] = field(default_factory=list)
    at_work: list[Attempt] = field(default_factory=list)
    parked: bool = False

    @property
    def ended(self) -> bool:
        return self.task is not None and self.task.done()

    @property
    def at_a_task(self) -> bool:
        """Whether it dies while a workflow task is under way, which must not last for long."""
        return any(strike.at.place in {Place.TASK, Place.LOCAL_ACTIVITY} for strike in self.plan.strikes)


class Killing:
    """Worker processes beside those of a sweep, on its server, on a task queue of their own."""

    def __init__(self, sweep: Sweep, directory: Path, carried: Carried) -> None:
        self._sweep = sweep
        self._log = directory / "killed.log"
        # Other sweeps may use the server, too.
        self._task_queue = f"replaykit-chaos-killed-{uuid.uuid4().hex[:8]}"
        self._begin = Begin(
            modules=carried.modules,
            scenario=carried.pickled,
            target=sweep.client.service_client.config.target_host,
            task_queue=self._task_queue,
            ledger=str(sweep.ledger_path.absolute()),
        )
        self._processes: set[KilledWorker] = set()
        self._current: KilledWorker | None = None
        self._first: asyncio.Task[KilledWorker] | None = None
        self._heir: asyncio.Task[KilledWorker] | None = None
        self._patience = sweep.patience
        self._runs: dict[str, _Run] = {}
        self._batches = asyncio.Lock()
        self.deaths = 0

    def begin(self) -> tuple[asyncio.Task[KilledWorker], asyncio.Task[KilledWorker]]:
        """Let the first process and an heir load the scenario, while the sweep does what needs none."""
        self._first = self._first or asyncio.create_task(self._start())
        self._heir = self._heir or asyncio.create_task(self._start())
        return self._first, self._heir

    async def run(self, plans: Sequence[FaultPlan]) -> list[Ran]:
        """Run the scenario once under each of some plans, and kill the worker where they say so; in this order.

        Raises:
            NotCarried: Another process cannot run the scenario, and why.
        """
        async with self._batches:
            found: dict[int, Ran] = {}
            left: Sequence[int] = range(len(plans))
            for at_once in _AT_ONCE:
                found |= await self._batches_of(plans, left, at_once)
                many = at_once == _AT_ONCE[0]
                left = [place for place in left if _is_to_be_run_again(found[place].result, many=many)]
        return [found[place] for place in range(len(plans))]

    async def _batches_of(self, plans: Sequence[FaultPlan], places: Sequence[int], at_once: int) -> dict[int, Ran]:
        found: dict[int, Ran] = {}
        for start in range(0, len(places), at_once):
            batch = places[start : start + at_once]
            found |= zip(batch, await self._batch([plans[place] for place in batch]), strict=True)
        return found

    async def close(self) -> None:
        """Kill what still runs."""
        await asyncio.gather(*filter(None, [self._first, self._heir]), return_exceptions=True)
        await asyncio.gather(*(process.kill() for process in tuple(self._processes)))

    async def _batch(self, plans: Sequence[FaultPlan]) -> list[Ran]:
        # The heir loads the scenario while the runs of this batch go where they are to die.
        first, heir = self.begin()
        if self._current is None:
            self._current = await first
            await self._current.tells(Poll())
        runs = [_Run(plan) for plan in plans]
        try:
            # A workflow task must not be under way for longer than its timeout: such runs start when others stand.
            for wave in (False, True):
                if wave:
                    await asyncio.wait({heir})
                for run in runs:
                    if run.at_a_task is wave:
                        run.task = asyncio.create_task(self._sweep.run_in(self._lane(run), run.plan))
                await self._settled([run for run in runs if run.task is not None])
            for _ in range(_DEATHS):
                if not any(run.parked and not run.ended for run in runs):
                    break
                await self._die(runs)
                await self._settled(runs)
            return [await run.task for run in runs if run.task is not None]
        finally:
            tasks = [run.task for run in runs if run.task is not None]
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
            self._runs.clear()

    async def _start(self) -> KilledWorker:
        worker = await KilledWorker.start(self._begin, self._log)
        worker.heard = self._hears
        self._processes.add(worker)
        return worker

    async def _die(self, runs: Sequence[_Run]) -> None:
        """Kill the process with all that is at work in it, and let another take over."""
        heir = await (self._heir or asyncio.create_task(self._start()))
        self._heir = None
        dead, self._current = self._current, heir
        if dead is not None:
            await dead.kill()
            self._processes.discard(dead)
            self.deaths += 1
        lost = []
        for run in runs:
            if run.armed is None or run.ended:
                continue
            run.parked = False
            for attempt in run.at_work:
                self._loses(run, run.armed, attempt)
                lost.append(self._sweep.reach.collapse(run.armed, attempt, "start_to_close_timeout"))
            run.at_work.clear()
            await heir.asks(Arm(run.armed.workflow_id, run.plan, tuple(run.told)), IsArmed, about=run.armed.workflow_id)
        await asyncio.gather(*lost)
        await heir.tells(Poll())

    @staticmethod
    def _loses(run: _Run, armed: Armed, attempt: Attempt) -> None:
        """Note that an attempt died, and that the next one is to have its timeouts back."""
        its = (attempt.workflow_run_id, attempt.activity_id)
        armed.attempts.ends_badly(*its)
        run.told += [Told(armed.workflow_id, method, its) for method in (ENDS_BADLY, COLLAPSES)]
        armed.happens(f"{attempt.activity_type} attempt {attempt.attempt} dies with its process")

    def _lane(self, run: _Run) -> Lane:
        async def arms(armed: Armed) -> None:
            run.armed = armed
            self._runs[armed.workflow_id] = run
            await self._asks(Arm(armed.workflow_id, run.plan), IsArmed, armed)

        async def leaves(armed: Armed) -> None:
            left = await self._asks(Leave(armed.workflow_id), Left, armed)
            if isinstance(left, Left):
                armed.assumed.update(dict.fromkeys(left.assumed))
                armed.missed_there, armed.repeated_there = left.missed, left.repeated

        return Lane(self._task_queue, arms, leaves, TASK_TIMEOUT)

    async def _asks(self, order: Order, answer: type[News], armed: Armed) -> News:
        if self._current is None:
            message = "no process runs"
            raise NotCarried(message)
        return await self._current.asks(order, answer, about=armed.workflow_id)

    def _hears(self, news: News) -> None:
        run = self._runs.get(getattr(news, "workflow_id", ""))
        if run is None or run.armed is None:
            return
        match news:
            case Told():
                run.told.append(news)
                retell(run.armed, [news])
            case Began():
                run.at_work.append(news.attempt)
            case Over():
                run.at_work.remove(news.attempt)
            case Parked():
                run.parked = True
            case _:
                pass

    async def _settled(self, runs: Sequence[_Run]) -> None:
        """Wait until each run has ended or stands, and nothing else of those that stand is at work."""

        async def until(patience: float, holds: Callable[[], bool]) -> None:
            deadline = time.monotonic() + patience
            while time.monotonic() < deadline and not holds():  # noqa: ASYNC110 - several things at once
                await asyncio.sleep(_LOOK)

        await until(self._patience, lambda: all(run.ended or run.parked for run in runs))
        await until(_STILL_WORKING, lambda: all(len(run.at_work) <= 1 for run in runs if run.parked))


def _is_to_be_run_again(result: RunResult, *, many: bool) -> bool:
    return bool(result.spurious) or (many and result.end in _DOUBTFUL)


@asynccontextmanager
async def open_killing(scenario: Scenario, sweep: Sweep, directory: Path) -> AsyncIterator[Killing]:
    """Have worker processes to kill beside a sweep while the block runs; none starts before it is needed.

    Raises:
        NotCarried: The scenario cannot be carried to another process, and why.
    """
    killing = Killing(sweep, directory, carry(scenario))
    try:
        yield killing
    finally:
        await killing.close()
