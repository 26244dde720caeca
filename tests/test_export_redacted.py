"""What an export writes is redacted, replays as it did before, and is not written where it would not."""

import base64
import json
import uuid
from collections.abc import Mapping

import pytest
from temporalio.client import Client

from tests.exporting import KEY, Exporter
from tests.project import Result
from tests.recording import Server, worker
from tests.stories import project, source
from tests.workflows import invoice
from tests.workflows.invoice import Bill

ADA, BOB = "ada.lovelace@shop.test", "bob@elsewhere.test"
CARD = "4111 1111 1111 1111"
# Put together here, so that no scanner takes it for a real one.
API_KEY = "sk-proj-" + "Zx8Kq2Lm9Nv4Bt7Cy1Dw6Fe3Gh5Jk0Pr"


@pytest.fixture(scope="module")
def invoices(server: Server) -> Mapping[str, str]:
    """Invoices that have run to their end: a name for each → workflow id."""
    bills = {
        "same": Bill(ADA, ADA, f"card {CARD}, key {API_KEY}"),
        "other": Bill(ADA, BOB),
        "own": Bill(ADA, BOB, by_domain=True),
    }
    mark = uuid.uuid4().hex[:8]

    async def run(client: Client) -> dict[str, str]:
        async with worker(client, [invoice.Invoice], [invoice.send, invoice.confirm, invoice.book]) as queue:
            for name, bill in bills.items():
                await client.execute_workflow(
                    invoice.Invoice.run, bill, id=f"{name}-{mark}", task_queue=queue, memo={"customer": bill.customer}
                )
        return {name: f"{name}-{mark}" for name in bills}

    return server.run(run)


@pytest.fixture
def export(server: Server) -> Exporter:
    return Exporter(server, project({"invoice": source("invoice")}, {}))


def written(result: Result) -> dict[str, str]:
    return {path: text for path, text in result.files.items() if path.startswith("fixtures/")}


def test_no_secret_is_written_and_the_history_replays_as_before(export: Exporter, invoices: Mapping[str, str]) -> None:
    result = export(invoices["same"], invoices["other"])
    assert result.code == 0, result.stderr
    texts = written(result)
    assert len(texts) == 2
    whole = "".join(texts.values()) + result.stdout + result.stderr
    for secret in (ADA, BOB, CARD, API_KEY, "lovelace"):
        assert secret not in whole
    assert "Checked: 2 histories replay redacted as before." in result.stdout
    assert export.after(result).project.run_cli("replay", "fixtures").code == 0


def test_a_run_whose_way_hangs_on_a_secret_is_not_written_and_the_field_is_named(
    export: Exporter, invoices: Mapping[str, str]
) -> None:
    result = export(invoices["own"], invoices["same"])
    assert result.code == 2
    assert list(written(result)) == [f"fixtures/Invoice/{invoices['same']}.json"]
    assert f"fixtures/Invoice/{invoices['own']}.json is not written: redacted, the history replays otherwise." in (
        result.stderr
    )
    assert "clean before, diverged at step 1" in result.stderr
    assert "e-mail at input[0].customer (event 1, WorkflowExecutionStarted)" in result.stderr
    assert "docs/errors.md#redaction-matters" in result.stderr
    assert ADA not in result.stdout + result.stderr


def test_what_the_team_keeps_is_kept_and_the_run_is_written(server: Server, invoices: Mapping[str, str]) -> None:
    kept = project({"invoice": source("invoice")}, {})
    settings = str(kept.files["pyproject.toml"]) + "redact-keep = ['.*@shop\\.test']\n"
    result = Exporter(server, kept.with_file("pyproject.toml", settings))(invoices["own"])
    assert result.code == 0, result.stderr
    [text] = written(result).values()
    assert BOB not in text


def test_the_same_secret_has_the_same_pseudonym_in_every_history(export: Exporter, invoices: Mapping[str, str]) -> None:
    result = export(invoices["same"], invoices["other"])
    shown = [
        export.after(result).project.run_cli("inspect", f"fixtures/Invoice/{invoices[name]}.json", "--format", "json")
        for name in ("same", "other")
    ]
    one, other = (json.loads(each.stdout)["steps"][0]["input"][0]["customer"] for each in shown)
    assert one == other
    assert one != ADA


def test_without_workflows_nothing_is_said_to_be_verified(server: Server, invoices: Mapping[str, str]) -> None:
    result = Exporter(server)(invoices["other"])
    assert result.code == 0, result.stderr
    assert "Not verified: 1 redacted history (no workflows are configured" in result.stdout
    assert "Checked:" not in result.stdout


def test_no_redaction_has_to_be_typed_out_and_is_said(server: Server, invoices: Mapping[str, str]) -> None:
    result = Exporter(server)(invoices["other"], "--no-redact")
    assert result.code == 0, result.stderr
    [text] = written(result).values()
    [bill] = json.loads(text)["events"][0]["workflowExecutionStartedEventAttributes"]["input"]["payloads"]
    assert ADA in base64.b64decode(bill["data"]).decode()
    assert "redaction" not in json.loads(text)["replaykit"]
    assert "NOT REDACTED: 1 history holds" in result.stdout
    assert "Redacted:" not in result.stdout


def test_another_key_gives_other_pseudonyms_and_its_id_is_told(server: Server, invoices: Mapping[str, str]) -> None:
    one = Exporter(server)(invoices["other"])
    other = Exporter(server).run(invoices["other"], env={name: f"{key}, too" for name, key in KEY.items()})
    assert written(one) != written(other)
    for result in (one, other):
        assert "(key " in result.stdout
        for key in KEY.values():
            assert key not in result.stdout + result.stderr + "".join(result.files.values())
