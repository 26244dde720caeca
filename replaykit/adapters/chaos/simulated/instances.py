"""Instances of workflows are made as the SDK's worker makes them, without a worker."""

import dataclasses
import functools
from collections.abc import Mapping, Sequence
from datetime import UTC
from typing import Any

from temporalio.api.common.v1 import Payloads
from temporalio.bridge.proto.workflow_activation import InitializeWorkflow
from temporalio.common import Priority, RetryPolicy, TypedSearchAttributes
from temporalio.worker import (
    Interceptor,
    UnsandboxedWorkflowRunner,
    WorkflowInboundInterceptor,
    WorkflowInstance,
    WorkflowInstanceDetails,
    WorkflowInterceptorClassInput,
    WorkflowRunner,
)
from temporalio.workflow import Info, ParentInfo, RootInfo

from replaykit.adapters.chaos.reach import Reach
from replaykit.adapters.chaos.registry import Registry
from replaykit.adapters.chaos.tasks import StrikingRunner
from replaykit.adapters.sdk_private import extern_functions, workflow_definition, workflow_type
from replaykit.model.scenario import Scenario

NAMESPACE = "default"
TASK_QUEUE = "replaykit-chaos"


class Instances:
    """Makes instances of a scenario's workflows, struck where the plan of their run says so."""

    def __init__(self, scenario: Scenario, registry: Registry, reach: Reach, activities: Mapping[str, object]) -> None:
        classes = [scenario.workflow, *scenario.workflows]
        self._classes = {workflow_type(each): each for each in classes if isinstance(each, type)}
        self._converter = scenario.data_converter
        self._failures: Sequence[type[BaseException]] = scenario.worker.get("workflow_failure_exception_types", ())
        self._runner: WorkflowRunner = StrikingRunner(UnsandboxedWorkflowRunner(), registry, reach)
        self._externs: dict[str, Any] = {}
        self._interceptors: list[type[WorkflowInboundInterceptor]] = []
        interceptors: Sequence[Interceptor] = scenario.worker.get("interceptors", ())
        for interceptor in interceptors:
            given = WorkflowInterceptorClassInput(unsafe_extern_functions=self._externs)
            made = interceptor.workflow_interceptor_class(given)
            if made is not None:
                self._interceptors.append(made)
        self._externs |= extern_functions(lambda name: _known(name, activities))

    def knows(self, kind: str) -> bool:
        """Say whether there is a workflow of a type."""
        return kind in self._classes or None in self._classes

    def make(self, init: InitializeWorkflow, run_id: str) -> WorkflowInstance:
        """Make an instance that has seen nothing yet."""
        defn = workflow_definition(self._classes.get(init.workflow_type) or self._classes[None])
        converter = self._converter
        fields: dict[str, Any] = {
            # One name in SDKs from 1.33 on, another before.
            "payload_converter_factory": converter.payload_converter_class,
            "payload_converter_class": converter.payload_converter_class,
            "failure_converter_class": converter.failure_converter_class,
            "interceptor_classes": self._interceptors,
            "defn": defn,
            "info": _info(init, run_id),
            "randomness_seed": init.randomness_seed,
            "extern_functions": self._externs,
            "disable_eager_activity_execution": False,
            "worker_level_failure_exception_types": self._failures,
            "patch_activation_callback": None,
            "last_completion_result": Payloads(),
            "last_failure": None,
        }
        return self._runner.create_instance(WorkflowInstanceDetails(**known_to(WorkflowInstanceDetails, fields)))


def known_to(kind: Any, fields: Mapping[str, Any]) -> dict[str, Any]:  # noqa: ANN401 - a dataclass of the SDK's
    """Leave out what this version of the SDK does not ask for."""
    known = _names(kind)
    return {name: held for name, held in fields.items() if name in known}


@functools.cache
def _names(kind: Any) -> frozenset[str]:  # noqa: ANN401 - a dataclass of the SDK's
    return frozenset(field.name for field in dataclasses.fields(kind))


def _known(name: str, activities: Mapping[str, object]) -> None:
    if name not in activities and "" not in activities:
        message = f"Activity function {name} is not registered on this worker"
        raise ValueError(message)


def _info(init: InitializeWorkflow, run_id: str) -> Info:
    parent = root = None
    if init.HasField("parent_workflow_info"):
        said = init.parent_workflow_info
        parent = ParentInfo(namespace=said.namespace, run_id=said.run_id, workflow_id=said.workflow_id)
    if init.HasField("root_workflow"):
        root = RootInfo(run_id=init.root_workflow.run_id, workflow_id=init.root_workflow.workflow_id)
    start = init.start_time.ToDatetime(tzinfo=UTC)
    timeouts = {
        name: getattr(init, f"workflow_{name}").ToTimedelta() if init.HasField(f"workflow_{name}") else None  # type: ignore[arg-type]  # names of the message's fields
        for name in ("execution_timeout", "run_timeout")
    }
    fields: dict[str, Any] = {
        "attempt": init.attempt,
        "continued_run_id": init.continued_from_execution_run_id or None,
        "cron_schedule": None,
        "execution_timeout": timeouts["execution_timeout"],
        "first_execution_run_id": init.first_execution_run_id,
        "headers": dict(init.headers),
        "namespace": NAMESPACE,
        "original_execution_run_id": init.original_execution_run_id or run_id,
        "parent": parent,
        "root": root,
        "raw_memo": dict(init.memo.fields),
        "retry_policy": RetryPolicy.from_proto(init.retry_policy) if init.HasField("retry_policy") else None,
        "run_id": run_id,
        "run_timeout": timeouts["run_timeout"],
        "search_attributes": {},
        "start_time": start,
        "workflow_start_time": start,
        "task_queue": TASK_QUEUE,
        "task_timeout": init.workflow_task_timeout.ToTimedelta(),
        "typed_search_attributes": TypedSearchAttributes.empty,
        "workflow_id": init.workflow_id,
        "workflow_type": init.workflow_type,
        "priority": Priority.default,
    }
    return Info(**known_to(Info, fields))
