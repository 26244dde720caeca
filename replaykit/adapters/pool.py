"""Replay processes: started, fed, timed, killed and replaced, so that no history can cost more than its verdict."""

import asyncio
import os
from types import TracebackType
from typing import TYPE_CHECKING, Self

from replaykit.adapters.messages import Setup
from replaykit.adapters.nursery import Nursery
from replaykit.adapters.pool_process import Process
from replaykit.adapters.ready import Ready
from replaykit.config import Config
from replaykit.model.case import Case, Judgement
from replaykit.model.reached import Imported

if TYPE_CHECKING:
    from replaykit.errors import Problem


class ReplayPool:
    """As many replay processes as asked for; `replay` may be called concurrently and serves in order of calls."""

    def __init__(
        self,
        config: Config,
        *,
        seed: int | None = None,
        measure: bool = False,
        watch: bool = False,
        moved: tuple[str, str] | None = None,
        nursery: Nursery | None = None,
    ) -> None:
        """Take the settings; no process starts before the first history is asked for.

        Args:
            config: The settings.
            seed: The processes' PYTHONHASHSEED. Without one the caller's own counts, and 0 where it set none: a
                verdict must not depend on chance.
            measure: Let each judgement carry the run's shape, and what of the team's code the replay reached. No
                workflows need be configured then: histories are read, and not replayed.
            watch: Let each judgement carry its witness: the steps of the replay and the files that were read.
            moved: A directory, and the one beside it that holds the version of the code to load instead.
            nursery: Processes that have the SDK loaded are forked in it; without one each loads it anew.
        """
        self._config = config
        self._setup = Setup(config, measure, watch, moved)
        self._nursery = nursery
        self._seed = str(seed) if seed is not None else os.environ.get("PYTHONHASHSEED", "0")
        self._size = config.processes or os.cpu_count() or 1
        self._idle: asyncio.LifoQueue[Process | None] = asyncio.LifoQueue()
        self._alive: set[Process] = set()
        self.problems: tuple[Problem, ...] = ()
        self._ready = Ready((), ())

    @property
    def size(self) -> int:
        """The number of processes."""
        return self._size

    @property
    def imported(self) -> Imported | None:
        """What importing the workflows runs, once a process has loaded them; None where nothing is measured."""
        return self._ready.imported

    async def ready(self) -> Ready:
        """Load the workflows in one process, which stays for what is to be replayed, and say what was found.

        Raises:
            WorkflowsUnloadable: No workflow could be loaded.
        """
        process = await self._idle.get()
        try:
            process = process or await self._start()
        finally:
            self._idle.put_nowait(process)
        return self._ready

    async def __aenter__(self) -> Self:
        for _ in range(self._size):
            self._idle.put_nowait(None)
        return self

    async def __aexit__(
        self,
        _type: type[BaseException] | None,
        _error: BaseException | None,
        _traceback: TracebackType | None,
    ) -> None:
        await asyncio.gather(*(process.kill() for process in tuple(self._alive)))

    async def replay(self, case: Case, *, content: bytes | None = None) -> Judgement:
        """Replay one history in the next free process.

        Args:
            case: The history.
            content: What its file would hold, where it is not to be read from the disk.

        Raises:
            WorkflowsUnloadable: No workflow could be loaded, so no history can be judged.
        """
        process = await self._idle.get()
        keep: Process | None = None
        try:
            if process is None:
                process = await self._start()
            judgement, usable = await process.judge(case, content, self._config.deadline)
            if usable:
                keep = process
            else:
                await self._drop(process)
        except asyncio.CancelledError:
            # It is at work on what nobody waits for any more.
            if process is not None and process in self._alive:
                await self._drop(process)
            raise
        finally:
            self._idle.put_nowait(keep)
        return judgement

    async def load(self) -> None:
        """Start a process and let it load the workflows, before there is a history to judge.

        Raises:
            WorkflowsUnloadable: No workflow could be loaded.
        """
        process = await self._idle.get()
        try:
            process = process or await self._start()
        finally:
            self._idle.put_nowait(process)

    async def _start(self) -> Process:
        spawning = asyncio.ensure_future(Process.start(self._setup, self._seed, self._nursery))
        try:
            process = await asyncio.shield(spawning)
        except asyncio.CancelledError:
            # A spawn cut off in the middle leaves a child that nobody waits for: let it finish, then end it.
            await (await spawning).kill()
            raise
        self._alive.add(process)
        try:
            ready = await process.load(self._setup)
        except BaseException:
            await self._drop(process)
            raise
        self.problems, self._ready = ready.problems, ready
        return process

    async def _drop(self, process: Process) -> None:
        await process.kill()
        self._alive.discard(process)
