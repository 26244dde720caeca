"""Where the team's own code stands: the lines of it on the stack of a call, or in what a task waits for."""

import asyncio
import sys
from collections.abc import Iterator
from types import FrameType
from typing import Any

from replaykit.adapters.sites import Place, is_user_file

AT_MOST = 4
# A frame of the event loop's own: what is above it belongs to whoever runs the loop.
_LOOP = asyncio.events.__file__
_INSTALLED = ("site-packages", "dist-packages")


def user_stack(*, until: str, installed: bool = False) -> tuple[Place, ...]:
    """Return the lines of the team's code that led here, innermost first.

    Args:
        until: The file whose frame ends the search: who called that is not asked about.
        installed: Whether lines of installed packages are wanted instead, those next to whoever called them.
    """
    places = list(_places(sys._getframe(1), until))  # noqa: SLF001 - the documented way to the caller's frame
    if installed:
        return tuple(places[-AT_MOST:])
    return tuple([place for place in places if not _is_installed(place)][:AT_MOST])


def _places(frame: FrameType | None, until: str) -> Iterator[Place]:
    while frame is not None and frame.f_code.co_filename not in {until, _LOOP}:
        if is_user_file(frame.f_code.co_filename):
            yield Place(frame.f_code, frame.f_lineno)
        frame = frame.f_back


def _is_installed(place: Place) -> bool:
    return any(directory in place.code.co_filename for directory in _INSTALLED)


def waiting_at(task: "asyncio.Task[Any] | None") -> tuple[Place, ...]:
    """Return the lines of the team's code in which a task waits, innermost first."""
    awaited: Any = None if task is None else task.get_coro()
    found: list[Place] = []
    while awaited is not None:
        frame = getattr(awaited, "cr_frame", None)
        if frame is not None and is_user_file(frame.f_code.co_filename):
            found.insert(0, Place(frame.f_code, frame.f_lineno))
        awaited = getattr(awaited, "cr_await", None)
    return tuple([place for place in found if not _is_installed(place)][:AT_MOST])
