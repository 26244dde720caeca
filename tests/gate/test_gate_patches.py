"""What a gate says of a change of a patch, by what it knows of open runs; docs/gate.md has the whole story."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from temporalio.client import Client, WorkflowHandle

from tests.gate.repository import Repository, standings
from tests.patches.code import code, ended, fresh_type, left_waiting, listed
from tests.project import Result
from tests.recording import Server
from tests.stories import settings

pytestmark = pytest.mark.long


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


def test_what_a_deprecation_leaves_behind_is_told_as_far_as_open_runs_are_known(server: Server, tmp_path: Path) -> None:
    type_ = fresh_type()
    old = left(server, "before", type_, count=1)
    live = left(server, "patched", type_, count=2)
    unmarked = exported(server, old)
    files = {
        "pyproject.toml": settings("flow"),
        "flow.py": code("patched", type_=type_),
        "histories/marked.json": exported(server, live),
    }
    repository = Repository.of(tmp_path, files)
    repository.write({"flow.py": code("deprecated", type_=type_)})
    unasked = repository.gate("--format", "json")

    assert (unasked.code, patch_of(unasked)["safety"]) == (3, "unverified")

    repository.write({"histories/unmarked.json": unmarked})
    server.run(lambda client: ended(client, old))
    asked = repository.gate("--address", server.address, "--format", "json")

    assert (asked.code, patch_of(asked)["safety"]) == (1, "safe")
    assert standings(asked) == {"marked": "passed", "unmarked": "blocked"}
    [blocked] = [entry for entry in asked.report["histories"] if entry["standing"] == "blocked"]
    assert "which this run still needs; no open run that would get this code does" in blocked["reason"]
