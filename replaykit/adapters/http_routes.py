"""Requests find the cassette they belong to: one patch for all of them, and a context for each."""

import importlib
import threading
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from contextvars import ContextVar

from replaykit.adapters.http_tape import IN_ACTIVITY, HttpTape
from replaykit.errors import CassetteAmbiguous

_TAPE: ContextVar[HttpTape | None] = ContextVar("replaykit_http", default=None)


class Routes:
    """The tapes in use in this process. While there are some, HTTP clients are patched; then no more."""

    def __init__(self) -> None:
        self._tapes: list[HttpTape] = []
        self._lock = threading.RLock()
        self._patch = ExitStack()

    @contextmanager
    def through(self, tape: HttpTape) -> Iterator[None]:
        """Answer requests of this context, and of the tasks and threads that begin in it, from a tape."""
        with self._lock:
            if not self._tapes:
                # Loaded when it is needed: vcrpy loads every HTTP client there is.
                patch = importlib.import_module("replaykit.adapters.http_patch")
                self._patch.enter_context(patch.patched(self.current))
            self._tapes.append(tape)
        before = _TAPE.get()
        _TAPE.set(tape)
        try:
            yield
        finally:
            # A fixture may be left in another context than it was entered in.
            if _TAPE.get() is tape:
                _TAPE.set(before)
            with self._lock:
                self._tapes.remove(tape)
                if not self._tapes:
                    self._patch.close()
            tape.close()

    def current(self) -> HttpTape | None:
        """Find the tape of a request that is made here and now.

        Raises:
            CassetteAmbiguous: No context says, and several are in use.
        """
        activity = IN_ACTIVITY.get()
        tape = activity.tape if activity is not None else _TAPE.get()
        tapes = tuple(self._tapes)
        if tape in tapes:
            return tape
        # A thread or an event loop that was there before: with one cassette there is no doubt.
        if tape is None and len(tapes) <= 1:
            return next(iter(tapes), None)
        problem = CassetteAmbiguous(
            "An HTTP request belongs to none of the cassettes in use."
            if tape is None
            else "An HTTP request comes from code whose cassette is not in use any more.",
            cause=f"{len(tapes)} are in use in this process, and the task or thread that asks began in none of them",
            fix="begin it inside the block of its cassette: asyncio.create_task, asyncio.to_thread and workers copy "
            "the context; for a thread pool of your own: pool.submit(contextvars.copy_context().run, function)",
        )
        for other in tapes if tape is None else ():
            other.note(problem)
        raise problem


ROUTES = Routes()
