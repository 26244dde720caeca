"""What breaks when the SDK moves a private name that replaykit uses: each test says it in its failure."""

import asyncio
from collections.abc import Mapping

import pytest
from temporalio import activity, workflow
from temporalio.worker import _workflow_instance

from replaykit.adapters.sdk_private import (
    ADD_COMMAND,
    DEFINITION,
    LOCAL_ACTIVITY_VALID,
    METRIC_METER,
    activity_definition,
    hook_commands,
    is_workflow,
    workflow_definition,
    workflow_type,
)
from tests.stories import changed, judgement, line_of, project, source


@workflow.defn
class Decorated:
    @workflow.run
    async def run(self) -> None:
        """Do nothing."""


class Subclass(Decorated):
    """Inherits from a workflow and is none."""


def test_the_decorator_still_marks_a_workflow_class() -> None:
    assert DEFINITION in vars(Decorated), (
        "temporalio's @workflow.defn no longer sets this attribute: `workflows = [...]` finds no workflow in any "
        "module. Find what it sets now, and change DEFINITION in adapters/sdk_private.py."
    )
    assert is_workflow(Decorated)


def test_a_workflow_class_still_tells_its_name() -> None:
    assert workflow_type(Decorated) == "Decorated", (
        "what @workflow.defn sets no longer has the workflow's name: several workers of one project share the data "
        "converter of the last. Find where the name is now, and change workflow_type in adapters/sdk_private.py."
    )


@activity.defn(name="greet")
def greeting(_name: str) -> None:
    """Do nothing."""


def test_the_decorator_still_says_an_activitys_name_and_the_types_of_its_arguments() -> None:
    found = activity_definition(greeting)
    assert (found.name, found.arg_types) == ("greet", [str]), (
        "what @activity.defn sets is another: activities cannot be run in process by the simulator. Find where the "
        "name and the types are now, and change activity_definition in adapters/sdk_private.py."
    )


def test_the_decorator_still_keeps_what_an_instance_is_made_of() -> None:
    assert isinstance(workflow_definition(Decorated), workflow._Definition)  # noqa: SLF001 - the private name's home


def test_an_instance_still_calls_outside_of_itself_by_these_names() -> None:
    holder = _workflow_instance._WorkflowExternFunctions  # noqa: SLF001 - the private name's home
    names = {name.removeprefix(holder.__name__) for name in holder.__annotations__}
    assert names == {METRIC_METER, LOCAL_ACTIVITY_VALID}, (
        "a workflow's instance asks its worker for something else: metrics or local activities fail in simulated "
        "runs. Give what it asks for in extern_functions of adapters/sdk_private.py."
    )


@pytest.mark.parametrize("candidate", [Subclass, Decorated(), object, "Decorated", None])
def test_nothing_but_the_decorated_class_is_a_workflow(candidate: object) -> None:
    assert not is_workflow(candidate)


def test_every_command_still_goes_through_the_loop_s_method() -> None:
    loop = _workflow_instance._WorkflowInstanceImpl  # noqa: SLF001 - the place where the private name lives
    assert callable(getattr(loop, ADD_COMMAND, None)), (
        "a workflow's event loop no longer has this method: findings lose their source lines. Find the method that "
        "appends to the completion's commands, and change ADD_COMMAND in adapters/sdk_private.py."
    )


def test_a_loop_without_the_method_is_left_alone() -> None:
    loop = asyncio.new_event_loop()
    try:
        assert not hook_commands(loop, lambda: None)
    finally:
        loop.close()


def test_the_hook_sees_the_line_of_each_command(recorded: Mapping[str, str]) -> None:
    """The name may stay and its meaning change: then a finding names no line, or a wrong one."""
    text = changed(source("order"), "milliseconds=50", "milliseconds=60")
    result = project({"order": text}, {"order-1": recorded["order-1"]}).run_cli(
        "replay", "histories", "--format", "json"
    )
    [drift] = judgement(result, "order-1")["drifts"]
    assert drift["new"]["site"]["line"] == line_of(text, "workflow.sleep(")
    assert drift["new"]["site"]["function"] == "Order.run"


def test_the_line_of_an_update_s_handler_is_found_behind_its_wrapper(recorded: Mapping[str, str]) -> None:
    text = changed(source("approval"), "return len(self.notes)", "return len(self.notes) + 1")
    text = changed(text, "def note(self, text: str)", "async def note(self, text: str)")
    result = project({"approval": text}, {"approval-noted": recorded["approval-noted"]}).run_cli(
        "replay", "histories", "--format", "json"
    )
    [drift] = judgement(result, "approval-noted")["drifts"]
    site = drift["new"]["site"]
    assert site is not None, (
        "the SDK's wrapper around an async handler no longer keeps the team's function under this name: an update's "
        "outcome has no source line. Find where it is kept now, and change HANDLER in adapters/sdk_private.py."
    )
    assert site["line"] == line_of(text, "@workflow.update")
