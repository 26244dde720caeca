"""A workflow task that is under way, and the activations of it as a history keeps them."""

from dataclasses import dataclass, field
from typing import Any

from temporalio.bridge.proto.workflow_activation import WorkflowActivation, WorkflowActivationJob


@dataclass(slots=True)
class Activated:
    """One activation and what came of it, as a history keeps them."""

    act: WorkflowActivation
    shape: tuple[tuple[str, str], ...]
    patches: tuple[str, ...]


@dataclass(slots=True)
class Task:
    """A workflow task under way."""

    jobs: list[WorkflowActivationJob]
    activated: list[Activated] = field(default_factory=list)
    commands: list[Any] = field(default_factory=list)
    heartbeat: Any = None
