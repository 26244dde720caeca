"""Strikes at workflow tasks: between the workflow's code and the completion that tells the server what it did."""

import dataclasses
from collections import Counter
from collections.abc import Sequence
from collections.abc import Set as AbstractSet
from typing import Any

from temporalio.bridge.proto.workflow_activation import WorkflowActivation
from temporalio.bridge.proto.workflow_commands import WorkflowCommand
from temporalio.bridge.proto.workflow_completion import WorkflowActivationCompletion
from temporalio.converter import StorageDriverStoreContext
from temporalio.worker import (
    HandleSignalInput,
    HandleUpdateInput,
    WorkflowInboundInterceptor,
    WorkflowInstance,
    WorkflowInstanceDetails,
    WorkflowRunner,
)

from replaykit.adapters.chaos.armed import Armed
from replaykit.adapters.chaos.asked import ask_all
from replaykit.adapters.chaos.parking import hurry, outlasts_task, parked
from replaykit.adapters.chaos.reach import Reach
from replaykit.adapters.chaos.registry import Registry
from replaykit.model.chaos import Boundary, Place, Trait
from replaykit.model.step import StepKey, StepKind

# A strike that the server does not take within this time did not strike; the SDK's deadlock alarm comes after 2 s.
_PATIENCE = 1.5
_NO_STORE = StorageDriverStoreContext()

_KINDS = {
    "schedule_activity": StepKind.ACTIVITY,
    "schedule_local_activity": StepKind.LOCAL_ACTIVITY,
    "start_timer": StepKind.TIMER,
    "start_child_workflow_execution": StepKind.CHILD,
    "signal_external_workflow_execution": StepKind.SIGNAL,
    "request_cancel_external_workflow_execution": StepKind.CANCEL_EXTERNAL,
    "set_patch_marker": StepKind.PATCH,
    "upsert_workflow_search_attributes": StepKind.SEARCH_ATTRIBUTES,
    "modify_workflow_properties": StepKind.MEMO,
    "schedule_nexus_operation": StepKind.NEXUS,
    "complete_workflow_execution": StepKind.COMPLETE,
    "fail_workflow_execution": StepKind.FAIL,
    "cancel_workflow_execution": StepKind.CANCEL,
    "continue_as_new_workflow_execution": StepKind.CONTINUE_AS_NEW,
}
_CLOSING = frozenset(
    {
        "complete_workflow_execution",
        "fail_workflow_execution",
        "cancel_workflow_execution",
        "continue_as_new_workflow_execution",
    }
)


class StrikingRunner(WorkflowRunner):
    """Wraps the team's runner; its instances are struck where the plan of their run says so.

    Args:
        inner: The team's runner.
        registry: Which run has which plan.
        reach: How a strike reaches the server.
        contexts: Whether the worker's data converter wants to know whose payload it converts. The SDK asks the
            instance for each payload, several times, and in the sandbox each answer costs as much as a small import.
    """

    def __init__(self, inner: WorkflowRunner, registry: Registry, reach: Reach, *, contexts: bool = True) -> None:
        self._inner = inner
        self._registry = registry
        self._reach = reach
        self._contexts = contexts

    def prepare_workflow(self, defn: Any) -> None:  # noqa: ANN401 - the SDK keeps the definition's type private
        """Prepare a definition as the wrapped runner does."""
        self._inner.prepare_workflow(defn)

    def create_instance(self, det: WorkflowInstanceDetails) -> WorkflowInstance:
        """Create an instance of the family of a run under a plan, or a stranger's as it is."""
        info = det.info
        armed = self._registry.of(info.workflow_id)
        if armed is None and info.parent is not None:
            armed = self._registry.of(info.parent.workflow_id)
            if armed is not None:
                self._registry.joins(info.workflow_id, armed)
        if armed is None:
            return self._inner.create_instance(det)
        within = armed.kin.begins(info.workflow_id, info.run_id)
        handlers = _Handlers()
        watched = dataclasses.replace(det, interceptor_classes=[*det.interceptor_classes, _watching(handlers)])
        try:
            instance = self._inner.create_instance(watched)
        except Exception as error:
            armed.task_fails(f"the workflow cannot be instantiated: {error!r}")
            raise
        struck = _StruckInstance if self._contexts else _WithoutContexts
        return struck(instance, armed, self._reach, handlers, details=det, within=within)

    def set_worker_level_failure_exception_types(self, types: Sequence[type[BaseException]]) -> None:
        """Hand the types on to the wrapped runner."""
        self._inner.set_worker_level_failure_exception_types(types)


@dataclasses.dataclass(slots=True)
class _Handlers:
    """The handlers of signals and updates that have begun and not ended."""

    running: Counter[str] = dataclasses.field(default_factory=Counter)


def _watching(handlers: _Handlers) -> type[WorkflowInboundInterceptor]:
    class Watching(WorkflowInboundInterceptor):
        async def handle_signal(self, input: HandleSignalInput) -> None:  # noqa: A002 - the SDK's signature
            name = f"signal {input.signal}"
            handlers.running[name] += 1
            await super().handle_signal(input)
            handlers.running[name] -= 1

        async def handle_update_handler(self, input: HandleUpdateInput) -> Any:  # noqa: A002, ANN401 - the SDK's signature
            name = f"update {input.update}"
            handlers.running[name] += 1
            try:
                return await super().handle_update_handler(input)
            finally:
                handlers.running[name] -= 1

    return Watching


class _StruckInstance(WorkflowInstance):
    def __init__(
        self,
        inner: WorkflowInstance,
        armed: Armed,
        reach: Reach,
        handlers: _Handlers,
        *,
        details: WorkflowInstanceDetails,
        within: str,
    ) -> None:
        self._inner = inner
        self._armed = armed
        self._reach = reach
        self._handlers = handlers
        self._run_id = details.info.run_id
        self._converter = details.payload_converter_factory()
        self._within = within
        self._counts: Counter[tuple[str, str]] = Counter()
        self._activations = 0

    def activate(self, act: WorkflowActivation) -> WorkflowActivationCompletion:
        if any(job.HasField("remove_from_cache") for job in act.jobs):
            return self._inner.activate(act)
        armed = self._armed
        self._activations += 1
        if act.is_replaying and self._activations == 1:
            armed.replays += 1
        completion = self._inner.activate(act)
        if any(job.HasField("cancel_workflow") for job in act.jobs):
            self._reach.hears_cancel(armed, act.run_id)
        if completion.HasField("failed"):
            if not act.is_replaying:
                armed.task_fails(completion.failed.failure.message)
            return completion
        keys = [key for command in completion.successful.commands if (key := self._key(command)) is not None]
        if act.is_replaying or not any(not job.HasField("query_workflow") for job in act.jobs):
            return completion
        if act.run_id in armed.dying:
            # The task timed out before the kill came, and came again: this process must not go on with it.
            return parked(act.run_id)
        armed.task_succeeds()
        self._hold(armed)
        return self._struck(act, completion, keys)

    def _struck(
        self, act: WorkflowActivation, completion: WorkflowActivationCompletion, keys: Sequence[StepKey]
    ) -> WorkflowActivationCompletion:
        armed = self._armed
        variants: set[str | None] = {command.WhichOneof("variant") for command in completion.successful.commands}
        if variants & _CLOSING:
            armed.leaves_unfinished(name for name, count in self._handlers.running.items() if count)
        if not keys:
            return completion
        boundary = Boundary(Place.TASK, str(keys[0]), within=self._within)
        armed.passes(boundary, *_traits(variants), *([Trait.UPDATES] if armed.updates else []))
        armed.happens(f"{boundary} asks for {', '.join(map(str, keys))}")
        if armed.take(boundary, "task_fails"):
            failed = WorkflowActivationCompletion(run_id=act.run_id)
            failed.failed.failure.message = f"injected: {boundary} fails"
            return failed
        if (strike := armed.due(boundary, "cancel_races")) and self._reach.now(
            self._reach.cancel(armed), patience=_PATIENCE
        ):
            armed.fires(strike)
        if (strike := armed.due(boundary, "signal_races")) and self._reach.now(
            self._reach.signal(armed, strike.fault), patience=_PATIENCE
        ):
            armed.fires(strike)
        if strike := armed.take(boundary, "query_during"):
            self._reach.beside(self._query(strike))
            for problem in ask_all(self._inner, act, self._converter):
                armed.happens(problem)
        outlasts_task(armed, boundary)
        if armed.parks is not None:
            if strike := armed.take(boundary, "kill_task"):
                armed.dying.add(act.run_id)
                armed.parks(strike)
                return parked(act.run_id)
            hurry(completion)
        armed.asks(self._run_id, boundary)
        return completion

    async def _query(self, strike: Any) -> None:  # noqa: ANN401 - a Strike
        try:
            await self._reach.query(self._armed)
        except Exception as error:  # noqa: BLE001 - whatever it is, the query did not work
            self._armed.happens(f"{strike}: the query failed: {error}")

    def _hold(self, armed: Armed) -> None:
        hold = armed.hold
        if hold is not None and not hold.began.is_set():
            hold.began.set()
            hold.let_go.wait(_PATIENCE)

    def _key(self, command: WorkflowCommand) -> StepKey | None:
        """Count a command, and remember what its ids stand for."""
        variant = command.WhichOneof("variant") or ""
        kind = _KINDS.get(variant)
        if kind is None:
            return None
        said = getattr(command, variant)
        name = _name(variant, said)
        self._counts[kind, name] += 1
        key = StepKey(kind, name, self._counts[kind, name])
        if kind in {StepKind.ACTIVITY, StepKind.LOCAL_ACTIVITY}:
            self._armed.kin.scheduled(self._run_id, said.activity_id, name, key.nth)
        if kind is StepKind.CHILD:
            self._armed.kin.child(said.workflow_id, name, self._within)
        return key

    def get_serialization_context(self, command_info: Any) -> Any:  # noqa: ANN401 - the SDK's private types
        return self._inner.get_serialization_context(command_info)

    def get_external_store_context(self, command_info: Any) -> Any:  # noqa: ANN401 - the SDK's private types
        return self._inner.get_external_store_context(command_info)

    def get_info(self) -> Any:  # noqa: ANN401 - forwarded as it is
        return self._inner.get_info()

    def get_thread_id(self) -> int | None:
        return self._inner.get_thread_id()


class _WithoutContexts(_StruckInstance):
    """An instance whose data converter does the same whatever it is told about a payload."""

    def get_serialization_context(self, command_info: Any) -> None:  # noqa: ANN401, ARG002 - the SDK's
        return None

    def get_external_store_context(self, command_info: Any) -> StorageDriverStoreContext:  # noqa: ANN401, ARG002 - the SDK's
        return _NO_STORE


def _name(variant: str, said: Any) -> str:  # noqa: ANN401 - one of Core's command messages
    match variant:
        case "schedule_activity" | "schedule_local_activity":
            name: str = said.activity_type
        case "start_child_workflow_execution" | "continue_as_new_workflow_execution":
            name = said.workflow_type
        case "signal_external_workflow_execution":
            name = said.signal_name
        case "set_patch_marker":
            name = said.patch_id
        case "schedule_nexus_operation":
            name = f"{said.service}/{said.operation}"
        case _:
            name = ""
    return name


def _traits(variants: AbstractSet[str | None]) -> list[Trait]:
    traits = []
    if variants & _CLOSING:
        traits.append(Trait.CLOSES)
    if "continue_as_new_workflow_execution" in variants:
        traits.append(Trait.CONTINUES)
    if "schedule_local_activity" in variants:
        traits.append(Trait.LOCAL)
    if "schedule_activity" in variants:
        traits.append(Trait.EAGER)
    return traits
