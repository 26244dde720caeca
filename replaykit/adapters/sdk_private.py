"""The one room that knows names the SDK keeps private; tests/test_sdk_private.py says what breaks when they move.

Six names:
`__temporal_workflow_definition`  the attribute that `@workflow.defn` sets: it tells a workflow class from another, and
                                  its name; without the name all of a project's workers share one data converter.
`_add_command`                    the method of a workflow's event loop through which every command goes: overriding it
                                  on one instance tells the source line of a command. Without it findings lose their
                                  source lines and nothing else.
`fn`                              the variable in which an async handler's wrapper keeps the team's own function; an
                                  update's outcome has no source line without it.
`__temporal_activity_definition`  the attribute that `@activity.defn` sets: an activity's name and the types of its
                                  arguments; without it activities cannot be run in process by the simulator.
`__temporal_get_metric_meter`, `__temporal_assert_local_activity_valid`
                                  what a workflow's instance calls outside of itself; the simulator stands in for the
                                  worker there. Without them metrics and local activities fail in simulated runs.
"""

import asyncio
import functools
import inspect
from collections.abc import Callable
from typing import Any

from temporalio.common import MetricMeter

DEFINITION = "__temporal_workflow_definition"
ADD_COMMAND = "_add_command"
HANDLER = "fn"
ACTIVITY = "__temporal_activity_definition"
METRIC_METER = "__temporal_get_metric_meter"
LOCAL_ACTIVITY_VALID = "__temporal_assert_local_activity_valid"


def is_workflow(candidate: object) -> bool:
    """Say whether a class carries `@workflow.defn` itself (a subclass alone does not)."""
    return isinstance(candidate, type) and DEFINITION in vars(candidate)


def workflow_type(workflow: type) -> str | None:
    """Return the name that a workflow class goes by; None for a dynamic one."""
    return getattr(vars(workflow).get(DEFINITION), "name", None)


def workflow_definition(workflow: type) -> Any:  # noqa: ANN401 - the SDK keeps its type private
    """Return what `@workflow.defn` found out about a class: the SDK makes instances of it."""
    return vars(workflow)[DEFINITION]


def activity_definition(function: Callable[..., Any]) -> Any:  # noqa: ANN401 - the SDK keeps its type private
    """Return what `@activity.defn` found out about a function: `name` and `arg_types`."""
    return getattr(function, ACTIVITY)


def extern_functions(known: Callable[[str], None]) -> dict[str, Callable[..., Any]]:
    """Return what an instance calls outside of itself; `known` raises ValueError for an unknown activity."""
    return {METRIC_METER: lambda: MetricMeter.noop, LOCAL_ACTIVITY_VALID: known}


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
