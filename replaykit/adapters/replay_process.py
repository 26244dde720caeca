"""The replay process: takes requests from the pool and answers with judgements (pool.py starts it)."""

import asyncio
import gc
import os
import signal
import sys
import threading
from contextlib import nullcontext

from replaykit.adapters.code_memory import remember_code
from replaykit.adapters.history_reader import HistoryReader
from replaykit.adapters.messages import Progressed, Setup, Stuck, Unloadable, Unsaved
from replaykit.adapters.reached import Meter, meter_for
from replaykit.adapters.ready import Ready
from replaykit.adapters.replay_worker import ReplayWorker
from replaykit.adapters.sites import place_of, source_line
from replaykit.adapters.touched import Touched, move
from replaykit.adapters.wire import Line
from replaykit.adapters.workflows import load, short_traceback
from replaykit.errors import Problem, ReplaykitError, WorkflowsUnloadable
from replaykit.model.case import Case

# The share of the deadline after which the process tells where it is stuck, while it still can.
WATCH = 0.8


class Watch:
    """Tells the pool where this thread is stuck, should a replay take longer than `seconds`."""

    def __init__(self, line: Line, seconds: float) -> None:
        """Watch the thread that makes the watch."""
        self._line = line
        self._seconds = seconds
        self._thread = threading.get_ident()
        self._timer: threading.Timer | None = None

    def start(self) -> None:
        """Begin anew."""
        self.stop()
        self._timer = threading.Timer(self._seconds, self._tell_where)
        self._timer.daemon = True
        self._timer.start()

    def stop(self) -> None:
        """Watch no longer."""
        if self._timer is not None:
            self._timer.cancel()

    def progressed(self) -> None:
        """Tell the pool that a part is done, and begin anew for the next."""
        self._line.send(Progressed())
        self.start()

    def _tell_where(self) -> None:
        frame = sys._current_frames().get(self._thread)  # noqa: SLF001 - the documented way to another thread's frame
        self._line.send(Stuck(source_line(place_of(frame))))


def main() -> None:
    """Serve the pool until it goes away."""
    # Ctrl-C goes to the whole process group: the pool decides what happens to this process.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    line = _private_line()
    setup = line.receive()
    if not isinstance(setup, Setup):
        return
    if setup.moved:
        move(*setup.moved)
    watch = Watch(line, setup.config.deadline * WATCH)
    meter = meter_for(setup.config) if setup.measure else None
    try:
        worker = _worker(setup, meter, watch)
    except ReplaykitError as error:
        line.send(Unloadable(error.problem))
        return
    except Exception as error:  # noqa: BLE001 - plugins are the team's code, and the SDK checks what they give it
        line.send(Unloadable(_unprepared(error)))
        return
    # What is loaded by now stays to the end: no collection need look at it again.
    gc.freeze()
    gc.enable()
    asyncio.run(_serve(worker, line, watch))


def _worker(setup: Setup, meter: Meter | None, watch: Watch) -> ReplayWorker | HistoryReader:
    config = setup.config
    touched = Touched() if setup.watch else None
    if setup.watch:
        # Without bytecode left behind, and with all that was read once counting for the whole process.
        remember_code()
    if setup.measure and not config.workflows and not config.factory:
        return HistoryReader(config)
    with meter.measuring() if meter else nullcontext():
        workers = load(config)
    return ReplayWorker(config, workers, watch.progressed, measure=setup.measure, meter=meter, touched=touched)


async def _serve(worker: ReplayWorker | HistoryReader, line: Line, watch: Watch) -> None:
    try:
        await worker.open()
    except Exception as error:  # noqa: BLE001 - plugins, interceptors and runners are the team's code
        line.send(Unloadable(_unprepared(error)))
        return
    line.send(Ready(worker.names, worker.problems, worker.imported, worker.homes, worker.read))
    requests: asyncio.Queue[Case | Unsaved] = asyncio.Queue()
    loop = asyncio.get_running_loop()
    threading.Thread(target=_listen, args=(line, loop, requests), daemon=True).start()
    while True:
        request = await requests.get()
        watch.start()
        done = await worker.answer(request)
        watch.stop()
        line.send(done)


def _unprepared(error: Exception) -> Problem:
    return Problem(
        slug=WorkflowsUnloadable.slug,
        what="Temporal's SDK does not take the workflows and the worker's arguments as they are.",
        cause=short_traceback(error),
        fix='if a name is taken twice, name single classes: workflows = ["module:Class"]; else mend the factory',
    )


def _listen(line: Line, loop: asyncio.AbstractEventLoop, requests: asyncio.Queue[Case | Unsaved]) -> None:
    while True:
        request = line.receive()
        if not isinstance(request, (Case, Unsaved)):
            # The pool is gone; whatever the main thread is stuck in, this process has no reason to live.
            os._exit(0)
        loop.call_soon_threadsafe(requests.put_nowait, request)


def _private_line() -> Line:
    """Keep the pipe for messages: what workflow code prints goes to stderr, what it reads is empty."""
    source = os.fdopen(os.dup(0), "rb")
    sink = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)
    empty = os.open(os.devnull, os.O_RDONLY)
    os.dup2(empty, 0)
    os.close(empty)
    return Line(source, sink)
