"""`replaykit export --update`, night after night: what is new comes in, and nothing ever goes."""

import json
from collections.abc import Callable, Coroutine
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import pytest
from temporalio.api.common.v1 import WorkflowExecution
from temporalio.api.workflowservice.v1 import ResetStickyTaskQueueRequest
from temporalio.client import Client

from replaykit.adapters.connect import Connection
from tests.exporting import Exporter, ids, listed, notes
from tests.namespaces import RETENTION, new_namespace, settled, until, working
from tests.namespaces import listed as visible
from tests.project import Project, Result
from tests.recording import Server
from tests.stories import changed, line_of, project, source
from tests.workflows.ends import Chain, Ends

pytestmark = pytest.mark.long

CODE = source("ends")
# Two that are alike, and others that each go a way of their own; one takes no branch that the corpus knows.
STARTED = {"done-1": "completed", "done-2": "completed", "failed-1": "failed", "signal-1": "on signal"}
# Chain's three runs and its two children, of type Rare.
RUNS = len(STARTED) + 5
FAST = ("--rps", "200")


@dataclass(frozen=True, slots=True)
class Night:
    """A namespace, and replaykit beside the code that runs in it."""

    server: Server
    connection: Connection

    @property
    def export(self) -> Exporter:
        return self.beside(project({"ends": CODE}, {}))

    def beside(self, files: Project) -> Exporter:
        return Exporter(self.server, files, namespace=self.connection.namespace)

    def run(self, work: Callable[[Client, str], Coroutine[Any, Any, None]]) -> None:
        async def with_a_worker(_: Client) -> None:
            async with working(self.connection.client, "queue-of-the-night") as queue:
                await work(self.connection.client, queue)

        self.server.run(with_a_worker)

    def until_visible(self, number: int) -> None:
        self.server.run(lambda _: visible(self.connection, number))


async def start(client: Client, queue: str, workflow_id: str, how: str) -> None:
    handle = await client.start_workflow(Ends.run, how, id=workflow_id, task_queue=queue)
    if how == "on signal":
        await settled(handle, 2)
    else:
        await until(lambda: _ended(client, workflow_id))


async def _ended(client: Client, workflow_id: str) -> bool:
    return (await client.get_workflow_handle(workflow_id).describe()).close_time is not None


def night_of(server: Server) -> Night:
    night = Night(server, server.run(new_namespace))

    async def work(client: Client, queue: str) -> None:
        for workflow_id, how in STARTED.items():
            await start(client, queue, workflow_id, how)
        await client.execute_workflow(Chain.run, 2, id="chain", task_queue=queue)

    night.run(work)
    night.until_visible(RUNS)
    return night


@pytest.fixture(scope="module")
def night(server: Server) -> Night:
    return night_of(server)


@pytest.fixture(scope="module")
def first(night: Night) -> Result:
    """What the first update leaves."""
    result = night.export("--update", *FAST)
    assert result.code == 0, result.stderr
    return result


def covered(exporter: Exporter) -> Any:  # noqa: ANN401 - any JSON
    stats = exporter.project.run_cli("corpus", "stats", "fixtures", "--format", "json")
    return stats.report["coverage"]


def test_an_empty_corpus_becomes_one_that_covers_what_any_run_reached(night: Night, first: Result) -> None:
    everything = night.export("--query", "WorkflowType != 'Nobody'", *FAST)
    assert len(notes(everything)) == RUNS
    assert covered(night.export.after(first)) == covered(night.export.after(everything))
    # One of the two that are alike, and one of Chain's children.
    assert len(notes(first)) < RUNS
    assert {"failed-1", "signal-1", "chain"} <= set(ids(first))
    assert len({"done-1", "done-2"} & set(ids(first))) == 1
    assert f"{RUNS - len(notes(first))} bring nothing new" in first.stdout


def test_the_corpus_of_an_update_replays_clean(night: Night, first: Result) -> None:
    replayed = night.export.after(first).project.run_cli("replay", "fixtures")
    assert replayed.code == 0, replayed.stdout


def test_what_each_run_brings_is_said(first: Result) -> None:
    lines = first.stdout.splitlines()
    at = next(number for number, line in enumerate(lines) if line.startswith("fixtures/Ends/signal-1.json"))
    assert lines[at + 1].startswith("  new: lines ends.py:")


def test_a_second_update_adds_and_changes_nothing(night: Night, first: Result) -> None:
    second = night.export.after(first)("--update", *FAST)
    assert second.code == 0, second.stderr
    assert second.stdout.startswith("0 histories exported, ")
    assert second.files == first.files


def test_only_a_new_way_through_the_code_is_added_and_said(server: Server) -> None:
    night = night_of(server)
    before = night.export("--update", *FAST)

    async def work(client: Client, queue: str) -> None:
        await start(client, queue, "done-3", "completed")
        await start(client, queue, "patched-1", "patched")
        # Else the server would wait for the worker that had the run in its cache.
        execution = WorkflowExecution(workflow_id="signal-1")
        request = ResetStickyTaskQueueRequest(namespace=client.namespace, execution=execution)
        await client.workflow_service.reset_sticky_task_queue(request)
        await client.get_workflow_handle("signal-1").signal(Ends.proceed)
        await until(lambda: _ended(client, "signal-1"))

    night.run(work)
    night.until_visible(RUNS + 2)
    after = night.export.after(before)("--update", *FAST, "--format", "json")
    assert after.code == 0, after.stderr
    assert sorted(listed(after)) == ["patched-1", "signal-1"]
    brings = {entry["workflowId"]: entry["brings"] for entry in after.report["histories"]}
    patch = line_of(CODE, 'workflow.patched("second")')
    assert brings["patched-1"][0] == f"lines ends.py:{patch}-{patch + 1}"
    assert "patches first, second" in brings["patched-1"]
    assert brings["signal-1"][0] == f"line ends.py:{line_of(CODE, 'self.go = True')}"
    assert set(before.files) <= set(after.files)
    moved_on = "fixtures/Ends/signal-1.json"
    assert (notes(before)[moved_on]["status"], notes(after)[moved_on]["status"]) == ("open", "completed")
    unchanged = set(before.files) - {moved_on}
    assert {path: after.files[path] for path in unchanged} == {path: before.files[path] for path in unchanged}


def test_a_type_that_no_code_has_any_more_is_named_and_stays(night: Night, first: Result) -> None:
    renamed = changed(CODE, "class Rare:", "class Frequent:").replace("Rare.run", "Frequent.run")
    result = night.beside(Project(first.files).with_file("ends.py", renamed))("--update", *FAST)
    [rare] = [path for path in first.files if path.startswith("fixtures/Rare/")]
    assert f"Stale: {rare}: no configured module has its workflow type any more" in result.stdout
    assert set(first.files) <= set(result.files)
    assert result.files[rare] == first.files[rare]
    assert result.stdout.count("Stale:") == 1


def test_a_history_older_than_the_retention_is_named_and_stays(night: Night, first: Result) -> None:
    """A server that kept runs for days cannot be waited for: one run's dates are moved back by ten."""
    old = "fixtures/Ends/failed-1.json"
    aged = json.loads(first.files[old])
    for event in aged["events"]:
        at = datetime.fromisoformat(event["eventTime"]) - timedelta(days=10)
        event["eventTime"] = at.isoformat().replace("+00:00", "Z")
    aged["replaykit"]["runId"] = "019b0000-0000-7000-8000-000000000000"
    kept = Project(first.files).with_file(old, json.dumps(aged))
    result = night.beside(kept)("--update", *FAST, "--format", "json")
    assert result.code == 0, result.stderr
    stale = [entry for entry in result.report["histories"] if "stale" in entry]
    assert stale == [{"path": old, "stale": f"its run ended 10 days ago; the namespace keeps {RETENTION / 86400:g}"}]
    assert result.files[old] == json.dumps(aged)


def test_without_workflows_an_update_goes_by_what_the_runs_did(night: Night) -> None:
    result = night.beside(Project())("--update", *FAST)
    assert result.code == 0, result.stderr
    assert {"failed-1", "signal-1", "chain"} <= set(ids(result))
    assert len({"done-1", "done-2"} & set(ids(result))) == 1
    assert "ends.py" not in result.stdout
    again = night.beside(Project(result.files))("--update", *FAST)
    assert again.files == result.files
    assert "Stale" not in again.stdout


def test_an_update_takes_a_selection(night: Night) -> None:
    result = night.export("--update", "--open-only", "--format", "json")
    assert result.code == 0, result.stderr
    assert listed(result) == ["signal-1"]
