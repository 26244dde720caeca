"""Progress on stderr, only where a person watches."""

import sys
import threading
import time
from types import TracebackType
from typing import Self

BAR = 24
EVERY = 0.1


class Progress:
    """One line that is rewritten in place; silent where stderr is no terminal."""

    def __init__(self, label: str, total: int, *, done: int = 0) -> None:
        """Count up to `total`; 0 where nobody knows how many there will be. `done` are done already."""
        self._label = label
        self._total = total
        self._done = done
        self._started = time.monotonic()
        self._drawn = 0.0
        self._on = sys.stderr.isatty()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        _type: type[BaseException] | None,
        _error: BaseException | None,
        _traceback: TracebackType | None,
    ) -> None:
        self.clear()

    @property
    def total(self) -> int:
        """How many there will be."""
        return self._total

    def step(self, count: int = 1) -> None:
        """Count so many more."""
        self._done += count
        now = time.monotonic()
        if self._on and (now - self._drawn > EVERY or self._done == self._total):
            self._drawn = now
            sys.stderr.write(f"\r\x1b[K{self._text(now - self._started)}")
            sys.stderr.flush()

    def _text(self, seconds: float) -> str:
        rate = self._done / max(seconds, EVERY)
        if not self._total:
            return f"{self._label} {self._done:,}  {rate:.0f}/s"
        filled = BAR * min(self._done, self._total) // self._total
        bar = "█" * filled + "·" * (BAR - filled)
        left = f", {max(0, self._total - self._done) / rate:.0f} s left" if self._done else ""
        return f"{self._label} {bar} {self._done:,}/{self._total:,}  {rate:.0f}/s{left}"

    def clear(self) -> None:
        """Take the line away."""
        if self._on:
            sys.stderr.write("\r\x1b[K")
            sys.stderr.flush()


class Spinner:
    """A line that turns while a stage runs whose length nobody knows; silent where stderr is no terminal."""

    FRAMES = "⠋⠙⠹⠸⠼⠴⠦⠧⠇⠏"

    def __init__(self) -> None:
        self._text = ""
        self._lock = threading.Lock()
        self._ended = threading.Event()
        self._on = sys.stderr.isatty()
        self._thread = threading.Thread(target=self._turn, daemon=True)

    def __enter__(self) -> Self:
        if self._on:
            self._thread.start()
        return self

    def __exit__(
        self,
        _type: type[BaseException] | None,
        _error: BaseException | None,
        _traceback: TracebackType | None,
    ) -> None:
        self._ended.set()
        if self._on:
            self._thread.join()
        self.clear()

    def say(self, text: str) -> None:
        """Turn beside this text from now on."""
        with self._lock:
            self._text = text

    def clear(self) -> None:
        """Take the line away until the next turn."""
        if self._on:
            with self._lock:
                sys.stderr.write("\r\x1b[K")
                sys.stderr.flush()

    def _turn(self) -> None:
        started = time.monotonic()
        turn = 0
        while not self._ended.wait(EVERY):
            with self._lock:
                if self._text:
                    frame = self.FRAMES[turn % len(self.FRAMES)]
                    sys.stderr.write(f"\r\x1b[K{frame} {self._text} … {time.monotonic() - started:.0f} s")
                    sys.stderr.flush()
            turn += 1
