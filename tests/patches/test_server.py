"""Changes of patches against the open runs of a real server."""

import asyncio
import contextlib
import uuid
from pathlib import Path
from typing import Any

import pytest
from google.protobuf.field_mask_pb2 import FieldMask
from temporalio.api.common.v1 import WorkflowExecution
from temporalio.api.workflow.v1 import VersioningOverride, WorkflowExecutionOptions
from temporalio.api.workflowservice.v1 import (
    SetWorkerDeploymentCurrentVersionRequest,
    UpdateWorkflowExecutionOptionsRequest,
)
from temporalio.client import Client, WorkflowHandle
from temporalio.service import RPCError
from temporalio.worker import WorkerDeploymentConfig, WorkerDeploymentVersion

from replaykit.adapters.variables import ADDRESS
from replaykit.config import Config
from replaykit.jobs.patches import Answered, Question, patches
from replaykit.model.patches import Change, Offer, PatchVerdict, Reason, Rule
from replaykit.model.safety import Safety
from tests.patches.code import code, ended, fresh_type, left_waiting, listed, worker_of
from tests.patches.repositories import FILE, commit
from tests.project import Project
from tests.recording import Server

pytestmark = pytest.mark.long


def verdicts(
    server: Server, repository: Path, *, base: str = "HEAD", asked: bool = True, limit: int = 100
) -> tuple[PatchVerdict, ...]:
    """Judge what lies in the repository against a revision of it, and the server's open runs."""
    question = Question((FILE,), base, connection={ADDRESS: server.address} if asked else None, limit=limit, rps=1000)

    async def judge(_: Client) -> tuple[PatchVerdict, ...]:
        found = [event async for event in patches(Config(root=str(repository)), question, here=repository)]
        [answered] = [event for event in found if isinstance(event, Answered)]
        return answered.verdicts

    return server.run(judge)


def leave(
    server: Server,
    version: str,
    type_: str,
    *,
    count: int = 1,
    **more: Any,  # noqa: ANN401 - options of `code`
) -> WorkflowHandle[Any, Any]:
    """Leave a run of a version open, and wait until visibility lists so many of its type."""

    async def work(client: Client) -> WorkflowHandle[Any, Any]:
        handle = await left_waiting(client, code(version, type_=type_, **more), type_)
        await listed(client, type_, count)
        return handle

    return server.run(work)


def test_a_patch_deprecated_too_early_is_unsafe_until_the_run_has_ended(server: Server, tmp_path: Path) -> None:
    type_ = fresh_type()
    old = leave(server, "before", type_)
    leave(server, "patched", type_, count=2)
    commit(tmp_path, code("patched", type_=type_))
    (tmp_path / FILE).write_text(code("deprecated", type_=type_), "utf-8")

    [early] = verdicts(server, tmp_path)
    server.run(lambda client: ended(client, old))
    [later] = verdicts(server, tmp_path)

    assert (early.change, early.safety, early.reason) == (Change.DEPRECATED, Safety.UNSAFE, Reason.UNMARKED_OPEN)
    assert [run.workflow_id for run in early.evidence.in_danger] == [old.id]
    assert early.evidence.rule is Rule.UNVERSIONED
    assert early.evidence.open is not None
    assert (early.evidence.open.without, early.evidence.open.live) == (1, 1)
    assert (later.safety, later.reason) == (Safety.SAFE, Reason.NONE_IN_DANGER)


def test_the_query_of_a_verdict_finds_the_runs_in_danger(server: Server, tmp_path: Path) -> None:
    # A double quote in an id is too much for the dev server's own visibility (1.32: "fts5: syntax error").
    type_, patch = fresh_type(), "it's new, (1) 100% *"
    old = leave(server, "before", type_)
    leave(server, "patched", type_, count=2, patch=patch)
    commit(tmp_path, code("patched", type_=type_, patch=patch))
    (tmp_path / FILE).write_text(code("deprecated", type_=type_, patch=patch), "utf-8")

    [verdict] = verdicts(server, tmp_path)

    async def found(client: Client) -> list[str]:
        return [run.id async for run in client.list_workflows(verdict.evidence.query)]

    assert verdict.id == patch
    assert server.run(found) == [old.id]


def test_a_call_removed_too_early_is_unsafe_until_live_markers_are_gone(server: Server, tmp_path: Path) -> None:
    type_ = fresh_type()
    live = leave(server, "patched", type_)
    leave(server, "deprecated", type_, count=2)
    commit(tmp_path, code("deprecated", type_=type_))
    (tmp_path / FILE).write_text(code("removed", type_=type_), "utf-8")

    [early] = verdicts(server, tmp_path)
    [unread] = verdicts(server, tmp_path, limit=0)
    server.run(lambda client: ended(client, live))
    [later] = verdicts(server, tmp_path)

    assert (early.change, early.safety, early.reason) == (Change.REMOVED, Safety.UNSAFE, Reason.LIVE_OPEN)
    assert [run.workflow_id for run in early.evidence.in_danger] == [live.id]
    assert (unread.safety, unread.reason) == (Safety.UNVERIFIED, Reason.UNREAD)
    assert later.safety is Safety.SAFE


def test_a_live_marker_whose_call_is_gone_is_found_where_the_code_is_judged_as_it_stands(
    server: Server, tmp_path: Path
) -> None:
    type_ = fresh_type()
    live = leave(server, "patched", type_)
    leave(server, "deprecated", type_, count=2)
    leave(server, "removed", type_, count=3)
    (tmp_path / FILE).write_text(code("removed", type_=type_), "utf-8")

    [verdict] = verdicts(server, tmp_path, base="")

    assert (verdict.change, verdict.safety) == (Change.UNCALLED, Safety.UNVERIFIED)
    assert [run.workflow_id for run in verdict.evidence.in_danger] == [live.id]


def test_without_a_server_neither_step_is_verified(server: Server, tmp_path: Path) -> None:
    commit(tmp_path, code("patched"))
    (tmp_path / FILE).write_text(code("deprecated"), "utf-8")
    [verdict] = verdicts(server, tmp_path, asked=False)
    assert (verdict.safety, verdict.reason) == (Safety.UNVERIFIED, Reason.NO_SERVER)


def test_an_id_that_comes_back_is_reused(server: Server, tmp_path: Path) -> None:
    type_ = fresh_type()
    leave(server, "patched", type_)
    commit(tmp_path, code("patched", type_=type_))
    commit(tmp_path, code("removed", type_=type_))
    (tmp_path / FILE).write_text(code("other", type_=type_), "utf-8")

    [asked] = verdicts(server, tmp_path)
    [unasked] = verdicts(server, tmp_path, asked=False)

    assert (asked.change, asked.safety, asked.reason) == (Change.REUSED, Safety.UNSAFE, Reason.MARKED_OPEN)
    assert (unasked.change, unasked.safety) == (Change.REUSED, Safety.UNVERIFIED)


def test_a_run_that_may_not_have_come_to_the_place_yet_counts(server: Server, tmp_path: Path) -> None:
    """It has no marker, as one that passed by the old branch has none: nobody can tell them apart."""
    type_ = fresh_type()
    leave(server, "patched", type_, late=True)
    commit(tmp_path, code("patched", type_=type_, late=True))
    (tmp_path / FILE).write_text(code("deprecated", type_=type_, late=True), "utf-8")
    [verdict] = verdicts(server, tmp_path)
    assert (verdict.safety, verdict.reason) == (Safety.UNSAFE, Reason.UNMARKED_OPEN)


async def deployed(client: Client, version: WorkerDeploymentVersion) -> None:
    """Make a version the current one, as soon as the server has heard of its workers."""
    request = SetWorkerDeploymentCurrentVersionRequest(
        namespace="default", deployment_name=version.deployment_name, build_id=version.build_id
    )
    while True:
        with contextlib.suppress(RPCError):
            await client.workflow_service.set_worker_deployment_current_version(request)
            return
        await asyncio.sleep(0.2)


@pytest.mark.parametrize(
    ("behavior", "safety", "rule"),
    [("PINNED", Safety.SAFE, Rule.PINNED), ("AUTO_UPGRADE", Safety.UNSAFE, Rule.AUTO_UPGRADE)],
)
def test_a_pinned_run_is_in_no_danger_and_one_that_upgrades_is(
    server: Server, tmp_path: Path, behavior: str, safety: Safety, rule: Rule
) -> None:
    type_ = fresh_type()
    text = code("before", type_=type_, behavior=behavior)
    version = WorkerDeploymentVersion(f"digests-{uuid.uuid4().hex[:8]}", "1")
    deployment = WorkerDeploymentConfig(version=version, use_worker_versioning=True)
    queue = f"queue-{uuid.uuid4().hex[:8]}"

    async def work(client: Client) -> None:
        async with worker_of(client, text, queue, deployment):
            await deployed(client, version)
        await left_waiting(client, text, type_, queue=queue, deployment=deployment)
        await listed(client, type_, 1)

    server.run(work)
    commit(tmp_path, code("patched", type_=type_, behavior=behavior))
    (tmp_path / FILE).write_text(code("deprecated", type_=type_, behavior=behavior), "utf-8")

    [verdict] = verdicts(server, tmp_path)

    assert (verdict.safety, verdict.evidence.rule) == (safety, rule)
    assert verdict.evidence.staying == (behavior == "PINNED")


def test_a_pinned_run_that_is_told_to_upgrade_is_in_danger(server: Server, tmp_path: Path) -> None:
    type_ = fresh_type()
    text = code("before", type_=type_, behavior="PINNED")
    version = WorkerDeploymentVersion(f"digests-{uuid.uuid4().hex[:8]}", "1")
    deployment = WorkerDeploymentConfig(version=version, use_worker_versioning=True)
    queue = f"queue-{uuid.uuid4().hex[:8]}"

    async def work(client: Client) -> str:
        async with worker_of(client, text, queue, deployment):
            await deployed(client, version)
        for _ in range(2):
            handle = await left_waiting(client, text, type_, queue=queue, deployment=deployment)
        await client.workflow_service.update_workflow_execution_options(
            UpdateWorkflowExecutionOptionsRequest(
                namespace="default",
                workflow_execution=WorkflowExecution(workflow_id=handle.id),
                workflow_execution_options=WorkflowExecutionOptions(
                    versioning_override=VersioningOverride(auto_upgrade=True)
                ),
                update_mask=FieldMask(paths=["versioning_override"]),
            )
        )
        upgraded = f"WorkflowId = '{handle.id}' AND TemporalWorkflowVersioningBehavior = 'AutoUpgrade'"
        while not [run async for run in client.list_workflows(upgraded)]:  # noqa: ASYNC110 - the event is on a server
            await asyncio.sleep(0.05)
        await listed(client, type_, 2)
        return handle.id

    moved = server.run(work)
    commit(tmp_path, code("patched", type_=type_, behavior="PINNED"))
    (tmp_path / FILE).write_text(code("deprecated", type_=type_, behavior="PINNED"), "utf-8")

    [verdict] = verdicts(server, tmp_path)

    async def found(client: Client) -> list[str]:
        return [run.id async for run in client.list_workflows(verdict.evidence.query)]

    assert (verdict.safety, verdict.evidence.rule, verdict.evidence.staying) == (Safety.UNSAFE, Rule.MIXED, 1)
    assert [run.workflow_id for run in verdict.evidence.in_danger] == [moved]
    assert server.run(found) == [moved]


def test_the_command_says_what_is_unsafe_and_what_can_go(server: Server) -> None:
    unsafe, done = fresh_type(), fresh_type()
    old = leave(server, "before", unsafe)
    leave(server, "patched", done)
    project = Project(
        {FILE: code("deprecated", type_=unsafe), "done.py": code("patched", type_=done), "pyproject.toml": ""}
    )

    result = project.run_cli("patches", ".", "--address", server.address)
    report = project.run_cli("patches", ".", "--address", server.address, "--format", "json")

    assert (result.code, report.code) == (1, 1), result.stderr
    assert f"{old.id}  since " in result.stdout
    assert f"temporal workflow list --query \"WorkflowType = '{unsafe}' AND CloseTime IS NULL AND" in result.stdout
    by_type = {entry["workflow"]: entry for entry in report.report["patches"]}
    assert by_type[unsafe]["safety"] == "unsafe"
    assert [run["workflowId"] for run in by_type[unsafe]["inDanger"]] == [old.id]
    assert by_type[done]["offer"] == Offer.DEPRECATE.value
    assert "remove it, and write workflow.deprecate_patch" in " ".join(result.stdout.split())
