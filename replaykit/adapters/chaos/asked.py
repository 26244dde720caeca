"""Queries put to a workflow between two of its tasks, as a worker does that has it in its cache."""

import uuid
from collections.abc import Iterator

from temporalio.api.sdk.v1 import WorkflowMetadata
from temporalio.bridge.proto.workflow_activation import WorkflowActivation
from temporalio.bridge.proto.workflow_commands import QueryResult
from temporalio.converter import PayloadConverter
from temporalio.worker import WorkflowInstance

# The SDK answers it itself: temporal/api/sdk/v1/workflow_metadata.proto of Temporal's API.
_METADATA = "__temporal_workflow_metadata"


def ask_all(instance: WorkflowInstance, act: WorkflowActivation, converter: PayloadConverter) -> Iterator[str]:
    """Put every query that a workflow has, each without arguments; yields those that it does not answer, and why.

    Core puts queries in activations of their own, after those that change the workflow: nothing that a query does to
    it may show later.

    Args:
        instance: The workflow.
        act: The activation that it was last given.
        converter: Reads what the SDK says of the workflow's queries.
    """
    told = _ask(instance, act, _METADATA)
    if not told.HasField("succeeded"):
        yield f"its queries are not known: {told.failed.message}"
        return
    metadata = converter.from_payload(told.succeeded.response, WorkflowMetadata)
    for query in metadata.definition.query_definitions:
        if query.name and not query.name.startswith("__"):
            answer = _ask(instance, act, query.name)
            if answer.HasField("failed"):
                yield f"query {query.name} without arguments: {answer.failed.message}"


def _ask(instance: WorkflowInstance, act: WorkflowActivation, name: str) -> QueryResult:
    asking = WorkflowActivation()
    asking.CopyFrom(act)
    del asking.jobs[:]
    job = asking.jobs.add()
    job.query_workflow.query_id = uuid.uuid4().hex
    job.query_workflow.query_type = name
    completion = instance.activate(asking)
    if completion.HasField("failed"):
        answer = QueryResult()
        answer.failed.message = completion.failed.failure.message
        return answer
    return completion.successful.commands[0].respond_to_query
