"""The team's workflows, and what its worker is given, are loaded from what the configuration names."""

import importlib
import inspect
import sys
import traceback
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from temporalio.converter import DataConverter
from temporalio.worker import UnsandboxedWorkflowRunner, WorkflowRunner
from temporalio.worker.workflow_sandbox import SandboxedWorkflowRunner

from replaykit.adapters.loaded import load_object
from replaykit.adapters.sdk_private import is_workflow
from replaykit.adapters.user_files import is_user_file
from replaykit.config import Config
from replaykit.errors import Problem, WorkflowsUnloadable

# What a Worker and a Replayer have in common; the rest of a worker's arguments does not touch a replay.
USED = frozenset(
    {
        "workflows",
        "data_converter",
        "interceptors",
        "plugins",
        "workflow_failure_exception_types",
        "workflow_runner",
        "unsandboxed_workflow_runner",
    }
)
SHOWN_FRAMES = 3


@dataclass(slots=True)
class WorkerArguments:
    """What the team's worker is given, as far as a replay needs it; `failures` are modules that did not load.

    `homes` says which entry of the configuration each of the `workflows` was found under.
    """

    workflows: list[type] = field(default_factory=list)
    data_converter: DataConverter = DataConverter.default
    interceptors: list[Any] = field(default_factory=list)
    plugins: list[Any] = field(default_factory=list)
    workflow_failure_exception_types: list[type[BaseException]] = field(default_factory=list)
    workflow_runner: WorkflowRunner = field(default_factory=SandboxedWorkflowRunner)
    unsandboxed_workflow_runner: WorkflowRunner = field(default_factory=UnsandboxedWorkflowRunner)
    failures: list[Problem] = field(default_factory=list)
    homes: dict[type, str] = field(default_factory=dict)


def load(config: Config) -> tuple[WorkerArguments, ...]:
    """Import what `workflows` and `factory` of the configuration name.

    Returns:
        The arguments of one worker, or of each where the factory returns several: then what `workflows` names makes a
        worker of its own, the last. A module that fails to import is noted among `failures`, so that the others still
        serve.

    Raises:
        WorkflowsUnloadable: Nothing could be loaded, or the factory does not return a worker's arguments.
        CodecUnloadable: The data converter cannot be loaded.
    """
    sys.path[:0] = [path for path in config.python_path if path not in sys.path]
    workers = _made(config.factory) if config.factory else []
    if len(workers) != 1 and config.workflows:
        workers.append(WorkerArguments())
    for name in config.workflows:
        arguments = workers[-1]
        try:
            found = _workflows_in(name)
        except _Unloadable as error:
            arguments.failures.append(error.problem)
        else:
            taken = {workflow for worker in workers for workflow in worker.workflows}
            arguments.workflows.extend(w for w in found if w not in taken)
            arguments.homes.update({w: name for w in found if w not in taken})
    for arguments in workers:
        if config.data_converter:
            arguments.data_converter = load_object(config, "data-converter", config.data_converter, DataConverter)
        if not config.sandbox:
            arguments.workflow_runner = UnsandboxedWorkflowRunner()
    serving = tuple(arguments for arguments in workers if arguments.workflows)
    failures = [problem for arguments in workers for problem in arguments.failures]
    if not serving:
        raise _nothing_loaded(failures)
    serving[-1].failures[:] = failures
    return serving


class _Unloadable(Exception):
    def __init__(self, problem: Problem) -> None:
        self.problem = problem


def _nothing_loaded(failures: list[Problem]) -> WorkflowsUnloadable:
    if failures:
        first = failures[0]
        return WorkflowsUnloadable(first.what, cause=first.cause, fix=first.fix)
    return WorkflowsUnloadable(
        "No workflow was found.",
        cause="the configured modules define no class with @workflow.defn",
        fix='name the module that defines them: [tool.replaykit] workflows = ["package.workflows"]',
    )


def _workflows_in(name: str) -> list[type]:
    module_name, _, attribute = name.partition(":")
    module = _import(module_name)
    if attribute:
        chosen = getattr(module, attribute, None)
        if not is_workflow(chosen):
            raise _Unloadable(
                Problem(
                    slug=WorkflowsUnloadable.slug,
                    what=f"{name} is no workflow.",
                    cause=f"{module_name} has no class {attribute} decorated with @workflow.defn",
                    fix="correct the name after the colon, or leave it out to take every workflow of the module",
                )
            )
        return [chosen]  # type: ignore[list-item]  # is_workflow said it is a class
    own = [w for _, w in inspect.getmembers(module, is_workflow) if w.__module__ == module.__name__]
    if not own:
        # A module that only gathers workflows from elsewhere is meant as the list of them.
        own = [w for _, w in inspect.getmembers(module, is_workflow)]
    return own


def _import(name: str) -> Any:  # noqa: ANN401 - a module
    try:
        return importlib.import_module(name)
    except BaseException as error:
        if isinstance(error, KeyboardInterrupt):
            raise
        raise _Unloadable(
            Problem(
                slug=WorkflowsUnloadable.slug,
                what=f"The workflow module {name} does not import.",
                cause=short_traceback(error),
                fix=f"python -c 'import {name}'   (the module path is resolved from [tool.replaykit] python-path)",
            )
        ) from error


def short_traceback(error: BaseException) -> str:
    """Write an exception with the last frames that led to it, without the import machinery's own."""
    frames = [
        frame
        for frame in traceback.extract_tb(error.__traceback__)
        if is_user_file(frame.filename) and "importlib" not in frame.filename
    ]
    lines = [line.rstrip() for line in traceback.format_list(frames[-SHOWN_FRAMES:])]
    lines.append("".join(traceback.format_exception_only(error)).strip())
    return "\n".join(lines)


def _made(name: str) -> list[WorkerArguments]:
    """Call the factory: it returns the arguments of a worker, or a list of those of several."""
    module_name, _, attribute = name.partition(":")
    try:
        made = getattr(_import(module_name), attribute)()
    except _Unloadable as error:
        problem = error.problem
        raise WorkflowsUnloadable(problem.what, cause=problem.cause, fix=problem.fix) from None
    except Exception as error:
        raise WorkflowsUnloadable(
            f"The factory {name} failed.",
            cause=short_traceback(error),
            fix="the factory takes no argument and returns the keyword arguments of your Worker",
        ) from error
    several = made if isinstance(made, (list, tuple)) and made else [made]
    return [_arguments(one, name) for one in several]


def _arguments(made: object, name: str) -> WorkerArguments:
    if not isinstance(made, Mapping) or not made.get("workflows"):
        raise WorkflowsUnloadable(
            f"The factory {name} does not return a worker's arguments.",
            cause=f"it returned {type(made).__name__}" + (" without workflows" if isinstance(made, Mapping) else ""),
            fix='return {"workflows": [MyWorkflow], "data_converter": …, "interceptors": […], …}, or a list of such',
        )
    arguments = WorkerArguments()
    for key in sorted(USED & set(made)):
        value = list(made[key]) if isinstance(made[key], (list, tuple, set)) else made[key]
        wanted = _misfit(key, value)
        if wanted:
            raise WorkflowsUnloadable(
                f"The factory {name} does not return a worker's arguments.",
                cause=f"its {key} is to be {wanted}, not {value!r:.60}",
                fix="return what your Worker is given under the same name, or leave it out",
            )
        setattr(arguments, key, value)
    return arguments


def _misfit(key: str, value: object) -> str:
    """Say what an argument should have been; nothing where it is that."""
    if key == "workflows":
        fits = isinstance(value, list) and all(is_workflow(item) for item in value)
        return "" if fits else "a list of classes with @workflow.defn"
    if key == "data_converter":
        return "" if isinstance(value, DataConverter) else "a temporalio.converter.DataConverter"
    if key.endswith("runner"):
        return "" if isinstance(value, WorkflowRunner) else "a temporalio.worker.WorkflowRunner"
    return "" if isinstance(value, list) else "a list"
