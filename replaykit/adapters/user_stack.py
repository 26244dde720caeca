"""Where the team's own code stands: on the stack of a call, in what a task waits for, in a traceback."""

import asyncio
import sys
from collections.abc import Iterator
from types import FrameType, TracebackType
from typing import Any

from replaykit.adapters.sites import Place
from replaykit.adapters.user_files import is_user_file
from replaykit.errors import CassetteError

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


def at_the_place_of(error: BaseException, problem: CassetteError) -> CassetteError:
    """Give a problem the place in the caller's code at which it came out as an error of Temporal's."""
    return problem.with_traceback(_in_user_code(error.__traceback__))


def _in_user_code(traceback: TracebackType | None) -> TracebackType | None:
    """Cut a traceback behind the last line of the user's code: how Temporal's client raises is no news."""
    if traceback is None:
        return None
    following = _in_user_code(traceback.tb_next)
    if following is None and not is_user_file(traceback.tb_frame.f_code.co_filename):
        return None
    return TracebackType(following, traceback.tb_frame, traceback.tb_lasti, traceback.tb_lineno)
