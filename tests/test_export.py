"""Runs of a real server become files that the SDK reads back as the server holds them."""

import asyncio
import json
import re
import socket
import uuid
from collections.abc import Mapping
from pathlib import Path

import pytest
from temporalio.client import Client, WorkflowHandle, WorkflowHistory

from tests.exporting import Exporter
from tests.project import Project
from tests.recording import Server, worker
from tests.stories import project, source
from tests.workflows import tally

HOSTILE = ["../../x", "a/b", "..", ".hidden", "größe-世界", "x" * 300, "two words; rm -rf $HOME", "C:\\x", "--help"]


@pytest.fixture
def export(server: Server) -> Exporter:
    return Exporter(server)


@pytest.fixture(scope="module")
def hostile(server: Server) -> Mapping[str, str]:
    """Runs under hostile workflow ids, still waiting for a worker: workflow id → run id."""

    async def start(client: Client) -> dict[str, str]:
        handles = await asyncio.gather(
            *(client.start_workflow("Tally", 1, id=name, task_queue="nobody-listens") for name in HOSTILE)
        )
        return {handle.id: handle.first_execution_run_id or "" for handle in handles}

    return server.run(start)


@pytest.fixture
def three_runs(server: Server) -> list[str]:
    """Three runs of one workflow id, begun within a second, oldest first."""
    name = f"tally-{uuid.uuid4().hex[:8]}"

    async def run(client: Client) -> list[str]:
        runs = []
        async with worker(client, [tally.Tally], [tally.count]) as queue:
            for _ in range(3):
                handle = await client.start_workflow(tally.Tally.run, 1, id=name, task_queue=queue)
                await handle.result()
                runs.append(handle.first_execution_run_id or "")
        return runs

    return [name, *server.run(run)]


def held_by(server: Server, workflow_id: str, run_id: str | None = None) -> WorkflowHistory:
    """Ask the server itself for a run's history."""

    async def fetch(client: Client) -> WorkflowHistory:
        handle: WorkflowHandle[object, object] = client.get_workflow_handle(workflow_id, run_id=run_id)
        return await handle.fetch_history()

    return server.run(fetch)


@pytest.mark.usefixtures("recorded")
@pytest.mark.parametrize("name", ["order-1", "approval-waiting", "greeting-patched"])
def test_an_unredacted_file_reads_back_as_the_server_holds_it(name: str, export: Exporter, server: Server) -> None:
    result = export(name, "--no-redact")
    assert result.code == 0, result.stderr
    [(path, text)] = result.files.items()
    assert path == f"fixtures/{name.partition('-')[0].capitalize()}/{name}.json"
    held = held_by(server, name)
    assert WorkflowHistory.from_json(name, text).events == held.events
    assert json.loads(text)["events"] == json.loads(held.to_json())["events"]


@pytest.mark.usefixtures("recorded")
def test_the_export_says_what_it_wrote_and_the_next_command(export: Exporter) -> None:
    result = export("order-1")
    assert "fixtures/Order/order-1.json   Order · order-1 (run " in result.stdout
    assert "1 history exported" in result.stdout
    assert "Next:  replaykit replay fixtures/" in result.stdout
    assert not result.stderr


@pytest.mark.usefixtures("recorded")
def test_the_actual_run_is_noted_beside_the_events(export: Exporter, server: Server) -> None:
    """A continued run inherits its first run's id in the events; the note holds the run's own."""
    result = export("tally")
    note = json.loads(result.files["fixtures/Tally/tally.json"])["replaykit"]

    async def describe(client: Client) -> tuple[str, str]:
        described = await client.get_workflow_handle("tally").describe()
        return described.run_id, described.task_queue

    run_id, task_queue = server.run(describe)
    assert note["runId"] == run_id
    assert note["taskQueue"] == task_queue
    assert (note["workflowId"], note["workflowType"], note["namespace"]) == ("tally", "Tally", "default")


@pytest.mark.usefixtures("recorded")
def test_what_is_exported_replays(export: Exporter) -> None:
    exported = export("order-1", "tally", "--out", "corpus")
    assert exported.code == 0, exported.stderr
    modules = {name: source(name) for name in ("order", "tally")}
    result = project(modules, {}).with_files(exported.files).run_cli("replay", "corpus")
    assert result.code == 0, result.stdout
    assert "2 clean" in result.stdout


@pytest.mark.usefixtures("recorded")
def test_the_same_run_is_written_to_the_same_file_again(export: Exporter) -> None:
    first = export("order-1")
    spoiled = Project({path: text.replace("receipt", "spoiled") for path, text in first.files.items()})
    second = Exporter(export.server, spoiled)("order-1")
    assert second.files == first.files


def test_each_run_of_an_id_gets_a_file_of_its_own(export: Exporter, three_runs: list[str]) -> None:
    name, *runs = three_runs
    for run in runs:
        result = export(name, "--run-id", run)
        assert result.code == 0, result.stderr
        export = export.after(result)
    notes = [json.loads(text)["replaykit"]["runId"] for text in result.files.values()]
    assert sorted(notes) == sorted(runs)


def test_the_latest_run_is_exported_where_none_is_named(export: Exporter, three_runs: list[str]) -> None:
    name, *runs = three_runs
    result = export(name)
    [text] = result.files.values()
    assert json.loads(text)["replaykit"]["runId"] == runs[-1]


def test_hostile_workflow_ids_stay_inside_the_corpus(export: Exporter, hostile: Mapping[str, str]) -> None:
    result = export("--", *HOSTILE)
    assert result.code == 0, result.stderr
    assert {Path(path).parts[:-1] for path in result.files} == {("fixtures", "Tally")}
    notes = [json.loads(text)["replaykit"] for text in result.files.values()]
    assert {note["workflowId"]: note["runId"] for note in notes} == hostile


@pytest.mark.usefixtures("recorded")
def test_an_unknown_id_is_told_and_the_others_are_exported(export: Exporter) -> None:
    result = export("order-9", "order-1")
    assert result.code == 2
    assert "No workflow order-9 in namespace default." in result.stderr
    assert "Fix:   temporal workflow list" in result.stderr
    assert list(result.files) == ["fixtures/Order/order-1.json"]
    assert re.search(r"1 history exported \(.*\), 1 failed", result.stdout)


@pytest.mark.usefixtures("recorded")
@pytest.mark.parametrize("run_id", ["0193a1b2-0000-7000-8000-000000000000", "not-a-run-id", "../x"])
def test_an_unknown_run_is_told_with_its_id(run_id: str, export: Exporter) -> None:
    result = export("order-1", "--run-id", run_id)
    assert result.code == 2
    assert f"No workflow order-1 with run id {run_id} in namespace default." in result.stderr
    assert not result.files


@pytest.mark.usefixtures("recorded")
def test_an_unknown_namespace_is_told_with_where_it_came_from(export: Exporter) -> None:
    result = export("order-1", "--namespace", "nowhere")
    assert result.code == 2
    assert "knows no namespace nowhere" in result.stderr
    assert "temporal operator namespace list" in result.stderr
    assert not result.files


@pytest.mark.usefixtures("recorded")
def test_an_empty_workflow_id_is_told(export: Exporter) -> None:
    result = export("")
    assert result.code == 2
    assert result.stderr.startswith("A workflow id is empty.\n")
    assert "Fix:" in result.stderr
    assert not result.files


@pytest.mark.usefixtures("recorded")
def test_a_run_that_is_asked_for_twice_is_written_once(export: Exporter) -> None:
    result = export("order-1", "order-1-parcel", "order-1", "--follow", "children")
    assert result.code == 0, result.stderr
    assert sorted(result.files) == ["fixtures/Order/order-1.json", "fixtures/Parcel/order-1-parcel.json"]
    assert re.search(r"^2 histories exported \(.*\), 1 duplicate dropped$", result.stdout, re.MULTILINE)


@pytest.mark.usefixtures("recorded")
def test_a_relative_that_is_chosen_itself_is_written_once(export: Exporter) -> None:
    query = "WorkflowId IN ('order-1', 'order-1-parcel') AND ExecutionStatus = 'Completed'"
    result = export("--stratify", "--query", query, "--follow", "children,parents")
    assert result.code == 0, result.stderr
    written = [line.split()[0] for line in result.stdout.splitlines() if line.startswith("fixtures/")]
    assert len(written) == len(set(written))
    assert set(written) == set(result.files)


def test_a_server_that_speaks_no_tls_is_not_said_to_be_away(export: Exporter) -> None:
    result = export("order-1", "--tls")
    assert result.code == 2
    assert "it does not speak TLS, which --tls, TEMPORAL_TLS" in result.stderr


def test_no_server_is_one_error() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        address = f"127.0.0.1:{taken.getsockname()[1]}"
        result = Project().run_cli("export", "order-1", "order-2", "--address", address)
    assert result.code == 2
    assert result.stderr.count(f"No Temporal server answers at {address}.") == 1
    assert "temporal server start-dev" in result.stderr
    assert not result.files


@pytest.mark.parametrize("address", ["nonsense", "host:port", "http://", "127.0.0.1:99999"])
def test_an_address_that_is_none_is_one_error(address: str) -> None:
    result = Project().run_cli("export", "order-1", "--address", address)
    assert result.code == 2
    assert "Fix:" in result.stderr
    assert "Traceback" not in result.stderr


def test_an_option_overrides_the_environment(export: Exporter) -> None:
    result = export("order-1", "--address", "127.0.0.1:9")
    assert result.code == 2
    assert "No Temporal server answers at 127.0.0.1:9." in result.stderr


def test_a_temporal_toml_that_cannot_be_read_is_a_usage_error() -> None:
    broken = Project({"temporal.toml": "[profile.default\n"})
    result = broken.run_cli("export", "order-1", "--config-file", "temporal.toml")
    assert result.code == 2
    assert "The Temporal client configuration cannot be used." in result.stderr


@pytest.mark.usefixtures("recorded")
def test_a_profile_of_temporal_toml_names_the_server(server: Server) -> None:
    profile = f'[profile.mine]\naddress = "{server.address}"\nnamespace = "default"\n'
    result = Project({"temporal.toml": profile}).run_cli(
        "export", "tally", "--config-file", "temporal.toml", "--profile", "mine", "--out", "corpus"
    )
    assert result.code == 0, result.stderr
    assert "corpus/Tally/tally.json" in result.files


def test_a_run_id_goes_with_one_workflow_id(export: Exporter) -> None:
    result = export("order-1", "order-2", "--run-id", "x")
    assert result.code == 2
    assert "--run-id goes with one workflow id." in result.stderr


@pytest.mark.usefixtures("recorded")
def test_a_directory_that_cannot_be_made_is_told(server: Server) -> None:
    in_the_way = Project({"fixtures": "a file"})
    result = Exporter(server, in_the_way)("order-1")
    assert result.code == 2
    assert "cannot be written" in result.stderr
    assert "--out DIR" in result.stderr
    assert result.files == {"fixtures": "a file"}
