"""Replay processes: started, fed, timed, killed and replaced, so that no history can cost more than its verdict."""

import asyncio
import contextlib
import os
import sys
import time
from collections import deque
from types import TracebackType
from typing import Self

from replaykit.adapters.messages import Done, Progressed, Ready, Reply, Request, Setup, Stuck, Unloadable, Unsaved
from replaykit.adapters.wire import LENGTH, frame, unpack
from replaykit.config import Config
from replaykit.errors import Problem, WorkflowsUnloadable
from replaykit.model.case import Case, Judgement
from replaykit.model.shape import Imported
from replaykit.model.step import SourceLine
from replaykit.model.verdict import Inconclusive

STDERR_KEPT = 64 * 1024
# Loading the workflows is not a history's fault: it gets its own, generous time.
LOADING = 120.0
# Importing makes next to no garbage, and the collector's searches for it took an eighth of the imports' CPU time. The
# process turns it on again before it replays anything.
START = "import gc; gc.disable(); from replaykit.adapters.replay_process import main; main()"


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
        """
        self._config = config
        self._setup = Setup(config, measure, watch, moved)
        self._seed = str(seed) if seed is not None else os.environ.get("PYTHONHASHSEED", "0")
        self._size = config.processes or os.cpu_count() or 1
        self._idle: asyncio.LifoQueue[_Process | None] = asyncio.LifoQueue()
        self._alive: set[_Process] = set()
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
        keep: _Process | None = None
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

    async def _start(self) -> "_Process":
        spawning = asyncio.ensure_future(_Process.spawn(self._setup, self._seed))
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

    async def _drop(self, process: "_Process") -> None:
        await process.kill()
        self._alive.discard(process)


class _Gone(Exception):
    """The process ended without an answer."""


class _Process:
    def __init__(self, process: asyncio.subprocess.Process) -> None:
        self._process = process
        self._stderr: deque[bytes] = deque()
        self._kept = 0
        self._drain = asyncio.ensure_future(self._read_stderr())

    @classmethod
    async def spawn(cls, setup: Setup, seed: str) -> "_Process":
        # What was imported from stale bytecode would be another code than the files say: none is left behind.
        quiet = {"PYTHONDONTWRITEBYTECODE": "1"} if setup.watch else {}
        return cls(
            await asyncio.create_subprocess_exec(
                sys.executable,
                "-c",
                START,
                stdin=asyncio.subprocess.PIPE,
                stdout=asyncio.subprocess.PIPE,
                stderr=asyncio.subprocess.PIPE,
                cwd=setup.config.root,
                env={**os.environ, **quiet, "PYTHONHASHSEED": seed},
            )
        )

    async def load(self, setup: Setup) -> Ready:
        try:
            await self._send(setup)
            async with asyncio.timeout(LOADING):
                reply = await self._receive()
        except (_Gone, TimeoutError) as error:
            how = "took too long" if isinstance(error, TimeoutError) else await self._how_it_ended()
            raise WorkflowsUnloadable(
                "The workflows could not be loaded in a replay process.",
                cause=f"{how}\n{self._last_words()}".rstrip(),
                fix="import the configured modules by hand to see what they do: python -c 'import MODULE'",
            ) from None
        match reply:
            case Ready():
                return reply
            case Unloadable(problem):
                raise WorkflowsUnloadable(problem.what, cause=problem.cause, fix=problem.fix)
            case _:
                raise AssertionError(reply)

    async def judge(self, case: Case, content: bytes | None, deadline: float) -> tuple[Judgement, bool]:
        """Return the judgement and whether the process can be used again."""
        started = time.perf_counter()
        stuck: Stuck | None = None
        try:
            async with asyncio.timeout(deadline) as limit:
                await self._send(case if content is None else Unsaved(case, content))
                while not isinstance(reply := await self._receive(), Done):
                    stuck = reply if isinstance(reply, Stuck) else None
                    if isinstance(reply, Progressed):
                        limit.reschedule(asyncio.get_running_loop().time() + deadline)
        except TimeoutError:
            problem = _over_deadline(deadline, stuck)
            return self._inconclusive(case, problem, started), False
        except _Gone:
            problem = _crashed(await self._how_it_ended())
            return self._inconclusive(case, problem, started), False
        return reply.judgement, not reply.exhausted

    def _inconclusive(self, case: Case, problem: Problem, started: float) -> Judgement:
        verdict = Inconclusive(problem, detail=self._last_words())
        return Judgement(case, verdict, time.perf_counter() - started)

    async def kill(self) -> None:
        with contextlib.suppress(ProcessLookupError):
            self._process.kill()
        await self._process.wait()
        await self._drain

    async def _send(self, request: Request) -> None:
        if self._process.stdin is None:
            raise _Gone
        try:
            self._process.stdin.write(frame(request))
            await self._process.stdin.drain()
        except (BrokenPipeError, ConnectionResetError):
            raise _Gone from None

    async def _receive(self) -> Reply | Request:
        if self._process.stdout is None:
            raise _Gone
        try:
            head = await self._process.stdout.readexactly(LENGTH.size)
            (length,) = LENGTH.unpack(head)
            message: Reply | Request = unpack(await self._process.stdout.readexactly(length))
        except (asyncio.IncompleteReadError, ConnectionResetError):
            raise _Gone from None
        return message

    async def _read_stderr(self) -> None:
        if self._process.stderr is None:
            return
        while chunk := await self._process.stderr.read(4096):
            self._stderr.append(chunk)
            self._kept += len(chunk)
            while self._kept > STDERR_KEPT:
                self._kept -= len(self._stderr.popleft())

    def _last_words(self) -> str:
        return b"".join(self._stderr).decode("utf-8", "replace").strip()

    async def _how_it_ended(self) -> str:
        code = await self._process.wait()
        return (
            f"the replay process was killed by signal {-code}"
            if code < 0
            else f"the replay process exited with code {code}"
        )


def _over_deadline(deadline: float, stuck: Stuck | None) -> Problem:
    at = stuck.at if stuck else None
    return Problem(
        slug="deadline",
        what=f"The replay did not end within {deadline:g} seconds.",
        cause=_where(at) if stuck else "the replay process did not answer, not even where it was",
        fix="if the workflow loops or blocks there, mend it; if the history is just long: --deadline SECONDS",
    )


def _where(at: SourceLine | None) -> str:
    if at is None:
        return "Temporal's Core was silent, and no workflow code was running"
    return f"workflow code was running at {at.path}:{at.line} in {at.function}: {at.text}"


def _crashed(how: str) -> Problem:
    return Problem(
        slug="replay-process-died",
        what="The replay process died while it replayed this history.",
        cause=how,
        fix="look in the workflow and its imports for os._exit or a native crash; -v shows its last words",
    )
