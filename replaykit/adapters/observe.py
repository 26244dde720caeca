"""A workflow runner that wraps another and sees every activation and every command of a replay."""

import dataclasses
import time
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from typing import Any

from temporalio.bridge.proto.workflow_activation import WorkflowActivation
from temporalio.bridge.proto.workflow_commands import WorkflowCommand
from temporalio.bridge.proto.workflow_completion import WorkflowActivationCompletion
from temporalio.worker import (
    UnsandboxedWorkflowRunner,
    WorkflowInstance,
    WorkflowInstanceDetails,
    WorkflowRunner,
)
from temporalio.workflow import NondeterminismError

from replaykit.adapters.perturb import perturbed
from replaykit.adapters.reached import Meter
from replaykit.adapters.sites import Place, Sites, site_interceptor
from replaykit.model.history import Identity


@dataclass(slots=True)
class Activation:
    """One activation: how far Core's history had come, what the code commanded, and from which places."""

    history_length: int
    commands: Sequence[WorkflowCommand]
    places: tuple[Place | None, ...]
    failed: Any = None


@dataclass(slots=True)
class Observation:
    """What one replay showed so far; the replayer makes a new one for each history."""

    identity: Identity
    activations: list[Activation] = field(default_factory=list)
    updates: dict[str, str] = field(default_factory=dict)
    standing: Place | None = None
    broken: Exception | None = None
    perturb: bool = False
    meter: Meter | None = None
    sandboxed: bool = True
    busy_since: float | None = None
    last_seen: float = field(default_factory=time.monotonic)
    hides_errors: bool = False
    signals: set[str] = field(default_factory=set)
    handled: set[str] = field(default_factory=set)


class ObservingRunner(WorkflowRunner):
    """Wraps the team's runner; `observe` tells which observation the next instance belongs to."""

    def __init__(
        self,
        inner: WorkflowRunner,
        *,
        observe: Callable[[], Observation],
        names: dict[str | None, BaseException | None],
        classes: dict[str, type] | None = None,
    ) -> None:
        """Wrap `inner`.

        Args:
            inner: The runner that the team's worker uses.
            observe: Returns the observation of the history being replayed.
            names: Filled with each registered workflow's name (None: dynamic) and why it could not be prepared.
            classes: Filled with the class of each name.
        """
        self._inner = inner
        self._observe = observe
        self._names = names
        self._classes = {} if classes is None else classes

    def prepare_workflow(self, defn: Any) -> None:  # noqa: ANN401 - the SDK keeps the definition's type private
        """Prepare a definition; a failure is kept for the histories of this type instead of ending all."""
        try:
            self._inner.prepare_workflow(defn)
        except Exception as error:  # noqa: BLE001 - user code runs at import in the sandbox
            self._names[defn.name] = error
        else:
            self._names[defn.name] = None
        if defn.name is not None:
            self._classes[defn.name] = defn.cls

    def create_instance(self, det: WorkflowInstanceDetails) -> WorkflowInstance:
        """Create the instance with the identity that the run had, watched from both sides."""
        observation = self._observe()
        sites = Sites(signals=observation.handled)
        recorded = observation.identity
        info = dataclasses.replace(
            det.info,
            namespace=recorded.namespace or det.info.namespace,
            task_queue=recorded.task_queue or det.info.task_queue,
            run_id=recorded.run_id or det.info.run_id,
        )
        watched = dataclasses.replace(
            det,
            info=info,
            interceptor_classes=[*det.interceptor_classes, site_interceptor(sites)],
        )
        types = (*det.defn.failure_exception_types, *det.worker_level_failure_exception_types)
        observation.hides_errors = any(issubclass(NondeterminismError, type_) for type_ in types)
        observation.sandboxed = not isinstance(self._inner, UnsandboxedWorkflowRunner)
        observation.busy_since = time.monotonic()
        try:
            instance = self._inner.create_instance(watched)
        except Exception as error:
            observation.broken = error
            raise
        finally:
            observation.busy_since = None
        return _ObservedInstance(instance, observation, sites)

    def set_worker_level_failure_exception_types(self, types: Sequence[type[BaseException]]) -> None:
        """Hand the types on to the wrapped runner."""
        self._inner.set_worker_level_failure_exception_types(types)


class _ObservedInstance(WorkflowInstance):
    def __init__(
        self,
        inner: WorkflowInstance,
        observation: Observation,
        sites: Sites,
    ) -> None:
        self._inner = inner
        self._observation = observation
        self._sites = sites

    def activate(self, act: WorkflowActivation) -> WorkflowActivationCompletion:
        seen = self._observation
        if any(job.HasField("remove_from_cache") for job in act.jobs):
            return self._inner.activate(act)
        for job in act.jobs:
            if job.HasField("signal_workflow"):
                seen.signals.add(job.signal_workflow.signal_name)
            if job.HasField("do_update"):
                seen.updates[job.do_update.protocol_instance_id] = job.do_update.name
        self._sites.places.clear()
        seen.busy_since = time.monotonic()
        try:
            with ExitStack() as around:
                if seen.perturb:
                    around.enter_context(perturbed())
                if seen.meter is not None:
                    around.enter_context(seen.meter.measuring())
                completion = self._inner.activate(act)
        finally:
            seen.busy_since = None
            seen.last_seen = time.monotonic()
        commands = list(completion.successful.commands)
        places = tuple(self._sites.places)
        if len(places) > len(commands):
            # Commands were taken back after they were issued: which ones cannot be told.
            places = ()
        # The loop is hooked by the first method that runs: an update is accepted before its handler is one.
        unseen = (None,) * (len(commands) - len(places))
        seen.activations.append(
            Activation(
                history_length=act.history_length,
                commands=commands,
                places=unseen + places,
                failed=completion.failed.failure if completion.HasField("failed") else None,
            )
        )
        seen.standing = self._sites.standing()
        return completion

    # The replayer's data converter has neither codec nor external storage, so the contexts that the SDK asks the
    # sandbox for, payload by payload, would go nowhere.

    def get_serialization_context(self, _command_info: Any) -> Any:  # noqa: ANN401 - the SDK's private types
        return None

    def get_external_store_context(self, _command_info: Any) -> Any:  # noqa: ANN401 - the SDK's private types
        return None

    def get_info(self) -> Any:  # noqa: ANN401 - forwarded as it is
        return self._inner.get_info()

    def get_thread_id(self) -> int | None:
        return self._inner.get_thread_id()
