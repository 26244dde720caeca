"""What cannot be done is said before anything is started: what, cause and fix."""

import pytest
from temporalio.client import Client

from replaykit.adapters.shadow.following import begin
from replaykit.errors import ConfigInvalid, QueryInvalid
from replaykit.model.shadow import WORKFLOW, Asked
from replaykit.rules.query import query_of_shadow
from replaykit.rules.since import lasting
from tests.recording import Server
from tests.shadow.shadows import Town, town


@pytest.fixture(scope="module")
def here(server: Server, tmp_path_factory: pytest.TempPathFactory) -> Town:
    directory = tmp_path_factory.mktemp("refused")
    return server.run(lambda client: town(client, directory, tallies=1))


def test_without_a_worker_no_shadow_is_started(here: Town) -> None:
    ended = here.run("shadow", "start", "--task-queue", "nobody")
    assert ended.code == 2
    assert ended.stderr == (
        "No shadow worker polls task queue nobody.\n"
        f"Cause: none is running, or they poll another queue or namespace than {here.connection.namespace}\n"
        "Fix:   replaykit shadow worker --task-queue nobody   in the project whose workflows are judged\n"
        "Docs:  docs/errors.md#no-shadow-worker\n"
    )


def test_a_query_that_the_server_cannot_read_is_shown_as_it_was_written(here: Town) -> None:
    ended = here.run("shadow", "start", "--query", "WorkflowType = Tally")
    assert ended.code == 2
    assert ended.stderr.startswith("The visibility query cannot be used: WorkflowType = Tally\nCause: invalid query")


def test_a_query_that_would_loosen_the_conditions_is_refused() -> None:
    query = "WorkflowType = 'Tally') OR (StartTime > '2000-01-01T00:00:00Z'"
    with pytest.raises(QueryInvalid, match="a parenthesis is closed that was not opened"):
        query_of_shadow(query, before=0.0, without=WORKFLOW)


def test_code_that_does_not_import_ends_a_worker_before_it_polls(here: Town) -> None:
    ended = here.run("shadow", "worker", "-w", "no.such")
    assert ended.code == 2
    assert ended.stderr.startswith("The workflow module no.such does not import.\nCause: ")
    assert "docs/errors.md#workflows-unloadable" in ended.stderr


def test_a_worker_without_workflows_says_what_to_configure(here: Town) -> None:
    ended = here.run("shadow", "worker")
    assert ended.code == 2
    assert "docs/errors.md#nothing-configured" in ended.stderr


def test_metrics_that_cannot_be_served_end_a_worker(here: Town) -> None:
    # The server itself listens there.
    ended = here.run("shadow", "worker", "-w", "tests.workflows.tally", "--metrics", here.connection.address)
    assert ended.code == 2
    assert ended.stderr.startswith(f"Metrics cannot be served at {here.connection.address}.\nCause: ")


def test_another_workflow_is_no_shadow(here: Town) -> None:
    ended = here.run("shadow", "follow", "tally-0")
    assert ended.code == 2
    assert ended.stderr.startswith("tally-0 is no shadow.\nCause: it is a workflow of type Tally\n")


def test_a_shadow_that_was_terminated_has_no_report(here: Town, server: Server) -> None:
    async def terminated(_: Client) -> None:
        await begin(here.connection, Asked(), workflow_id="terminated", task_queue="nobody")
        await here.connection.client.get_workflow_handle("terminated").terminate(reason="enough")

    server.run(terminated)
    ended = here.run("shadow", "follow", "terminated")
    assert ended.code == 2
    assert "The shadow terminated ended without a report.\nCause: it was terminated: enough\n" in ended.stderr


@pytest.mark.parametrize("text", ["soon", "0s", "10", "-1h", ""])
def test_a_time_that_is_none_is_refused(text: str) -> None:
    with pytest.raises(ConfigInvalid, match="is no length of time"):
        lasting(text)


def test_a_time_is_a_number_and_its_unit() -> None:
    assert [lasting(text) for text in ("90s", "1.5m", "1h", "2d")] == [90, 90, 3600, 172800]
