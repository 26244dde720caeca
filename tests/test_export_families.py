"""A run's family comes along from the command line, by each relation and by all."""

import json
from dataclasses import dataclass

import pytest
from temporalio.client import Client

from tests.exporting import Exporter, ids, notes
from tests.grpc_proxy import proxy
from tests.namespaces import listed, new_namespace, working
from tests.recording import Server
from tests.resets import reset_twice
from tests.workflows.ends import Chain

FAST = ("--rps", "200")
HISTORY = "GetWorkflowExecutionHistory"
ALL = "children,parents,continue-as-new,reset"


@dataclass(frozen=True, slots=True)
class Families:
    """A chain of three runs with two children, and a run that was reset twice; `resets` are its run ids."""

    export: Exporter
    resets: list[str]


@pytest.fixture(scope="module")
def families(server: Server) -> Families:
    async def work(client: Client) -> tuple[str, list[str]]:
        connection = await new_namespace(client)
        async with working(connection.client) as queue:
            await connection.client.execute_workflow(Chain.run, 2, id="chain", task_queue=queue)
        resets = await reset_twice(connection.client)
        await listed(connection, 8)
        return connection.namespace, resets

    namespace, resets = server.run(work)
    return Families(Exporter(server, namespace=namespace), resets)


@pytest.mark.parametrize(
    ("workflow_id", "follow", "found"),
    [
        ("chain-child-2", "parents", ["chain", "chain-child-2"]),
        ("chain", "continue-as-new", ["chain", "chain", "chain"]),
        ("chain", "children", ["chain"]),
        ("chain-child-2", "parents, children,continue-as-new", [*["chain"] * 3, "chain-child-1", "chain-child-2"]),
    ],
)
def test_a_relation_is_followed(workflow_id: str, follow: str, found: list[str], families: Families) -> None:
    result = families.export(workflow_id, "--follow", follow, *FAST)
    assert result.code == 0, result.stderr
    assert ids(result) == found
    assert f"{len(found)} histor" in result.stdout


def test_a_run_that_was_reset_and_those_it_became_are_files_of_their_own(families: Families) -> None:
    result = families.export("reset-twice", "--run-id", families.resets[0], "--follow", "reset", *FAST)
    assert result.code == 0, result.stderr
    assert ids(result) == ["reset-twice"] * 3
    assert {note["runId"] for note in notes(result).values()} == set(families.resets)
    for path, text in result.files.items():
        assert json.loads(text)["replaykit"]["runId"] in {*families.resets}, path


def test_each_run_of_many_families_is_fetched_and_written_once(families: Families) -> None:
    with proxy(families.export.server.address) as relay:
        export = families.export.through(relay.address)
        result = export("--query", "WorkflowType != 'Nobody'", "--follow", ALL, *FAST)
        assert result.code == 0, result.stderr
        assert ids(result) == [*["chain"] * 3, "chain-child-1", "chain-child-2", *["reset-twice"] * 3]
        assert relay.counts[HISTORY] == 8
    assert "8 histories exported" in result.stdout


def test_choosing_one_of_a_family_by_kind_takes_the_others_along(families: Families) -> None:
    result = families.export("--stratify", "--query", "WorkflowType = 'Rare'", "--limit", "1", "--follow", ALL, *FAST)
    assert result.code == 0, result.stderr
    assert ids(result) == [*["chain"] * 3, "chain-child-1", "chain-child-2"]


def test_a_relation_that_nobody_knows_is_told_with_those_there_are(families: Families) -> None:
    result = families.export("chain", "--follow", "children,cousins")
    assert result.code == 2
    assert result.stderr.startswith("--follow knows no cousins.\n")
    assert f"Fix:   --follow {ALL}" in result.stderr
    assert not result.files


def test_a_relative_that_is_gone_is_named_and_the_others_are_exported(families: Families) -> None:
    with proxy(families.export.server.address) as relay:
        # The run itself is given; what it continues is not.
        relay.before = lambda request: (
            relay.refuse("NOT_FOUND", 1, method=request.method) if request.method == HISTORY else None
        )
        result = families.export.through(relay.address)("chain", "--follow", "continue-as-new", *FAST)
    assert result.code == 2
    assert result.stderr.startswith("No workflow chain with run id ")
    assert ids(result) == ["chain"]
    assert result.stdout.splitlines()[1].startswith("1 history exported (")
    assert result.stdout.splitlines()[1].endswith(", 1 failed")
