"""An event loop whose clock jumps over what nobody waits for; threads and sockets keep it at real time."""

import asyncio
import concurrent.futures
import selectors
import time
from collections.abc import Callable
from typing import Any

# So long a thread is waited for in place, so that two of them end in the order in which they began.
_IN_PLACE = 0.5
# A thread or a socket may answer at any moment: the clock then goes no faster than the machine's.
_PATIENCE = 0.05


class _Jumping(selectors.DefaultSelector):
    """A selector that asks the loop how long to sleep."""

    def __init__(self) -> None:
        super().__init__()
        self.loop: VirtualLoop | None = None

    def select(self, timeout: float | None = None) -> Any:  # noqa: ANN401 - what selectors give
        loop = self.loop
        if loop is None or timeout == 0:
            return super().select(timeout)
        if loop.threads or len(self.get_map()) > 1:
            wait = _PATIENCE if timeout is None else min(timeout, _PATIENCE)
            began = time.monotonic()
            ready = super().select(wait)
            loop.jumps(time.monotonic() - began)
            if time.monotonic() > loop.until:
                loop.idles()
            return ready
        if timeout is None:
            # What another thread has asked for counts: only where nothing came is there nothing to come.
            ready = super().select(0)
            if not ready:
                loop.idles()
            return ready
        loop.jumps(timeout)
        return super().select(0)


class VirtualLoop(asyncio.SelectorEventLoop):
    """An event loop of virtual time: a sleep of an hour takes none.

    `threads` counts calls in threads that have not returned, and `on_idle` is called where nothing is left to do and
    something is awaited all the same; also where a thread or a socket has not answered `until` then, by the machine's
    own clock.
    """

    def __init__(self) -> None:
        self._now = 0.0
        self.threads = 0
        self.until = float("inf")
        self.on_idle: Callable[[], None] = lambda: None
        selector = _Jumping()
        super().__init__(selector)
        selector.loop = self
        self._executor = concurrent.futures.ThreadPoolExecutor(8, thread_name_prefix="replaykit-simulated")

    def time(self) -> float:
        """Return the virtual time in seconds."""
        return self._now

    def jumps(self, seconds: float) -> None:
        """Let time pass."""
        self._now += seconds

    def idles(self) -> None:
        """Say that nothing is left to do."""
        self.on_idle()

    def run_in_executor(  # type: ignore[override]  # as asyncio's, without its type variables
        self,
        executor: Any,  # noqa: ANN401 - as above
        func: Callable[..., Any],
        *args: Any,  # noqa: ANN401 - as above
    ) -> Any:  # noqa: ANN401 - as above
        """Run a function in a thread, and wait for it in place where it does not take long."""
        submitted = (executor or self._executor).submit(func, *args)
        try:
            error = submitted.exception(_IN_PLACE)
        except TimeoutError:
            self.threads += 1
            submitted.add_done_callback(lambda _future: self.call_soon_threadsafe(self._returned))
            return asyncio.wrap_future(submitted, loop=self)
        done = self.create_future()
        if error is None:
            done.set_result(submitted.result())
        else:
            done.set_exception(error)
        return done

    def _returned(self) -> None:
        self.threads -= 1

    def close(self) -> None:
        """Close the loop; threads that still run are left alone."""
        self._executor.shutdown(wait=False, cancel_futures=True)
        super().close()
