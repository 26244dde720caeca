"""One replay process as the pool sees it: fed, timed and killed, and asked how it ended."""

import asyncio
import contextlib
import time
from collections import deque
from typing import Self

from replaykit.adapters.children import Child, spawned
from replaykit.adapters.messages import Done, Progressed, Reply, Request, Setup, Stuck, Unloadable, Unsaved
from replaykit.adapters.nursery import Nursery
from replaykit.adapters.ready import Ready
from replaykit.adapters.wire import LENGTH, frame, unpack
from replaykit.errors import Problem, WorkflowsUnloadable
from replaykit.model.case import Case, Judgement
from replaykit.model.step import SourceLine
from replaykit.model.verdict import Inconclusive

STDERR_KEPT = 64 * 1024
# Loading the workflows is not a history's fault: it gets its own, generous time.
LOADING = 120.0
# Importing makes next to no garbage, and the collector's searches for it took an eighth of the imports' CPU time. The
# process turns it on again before it replays anything.
START = "import gc; gc.disable(); from replaykit.adapters.replay_process import main; main()"


class _Gone(Exception):
    """The process ended without an answer."""


class Process:
    """Takes one history at a time, and may be of no further use after any of them."""

    def __init__(self, child: Child) -> None:
        """Speak with a process that was just started."""
        self._process = child
        self._stderr: deque[bytes] = deque()
        self._kept = 0
        self._drain = asyncio.ensure_future(self._read_stderr())

    @classmethod
    async def start(cls, setup: Setup, seed: str, nursery: Nursery | None) -> Self:
        """Start a process; it has loaded no workflow yet."""
        child: Child | None = None if nursery is None else await nursery.child()
        return cls(child or await spawned(setup, seed, start=START))

    async def load(self, setup: Setup) -> Ready:
        """Let it load the workflows, and say what was found.

        Raises:
            WorkflowsUnloadable: No workflow could be loaded.
        """
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
        """End it, and everything that watches it."""
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
