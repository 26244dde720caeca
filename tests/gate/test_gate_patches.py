"""A change of a patch is gated by the open runs of a real server, as a pull request goes."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from temporalio.client import Client, WorkflowHandle

from tests.gate.repository import Repository
from tests.patches.code import code, ended, fresh_type, left_waiting, listed
from tests.project import Result
from tests.recording import Server
from tests.stories import settings


def exported(server: Server, handle: WorkflowHandle[Any, Any]) -> str:
    """Return the history of a run, as the command line's own client writes it."""

    async def fetch(_: Client) -> str:
        return (await handle.fetch_history()).to_json()

    return server.run(fetch)


def left(server: Server, version: str, type_: str, *, count: int) -> WorkflowHandle[Any, Any]:
    """Leave a run of a version open."""

    async def work(client: Client) -> WorkflowHandle[Any, Any]:
        handle = await left_waiting(client, code(version, type_=type_), type_)
        await listed(client, type_, count)
        return handle

    return server.run(work)


def patch_of(result: Result) -> Mapping[str, Any]:
    [verdict] = result.report["patches"]
    return dict(verdict)


def test_patch_goes_its_three_steps_only_as_open_runs_allow(server: Server, tmp_path: Path) -> None:
    type_ = fresh_type()
    asked = ("--address", server.address, "--format", "json")
    old = left(server, "before", type_, count=1)
    live = left(server, "patched", type_, count=2)
    files = {
        "pyproject.toml": settings("flow"),
        "flow.py": code("patched", type_=type_),
        "histories/marked.json": exported(server, live),
    }
    repository = Repository.of(tmp_path, files)

    repository.write({"flow.py": code("deprecated", type_=type_)})
    early = repository.gate(*asked)
    told = repository.gate("--address", server.address)
    unasked = repository.gate("--format", "json")
    server.run(lambda client: ended(client, old))
    deprecated = repository.gate(*asked)

    assert (early.code, patch_of(early)["safety"]) == (1, "unsafe")
    assert [run["workflowId"] for run in patch_of(early)["inDanger"]] == [old.id]
    assert f"UNSAFE     {patch_of(early)['id']}" in told.stdout
    assert old.id in told.stdout
    assert (unasked.code, patch_of(unasked)["safety"]) == (3, "unverified")
    assert (deprecated.code, patch_of(deprecated)["safety"]) == (0, "safe")

    repository.write({"histories/marked.json": exported(server, left(server, "deprecated", type_, count=2))})
    repository.commit("deprecated")
    repository.write({"flow.py": code("removed", type_=type_)})
    too_early = repository.gate(*asked)
    server.run(lambda client: ended(client, live))
    removed = repository.gate(*asked)

    assert (too_early.code, patch_of(too_early)["change"]) == (1, "removed")
    assert [run["workflowId"] for run in patch_of(too_early)["inDanger"]] == [live.id]
    assert (removed.code, patch_of(removed)["safety"]) == (0, "safe")
