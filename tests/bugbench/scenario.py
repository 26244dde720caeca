"""One recorded run: a base, the code it had then, and how the run was driven."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, TypeAlias

from temporalio.client import Client, WorkflowHandle

from tests.planted.change import Edit

Handle: TypeAlias = WorkflowHandle[Any, Any]
Drive: TypeAlias = Callable[[Client, Handle], Awaitable[Handle]]


@dataclass(frozen=True, slots=True)
class Scenario:
    """A run to record.

    `drive` brings the started run into the state to record, and returns the run whose history is kept. `later` does
    so after the worker has gone. `edits` turn the base's source into the code that the run was recorded with. `runs`
    is how often the worker has run the workflow before: code that keeps state between runs shows.
    """

    name: str
    base: str
    drive: Drive
    args: tuple[Any, ...] = ("o-1",)
    edits: tuple[Edit, ...] = ()
    sandboxed: bool = False
    start: Mapping[str, Any] = field(default_factory=dict)
    later: Drive | None = None
    runs: int = 0
    worker: bool = True
