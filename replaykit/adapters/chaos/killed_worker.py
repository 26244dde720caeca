"""A worker process that is to be killed, seen from the sweep: started, told what to do, heard, and killed by its id."""

import asyncio
import contextlib
import json
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Self, TypeAlias

from replaykit.adapters.chaos.carrying import NotCarried
from replaykit.adapters.chaos.kill_messages import Begin, IsArmed, Left, News, Order, Ready, Unfit
from replaykit.adapters.wire import LENGTH, frame, unpack

Heard: TypeAlias = Callable[[News], None]

# Importing the team's workflows is not a run's fault.
_LOADING = 60.0
_ANSWERS = 20.0
_SHOWN = 400
# Importing makes next to no garbage; the process turns the collector on again before it runs anything (pool.py).
_START = (
    "import gc, json, sys; gc.disable(); sys.path[:] = json.loads(sys.argv[1]); "
    "from replaykit.adapters.chaos.kill_process import main; main()"
)


class KilledWorker:
    """One process; `heard` is called with all that it tells."""

    def __init__(self, process: asyncio.subprocess.Process, log: Path) -> None:
        self._process = process
        self._log = log
        self._answers: dict[tuple[type, str], asyncio.Future[News]] = {}
        self.heard: Heard = lambda _news: None
        self._listening = asyncio.create_task(self._listen())

    @classmethod
    async def start(cls, begin: Begin, log: Path) -> Self:
        """Start one, and wait until it has loaded the scenario; it does not poll yet.

        Raises:
            NotCarried: It cannot load it.
        """
        with log.open("ab") as errors:
            process = await asyncio.create_subprocess_exec(
                sys.executable,
                *("-c", _START, json.dumps(sys.path)),
                stdin=asyncio.subprocess.PIPE,
                stdout=asyncio.subprocess.PIPE,
                stderr=errors,
            )
        worker = cls(process, log)
        try:
            answer = await worker.asks(begin, Ready, patience=_LOADING)
        except BaseException:
            await worker.kill()
            raise
        if isinstance(answer, Unfit):
            await worker.kill()
            raise NotCarried(f"another process cannot load it: {answer.reason}")
        return worker

    async def tells(self, order: Order) -> None:
        """Send an order."""
        if self._process.stdin is not None:
            self._process.stdin.write(frame(order))
            with contextlib.suppress(ConnectionError):
                await self._process.stdin.drain()

    async def asks(self, order: Order, answer: type[News], *, about: str = "", patience: float = _ANSWERS) -> News:
        """Send an order, and wait for what answers it.

        Raises:
            NotCarried: It died, or it does not answer.
        """
        waits = self._answers[answer, about] = asyncio.get_running_loop().create_future()
        await self.tells(order)
        try:
            await asyncio.wait({waits, self._listening}, timeout=patience, return_when=asyncio.FIRST_COMPLETED)
        finally:
            del self._answers[answer, about]
        if not waits.done():
            said = self._log.read_text("utf-8", "replace")[-_SHOWN:].strip()
            raise NotCarried(f"the process that is to be killed does not answer: {said or 'it said nothing'}")
        found: News = waits.result()
        return found

    async def kill(self) -> None:
        """Kill it with SIGKILL, by its id, and hear the last that it told."""
        with contextlib.suppress(ProcessLookupError):
            self._process.kill()
        await self._process.wait()
        await self._listening

    async def _listen(self) -> None:
        source = self._process.stdout
        if source is None:
            return
        while True:
            try:
                (length,) = LENGTH.unpack(await source.readexactly(LENGTH.size))
                news: News = unpack(await source.readexactly(length))
            except asyncio.IncompleteReadError:
                # The end, or a message that the kill cut off.
                return
            kind: type[News] = Ready if isinstance(news, Unfit) else type(news)
            about = news.workflow_id if isinstance(news, IsArmed | Left) else ""
            waits = self._answers.get((kind, about))
            if waits is not None and not waits.done():
                waits.set_result(news)
            else:
                self.heard(news)
