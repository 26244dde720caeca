"""Histories from files go the way of those from a server: redacted, checked, each once, into one corpus."""

import gzip
import io
import json
import uuid
import zipfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from backports import zstd
from temporalio.client import Client

from tests.exporting import KEY, Exporter, ids, notes
from tests.history_files import cli, legacy, message, newer
from tests.project import Content, Project, Result
from tests.recording import Server, history_of, worker
from tests.stories import project, source
from tests.workflows import invoice
from tests.workflows.invoice import Bill

pytestmark = pytest.mark.long

ADA, BOB = "ada.lovelace@shop.test", "bob@elsewhere.test"
CODE = source("invoice")
RUNS = ("cloud-1", "cloud-2", "newer-1", "cli-1", "packed-1", "proto-1", "squeezed-1", "folder-1", "url-1", "zip-1")
# One goes another way.
ALIKE = "cloud-2"


@dataclass(frozen=True, slots=True)
class Invoices:
    """Histories as the server holds them, each by its name in `RUNS`."""

    documents: Mapping[str, Any]

    def __getitem__(self, name: str) -> Any:  # noqa: ANN401 - any JSON
        return self.documents[name]

    @property
    def files(self) -> dict[str, Content]:
        """Every kind of file; some runs are in two of them, as Temporal Cloud delivers them at least once."""
        return {
            "cloud/first": legacy([self["cloud-1"], self["cloud-2"], self["cloud-1"]]),
            "cloud/second": newer([self["newer-1"], self["cloud-2"]], activities=["a", "b"]),
            "cli-1.json": cli(self["cli-1"]),
            "packed-1.json.gz": gzip.compress(cli(self["packed-1"])),
            "proto-1.binpb": message(self["proto-1"]).SerializeToString(),
            "squeezed-1.binpb.zst": zstd.compress(message(self["squeezed-1"]).SerializeToString()),
            "downloads/deep/folder-1.json": cli(self["folder-1"]),
            "downloads/cli-1.json": cli(self["cli-1"]),
            "downloads/README.md": "no history\n",
        }


@pytest.fixture(scope="module")
def invoices(server: Server) -> Invoices:
    mark = uuid.uuid4().hex[:8]

    async def run(client: Client) -> dict[str, Any]:
        found = {}
        async with worker(client, [invoice.Invoice], [invoice.send, invoice.confirm, invoice.book]) as queue:
            for name in RUNS:
                bill = Bill(ADA, ADA if name == ALIKE else BOB)
                handle = await client.start_workflow(
                    invoice.Invoice.run, bill, id=f"{name}-{mark}", task_queue=queue, memo={"customer": ADA}
                )
                await handle.result()
                found[name] = json.loads(await history_of(handle))
        return found

    return Invoices(server.run(run))


def from_files(files: Mapping[str, Content], *args: str, key: Mapping[str, str] = KEY) -> Result:
    """Run an export that no server is there for."""
    return Project(files).run_cli("export", *args, env={"TEMPORAL_ADDRESS": "127.0.0.1:1", **key})


def ours(files: Mapping[str, Content]) -> dict[str, Content]:
    return {**project({"invoice": CODE}, {}).files, **files}


@pytest.fixture(scope="module")
def exported(invoices: Invoices, tmp_path_factory: pytest.TempPathFactory) -> Result:
    """All kinds of files in one export."""
    outside = tmp_path_factory.mktemp("outside")
    (outside / "url-1.json").write_bytes(cli(invoices["url-1"]))
    (outside / "many.zip").write_bytes(zipped({"deep/zip-1.json": cli(invoices["zip-1"])}))
    places = ["cloud", "cli-1.json", "packed-1.json.gz", "proto-1.binpb", "squeezed-1.binpb.zst", "downloads"]
    places += [f"file://{outside}/url-1.json", f"zip://::file://{outside}/many.zip"]
    result = from_files(ours(invoices.files), *(word for place in places for word in ("--from", place)), "-n", "shop")
    assert result.code == 0, result.stderr
    return result


def zipped(files: Mapping[str, bytes]) -> bytes:
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w") as archive:
        for name, data in files.items():
            archive.writestr(name, data)
    return content.getvalue()


def test_every_kind_of_file_gives_its_runs_each_once(exported: Result) -> None:
    assert [name.rpartition("-")[0] for name in ids(exported)] == sorted(RUNS)
    assert {note["namespace"] for note in notes(exported).values()} == {"shop"}
    assert f"{len(RUNS)} histories exported" in exported.stdout
    assert "3 duplicates dropped" in exported.stdout
    assert "Note: cloud/second holds 2 standalone activities, which have no history: skipped" in exported.stderr


def test_what_comes_from_files_is_redacted_and_checked(exported: Result) -> None:
    written = "".join(text for path, text in exported.files.items() if path.startswith("fixtures/"))
    assert ADA not in written + exported.stdout + exported.stderr
    assert BOB not in written
    assert f"Checked: {len(RUNS)} histories replay redacted as before." in exported.stdout
    replayed = Project(exported.files).run_cli("replay", "fixtures")
    assert replayed.code == 0, replayed.stdout


def test_the_server_is_not_asked_where_files_are_named(exported: Result) -> None:
    """Nothing listens at the address: the export would have failed."""
    assert exported.code == 0
    assert "127.0.0.1:1" not in exported.stdout + exported.stderr


def test_a_second_export_from_the_same_files_writes_nothing(invoices: Invoices, exported: Result) -> None:
    files = {**exported.files, **invoices.files}
    again = from_files(files, "--from", "cloud", "--from", "downloads", "-n", "shop")
    assert again.code == 0, again.stderr
    assert again.stdout.startswith("0 histories exported, 5 already there, 2 duplicates dropped\n")
    assert {path: again.files[path] for path in notes(exported)} == {
        path: exported.files[path] for path in notes(exported)
    }


def test_replaykits_own_files_are_the_same_again_under_the_same_key(exported: Result) -> None:
    result = from_files(exported.files, "--from", "fixtures", "--out", "copy")
    assert result.code == 0, result.stderr
    copied = {path.removeprefix("copy/"): result.files[path] for path in notes(result, "copy/")}
    assert copied == {path.removeprefix("fixtures/"): exported.files[path] for path in notes(exported)}
    other = {name: f"{value}, and another one" for name, value in KEY.items()}
    changed = from_files(exported.files, "--from", "fixtures", "--out", "copy", key=other)
    assert changed.code == 0, changed.stderr
    assert ids(changed, "copy/") == ids(exported)
    assert notes(changed, "copy/") != notes(result, "copy/")


def test_an_update_from_files_adds_only_what_brings_something(invoices: Invoices) -> None:
    result = from_files(ours(invoices.files), "--from", "cloud", "--update", "-n", "shop")
    assert result.code == 0, result.stderr
    # Two that confirm, and one that does not need to.
    assert [name.rpartition("-")[0] for name in ids(result)] == ["cloud-1", "cloud-2"]
    assert "2 histories exported" in result.stdout
    assert "1 bring nothing new, 2 duplicates dropped" in result.stdout
    assert "  new: lines invoice.py:" in result.stdout
    again = from_files({**result.files, **invoices.files}, "--from", "cloud", "--update", "-n", "shop")
    assert notes(again) == notes(result)


def test_a_file_that_is_none_is_told_and_the_others_are_exported(invoices: Invoices) -> None:
    files: dict[str, str | bytes] = {
        "good.json": cli(invoices["cli-1"]),
        "cut.json": cli(invoices["url-1"])[:500],
        "web.json": '{"name": "x"}',
    }
    result = from_files(files, "--from", "cut.json", "--from", "web.json", "--from", "good.json", "--from", "nowhere")
    assert result.code == 2
    assert len(notes(result)) == 1
    for said in ("docs/errors.md#history-truncated", "docs/errors.md#not-a-history", "nowhere does not exist."):
        assert said in result.stderr
    assert result.stdout.splitlines()[1].endswith(", 3 failed")


def test_a_directory_without_a_history_is_told_and_is_no_success() -> None:
    result = from_files({"downloads/README.md": "nothing here\n"}, "--from", "downloads")
    assert result.code == 3
    assert result.stderr.startswith("No history was found in downloads.\n")
    assert "docs/errors.md#no-runs" in result.stderr


def test_files_and_a_server_go_together(server: Server, invoices: Invoices) -> None:
    workflow_id = invoices["url-1"]["events"][0]["workflowExecutionStartedEventAttributes"]["workflowId"]
    result = Exporter(server, Project({"one.json": cli(invoices["cli-1"])}))(workflow_id, "--from", "one.json")
    assert result.code == 0, result.stderr
    assert [name.rpartition("-")[0] for name in ids(result)] == ["cli-1", "url-1"]


def test_a_run_from_a_file_and_a_server_is_written_once(server: Server, invoices: Invoices) -> None:
    workflow_id = invoices["url-1"]["events"][0]["workflowExecutionStartedEventAttributes"]["workflowId"]
    result = Exporter(server, Project({"one.json": cli(invoices["url-1"])}))(workflow_id, "--from", "one.json")
    assert result.code == 0, result.stderr
    assert ids(result) == [workflow_id]
    assert "1 duplicate dropped" in result.stdout


def test_a_later_file_with_more_of_a_run_s_events_is_what_is_kept(invoices: Invoices) -> None:
    whole = invoices["cli-1"]
    early = {"events": whole["events"][:4]}
    files = {f"{at}.json": cli(early if at < 5 else whole) for at in range(1, 9)}
    result = from_files(ours(files), *(part for name in sorted(files) for part in ("--from", name)), "-n", "shop")
    assert result.code == 0, result.stderr
    [text] = [text for path, text in result.files.items() if path.startswith("fixtures/")]
    assert len(json.loads(text)["events"]) == len(whole["events"])


@pytest.mark.parametrize("option", [("--limit", "1"), ("--sample", "0.5"), ("--since", "1d"), ("--open-only",)])
def test_options_that_choose_on_a_server_are_refused_beside_files_alone(option: tuple[str, ...]) -> None:
    result = from_files({"one.json": "{}"}, "--from", "one.json", *option)
    assert result.code == 2
    assert result.stderr.startswith(f"No server is asked here, and {option[0]} would choose among its runs.\n")


def test_a_url_whose_password_is_wrong_is_told_without_it(tmp_path: Path) -> None:
    result = from_files({}, "--from", f"ftp://ada:hunter2@127.0.0.1:1{tmp_path}/x.json")
    assert result.code == 2
    assert "hunter2" not in result.stdout + result.stderr
    assert "docs/errors.md#source-unreadable" in result.stderr
