"""Runs of a namespace are chosen from the command line, by each option, as a person would."""

import json
from collections.abc import Callable
from dataclasses import replace

import pytest

from replaykit.rules.sample import sampled
from tests.exporting import Exporter, ids, listed, notes
from tests.grpc_proxy import proxy
from tests.namespaces import BUILD_ID, OPEN, RUNS, filled
from tests.project import Result
from tests.recording import Server

pytestmark = pytest.mark.long

# By type, status, patches, build id and last events together.
KINDS = 12
JSON = ("--format", "json")
# The requests that the pace holds for.
PACED = {"ListWorkflowExecutions", "CountWorkflowExecutions", "GetWorkflowExecutionHistory"}


@pytest.fixture(scope="module")
def export(server: Server) -> Exporter:
    return Exporter(server, namespace=server.run(filled).namespace)


@pytest.fixture(scope="module")
def everything(export: Exporter) -> Result:
    """What an export without any option that chooses gives."""
    result = export("--rps", "200", *JSON)
    assert result.code == 0, result.stderr
    return result


def test_without_options_some_of_every_kind_is_exported_the_oldest_open_runs_first(
    export: Exporter, everything: Result
) -> None:
    assert len(notes(everything)) == RUNS
    found = listed(everything)
    assert set(found[:3]) == {"pinned-waiting", "signal-1", "timer-1"}
    assert found.index("signal-1") < found.index("signal-2")
    assert found.index("patched-2") < found.index("patched-1")
    assert listed(export("--stratify", "--rps", "200", *JSON)) == found


def test_the_report_as_json_names_each_history_and_sums_up(everything: Result) -> None:
    report = everything.report
    assert report["version"] == 1
    for entry in report["histories"]:
        note = notes(everything)[entry["path"]]
        assert {key: entry[key] for key in ("workflowId", "workflowType", "runId")}.items() <= note.items()
        assert entry["events"] == len(json.loads(everything.files[entry["path"]])["events"])
        assert (entry["check"], entry["reason"], entry["brings"]) == ("nothing redacted that a workflow sees", None, [])
    summary = report["summary"]
    assert summary.pop("seconds") > 0
    assert summary.pop("bytes") == sum(len(everything.files[path].encode()) for path in notes(everything))
    assert summary.pop("redacted")["host"] > 0
    assert f"key {summary.pop('redactionKey')}, " in next(iter(notes(everything).values()))["redaction"]
    assert summary == {
        "exported": RUNS,
        "familiar": 0,
        "alreadyThere": 0,
        "duplicates": 0,
        "failed": 0,
        "checks": {"nothing redacted that a workflow sees": RUNS},
        "unverified": {},
        "slowedDown": 0,
        "notLoaded": [],
    }


def test_a_limit_gives_each_kind_one_run_before_any_gets_two(export: Exporter) -> None:
    result = export("--stratify", "--limit", str(KINDS), "--rps", "200", *JSON)
    assert result.code == 0, result.stderr
    found = listed(result)
    assert len(found) == KINDS
    assert {"rare-1", "failed-1", "cancelled-1", "terminated-1", "late-1", "pinned-done"} <= set(found)
    # Of the completed ones the newest, which continued-1 became, and of the two alike that wait the older.
    assert found.count("continued-1") == 2
    assert "signal-1" in found
    assert not {"done-1", "done-2", "done-3", "signal-2"} & set(found)
    assert set(listed(export("--limit", "3", *JSON))) == {"pinned-waiting", "signal-1", "timer-1"}


def test_a_query_chooses_what_the_server_finds(export: Exporter) -> None:
    result = export("--query", "WorkflowType = 'Ends' AND ExecutionStatus IN ('Failed', 'TimedOut')")
    assert result.code == 0, result.stderr
    assert ids(result) == ["failed-1", "late-1"]
    assert "2 histories exported" in result.stdout


def test_the_other_options_narrow_a_query(export: Exporter) -> None:
    asked = ("--query", "WorkflowType = 'Ends' -- all of them", *JSON)
    found = listed(export(*asked, "--open-only", "--limit", "2"))
    assert len(found) == 2
    assert set(found) < OPEN - {"pinned-waiting"}
    assert listed(export(*asked, "--stratify", "--limit", "1")) == ["timer-1"]


def test_a_query_that_the_server_cannot_read_is_one_error_with_the_syntax(export: Exporter) -> None:
    result = export("--query", "WorkflowType = Ends")
    assert result.code == 2
    assert result.stderr.startswith("The visibility query cannot be used: WorkflowType = Ends\nCause: ")
    assert result.stderr.count("Cause:") == 1
    assert "docs/errors.md#query-invalid" in result.stderr
    assert not result.files


def test_open_only_leaves_what_a_deploy_can_break(export: Exporter) -> None:
    result = export("--open-only")
    assert result.code == 0, result.stderr
    assert set(ids(result)) == OPEN


def test_since_leaves_out_what_closed_before(export: Exporter) -> None:
    result = export("--query", "WorkflowType != 'Nobody'", "--since", "2999-01-01", *JSON)
    assert result.code == 0, result.stderr
    assert set(listed(result)) == OPEN
    assert len(listed(export("--since", "7d", "--rps", "200", *JSON))) == RUNS


def test_a_sample_is_the_same_share_every_time(export: Exporter) -> None:
    first, again = (export("--sample", "0.5", "--rps", "200") for _ in range(2))
    assert first.code == 0, first.stderr
    assert 0 < len(notes(first)) < RUNS
    assert first.files == again.files
    assert all(sampled(note["runId"], 0.5) for note in notes(first).values())


def test_terminal_of_a_dry_run(export: Exporter, snapshot: Callable[[str], None]) -> None:
    with proxy(export.server.address) as relay:
        result = export.through(relay.address)("--stratify", "--limit", "14", "--dry-run", "--rps", "200")
    assert result.code == 0, result.stderr
    assert not result.files
    assert relay.counts["GetWorkflowExecutionHistory"] == 0
    snapshot(f"{result.stdout}{result.stderr}[exit {result.code}]\n")


def test_a_dry_run_as_json_says_what_the_export_then_does(export: Exporter) -> None:
    with proxy(export.server.address) as relay:
        result = export.through(relay.address)("--dry-run", "--query", "WorkflowType != 'Rare'", *JSON)
    assert result.code == 0, result.stderr
    assert not result.files
    assert not {name for name in relay.counts if "History" in name}
    strata = result.report["strata"]
    assert sum(stratum["runs"] for stratum in strata) == sum(stratum["taken"] for stratum in strata) == RUNS - 1
    [built] = [s for s in strata if s["workflowType"] == "Pinned" and s["status"] == "completed"]
    assert built["buildId"] == BUILD_ID
    assert {tuple(stratum["patches"]) for stratum in strata} == {(), ("first", "second")}


def test_nothing_found_is_told_and_is_no_success(export: Exporter) -> None:
    result = export("--query", "WorkflowType = 'Nobody'")
    assert result.code == 3
    assert result.stderr.startswith("No run was found.\nCause: visibility lists none for: WorkflowType = 'Nobody'\n")
    assert "docs/errors.md#no-runs" in result.stderr
    assert not result.stdout
    assert export("--query", "WorkflowType = 'Nobody'", "--dry-run").code == 3


def test_runs_are_named_or_chosen_not_both(export: Exporter) -> None:
    result = export("done-1", "--since", "7d")
    assert result.code == 2
    assert result.stderr.startswith("Runs are chosen by name or by what they are, not both.\n")
    assert not result.files


def test_a_dry_run_of_what_was_named_one_by_one_is_a_usage_error(export: Exporter) -> None:
    result = export("done-1", "--dry-run")
    assert result.code == 2
    assert "there is nothing to choose here" in result.stderr


@pytest.mark.parametrize(("arguments", "most"), [(("--rps", "8"), 8), ((), 10)])
def test_no_more_requests_are_made_than_the_rate_allows(
    arguments: tuple[str, ...], most: int, export: Exporter
) -> None:
    with proxy(export.server.address) as relay:
        result = replace(export.through(relay.address), paced=True)("--query", "WorkflowType != 'Rare'", *arguments)
    assert result.code == 0, result.stderr
    connected, times = relay.requests[0], [request.at for request in relay.requests if request.method in PACED]
    assert connected.method not in PACED
    assert len(times) == RUNS - 1 + 2
    # A busy machine makes requests late, and the one after a late one punctual; none comes before its turn.
    for number, at in enumerate(times):
        assert at - connected.at > number / most - 0.05


def test_a_server_that_is_busy_is_asked_again_and_the_end_says_so(export: Exporter) -> None:
    with proxy(export.server.address) as relay:
        relay.refuse("RESOURCE_EXHAUSTED", 3, method="GetWorkflowExecutionHistory")
        relay.refuse("RESOURCE_EXHAUSTED", 1, method="ListWorkflowExecutions")
        result = export.through(relay.address)("--open-only", "--query", "WorkflowType = 'Ends'", "--rps", "100")
    assert result.code == 0, result.stderr
    assert set(ids(result)) == OPEN - {"pinned-waiting"}
    assert "The server asked to slow down 4 times; all was asked again." in result.stdout


def test_what_is_there_is_not_fetched_again_but_for_open_runs(export: Exporter, everything: Result) -> None:
    with proxy(export.server.address) as relay:
        again = export.after(everything).through(relay.address)("--rps", "200")
    assert again.code == 0, again.stderr
    assert relay.counts["GetWorkflowExecutionHistory"] == len(OPEN)
    assert f"{len(OPEN)} histories exported" in again.stdout
    assert f"{RUNS - len(OPEN)} already there" in again.stdout
    assert again.files == everything.files
