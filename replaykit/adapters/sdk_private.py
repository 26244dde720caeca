"""The one room that knows names the SDK keeps private; tests/test_sdk_private.py says what breaks when they move.

Three names:
`__temporal_workflow_definition`  the attribute that `@workflow.defn` sets: it tells a workflow class from another, and
                                  its name; without the name all of a project's workers share one data converter.
`_add_command`                    the method of a workflow's event loop through which every command goes: overriding it
                                  on one instance tells the source line of a command. Without it findings lose their
                                  source lines and nothing else.
`fn`                              the variable in which an async handler's wrapper keeps the team's own function; an
                                  update's outcome has no source line without it.
"""

import asyncio
import functools
import inspect
from collections.abc import Callable
from typing import Any

DEFINITION = "__temporal_workflow_definition"
ADD_COMMAND = "_add_command"
HANDLER = "fn"


def is_workflow(candidate: object) -> bool:
    """Say whether a class carries `@workflow.defn` itself (a subclass alone does not)."""
    return isinstance(candidate, type) and DEFINITION in vars(candidate)


def workflow_type(workflow: type) -> str | None:
    """Return the name that a workflow class goes by; None for a dynamic one."""
    return getattr(vars(workflow).get(DEFINITION), "name", None)


def hook_commands(loop: asyncio.AbstractEventLoop, on_command: Callable[[], None]) -> bool:
    """Call `on_command` before each command that the workflow on this loop issues; False where it cannot be."""
    original: Callable[[], Any] | None = getattr(loop, ADD_COMMAND, None)
    if original is None:
        return False

    def add_command() -> Any:  # noqa: ANN401 - the SDK's own command message
        on_command()
        return original()

    setattr(loop, ADD_COMMAND, add_command)
    return True


def own_function(handler: object) -> object:
    """Return the team's function behind a handler that the SDK has bound to its workflow."""
    if isinstance(handler, functools.partial):
        return handler.func
    if inspect.isfunction(handler):
        return inspect.getclosurevars(handler).nonlocals.get(HANDLER, handler)
    return handler
