"""The line of workflow code behind each command: which frame of the user's code issued it."""

import asyncio
import linecache
import sys
from collections.abc import Awaitable, Callable, Coroutine
from dataclasses import dataclass, field
from types import CodeType, FrameType, TracebackType
from typing import Any, NamedTuple
from weakref import WeakKeyDictionary

from temporalio import workflow
from temporalio.worker import (
    ExecuteWorkflowInput,
    HandleSignalInput,
    HandleUpdateInput,
    WorkflowInboundInterceptor,
)

from replaykit.adapters.sdk_private import hook_commands, own_function
from replaykit.adapters.user_files import is_user_file
from replaykit.model.step import SourceLine


class Place(NamedTuple):
    """A place in code, cheap to keep for every command; it becomes a SourceLine when a step is made of it."""

    code: CodeType
    line: int
    caller: "Place | None" = None


def source_line(place: Place | None) -> SourceLine | None:
    """Turn a place into the line that a finding shows."""
    if place is None:
        return None
    text = linecache.getline(place.code.co_filename, place.line).rstrip()
    return SourceLine(
        path=place.code.co_filename,
        line=place.line,
        function=place.code.co_qualname,
        text=text.lstrip(),
        indent=len(text) - len(text.lstrip()),
        caller=source_line(place.caller),
    )


def place_of(frame: FrameType | None) -> Place | None:
    """Walk out from a frame to the innermost one of the user's code, and on to the one that called it."""
    inner = _user_frame(frame)
    if inner is None:
        return None
    caller = _user_frame(inner.f_back)
    called_at = None if caller is None else Place(caller.f_code, caller.f_lineno)
    return Place(inner.f_code, inner.f_lineno, called_at)


def _within(outer: Place | None, code: CodeType, line: int) -> Place:
    return Place(code, line, None if outer is None else outer._replace(caller=None))


def _user_frame(frame: FrameType | None) -> FrameType | None:
    while frame is not None and not is_user_file(frame.f_code.co_filename):
        frame = frame.f_back
    return frame


def raised_at(traceback: TracebackType | None) -> Place | None:
    """Return the innermost place of the user's code in a traceback."""
    found = None
    while traceback is not None:
        if is_user_file(traceback.tb_frame.f_code.co_filename):
            found = _within(found, traceback.tb_frame.f_code, traceback.tb_lineno)
        traceback = traceback.tb_next
    return found


@dataclass(slots=True)
class Sites:
    """The places behind one workflow instance's commands, in the order of the commands."""

    places: list[Place | None] = field(default_factory=list)
    created: "WeakKeyDictionary[asyncio.Task[Any], Place | None]" = field(default_factory=WeakKeyDictionary)
    ended: Place | None = None
    running: Coroutine[Any, Any, Any] | None = None
    loop: asyncio.AbstractEventLoop | None = None
    signals: set[str] = field(default_factory=set)

    def watch(self, loop: asyncio.AbstractEventLoop) -> None:
        """Hook the workflow's event loop, once."""
        if self.loop is not None:
            return
        self.loop = loop
        hook_commands(loop, self._on_command)
        create_task = loop.create_task

        def create_task_at_place(*args: Any, **kwargs: Any) -> asyncio.Task[Any]:  # noqa: ANN401 - asyncio's own signature
            task = create_task(*args, **kwargs)
            self.created[task] = place_of(sys._getframe(1)) or self._creator()  # noqa: SLF001 - the documented way to the caller's frame
            return task

        loop.create_task = create_task_at_place  # type: ignore[method-assign]  # on this instance only

    def _on_command(self) -> None:
        place = place_of(sys._getframe(2))  # noqa: SLF001 - the documented way to the caller's frame
        self.places.append(place or self._creator() or self.ended)

    def _creator(self) -> Place | None:
        # asyncio.gather(workflow.execute_activity(…)) runs SDK coroutines as tasks of their own: no frame of the
        # user's code is on the stack, so the place that made the task counts.
        # Signal handlers' tasks are made between the loop's turns: the loop must be named, none is running then.
        task = asyncio.current_task(self.loop)
        return self.created.get(task) if task is not None else None

    def handles(self, handler: object) -> None:
        """Note that the current task runs a handler: what it answers is issued when no frame of it is left."""
        code = getattr(own_function(handler), "__code__", None)
        task = asyncio.current_task(self.loop)
        if task is not None and isinstance(code, CodeType) and is_user_file(code.co_filename):
            self.created[task] = Place(code, code.co_firstlineno)

    def standing(self) -> Place | None:
        """Return where the run method waits now, innermost in the user's code; where it ended, once it has."""
        awaited: Any = self.running
        found = None
        while awaited is not None:
            frame = getattr(awaited, "cr_frame", None)
            if frame is not None and is_user_file(frame.f_code.co_filename):
                found = _within(found, frame.f_code, frame.f_lineno)
            awaited = getattr(awaited, "cr_await", None)
        return found or self.ended


def site_interceptor(sites: Sites) -> type[WorkflowInboundInterceptor]:
    """Make the interceptor class that reports one workflow instance's places to `sites`."""

    class SiteInterceptor(WorkflowInboundInterceptor):
        """Stands innermost, next to the user's own methods."""

        async def execute_workflow(self, input: ExecuteWorkflowInput) -> Any:  # noqa: A002, ANN401 - the SDK's signature
            sites.watch(asyncio.get_running_loop())
            input.run_fn = _noting_the_end(input.run_fn, sites)
            return await super().execute_workflow(input)

        async def handle_signal(self, input: HandleSignalInput) -> None:  # noqa: A002 - the SDK's signature
            sites.watch(asyncio.get_running_loop())
            sites.signals.add(input.signal)
            await super().handle_signal(input)

        async def handle_update_handler(self, input: HandleUpdateInput) -> Any:  # noqa: A002, ANN401 - the SDK's signature
            sites.watch(asyncio.get_running_loop())
            sites.handles(workflow.get_update_handler(input.update) or workflow.get_dynamic_update_handler())
            return await super().handle_update_handler(input)

    return SiteInterceptor


def _noting_the_end(run: Callable[..., Awaitable[Any]], sites: Sites) -> Callable[..., Awaitable[Any]]:
    """Wrap the run method so that the line on which it returned or raised is kept."""

    async def noted(*args: Any) -> Any:  # noqa: ANN401 - the user's own signature
        coroutine = run(*args)
        if not isinstance(coroutine, Coroutine):
            return await coroutine
        sites.running = coroutine
        frame: FrameType | None = getattr(coroutine, "cr_frame", None)
        try:
            result = await coroutine
        except BaseException as error:
            sites.ended = raised_at(error.__traceback__)
            raise
        # A finished frame keeps its last line, which is the return statement's.
        if frame is not None:
            sites.ended = Place(frame.f_code, frame.f_lineno)
        return result

    return noted
