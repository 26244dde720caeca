"""Encrypted runs are exported decoded, by each way to a codec, or kept as they are."""

import json
import threading
from collections.abc import Iterator
from dataclasses import dataclass, replace

import pytest
from temporalio.client import Client, WorkflowFailureError
from temporalio.converter import DataConverter, DefaultFailureConverterWithEncodedAttributes

from examples.encrypted.codec import EncryptionCodec, data_converter, keys_of
from examples.encrypted.codec_server import CodecServer
from examples.encrypted.models import ReportRequest
from examples.encrypted.worker import new_worker
from examples.encrypted.workflows import LabReport
from tests.exporting import Exporter, ids, notes
from tests.namespaces import listed, new_namespace, settled
from tests.project import Project, Result
from tests.recording import Server
from tests.stories import settings

pytestmark = pytest.mark.long

CODEC = "examples.encrypted.codec:EncryptionCodec"
CONVERTER = "examples.encrypted.codec:data_converter"
TOKEN = "Bearer t0ken-of-the-test"  # noqa: S105 - made up here
LOST = "lost=bG9zdC1rZXktb2YtdGhlLXRlc3QtMzItYnl0ZXMhISE="
PHYSICIAN = "dr.lovelace@clinic.test"
MODULE = "examples.encrypted.workflows"
# `unknown` fails, `waiting` waits for the physician; nobody here has the key of `lost`.
PATIENTS = {"done": "P-1001", "unknown": "P-9999", "waiting": "P-1002"}
FAST = ("--rps", "200")


@pytest.fixture(scope="module")
def export(server: Server) -> Exporter:
    """A namespace of lab reports, all encrypted, and a project beside it that names no codec."""

    async def work(client: Client) -> str:
        connection = await new_namespace(client)
        for converter, reports in ((data_converter(), PATIENTS), (lost_converter(), {"lost": "P-1001"})):
            await report(server.address, connection.namespace, converter, reports)
        await listed(connection, len(PATIENTS) + 1)
        return connection.namespace

    return Exporter(server, Project({"pyproject.toml": settings(MODULE)}), namespace=server.run(work))


def lost_converter() -> DataConverter:
    return DataConverter(
        payload_codec=EncryptionCodec(keys_of(LOST)),
        failure_converter_class=DefaultFailureConverterWithEncodedAttributes,
    )


async def report(address: str, namespace: str, converter: DataConverter, patients: dict[str, str]) -> None:
    client = await Client.connect(address, namespace=namespace, data_converter=converter)
    queue = f"reports-{'-'.join(patients)}"
    async with new_worker(client, task_queue=queue):
        for name, patient in patients.items():
            handle = await client.start_workflow(
                LabReport.run, ReportRequest(patient, PHYSICIAN), id=name, task_queue=queue
            )
            if name == "waiting":
                await settled(handle, 3)
                continue
            try:
                await handle.result()
            except WorkflowFailureError:
                assert name == "unknown"


@pytest.fixture(scope="module")
def codec_server() -> Iterator[str]:
    with CodecServer(EncryptionCodec(), token=TOKEN.removeprefix("Bearer ")) as serving:
        thread = threading.Thread(target=serving.serve_forever, args=(0.01,))
        thread.start()
        yield serving.url
        serving.shutdown()
        thread.join()


@pytest.fixture(scope="module")
def decoded(export: Exporter) -> Result:
    result = export(*PATIENTS, "--codec", CODEC, *FAST)
    assert result.code == 0, result.stderr
    return result


def corpus(result: Result) -> dict[str, str]:
    return {path: result.files[path] for path in notes(result)}


def test_decoded_histories_hold_no_ciphertext_and_replay_without_the_codec(export: Exporter, decoded: Result) -> None:
    assert ids(decoded) == sorted(PATIENTS)
    assert {note["payloads"] for note in notes(decoded).values()} == {"decoded"}
    # base64 of binary/encrypted
    assert "YmluYXJ5L2VuY3J5cHRlZA==" not in "".join(corpus(decoded).values())
    replayed = export.after(decoded).project.run_cli("replay", "fixtures")
    assert replayed.code == 0, replayed.stdout
    assert "3 clean" in replayed.stdout


def test_what_was_encrypted_is_redacted_and_checked(decoded: Result) -> None:
    whole = "".join(corpus(decoded).values()) + decoded.stdout + decoded.stderr
    assert PHYSICIAN not in whole
    assert "lovelace" not in whole
    assert "Checked: 3 histories replay redacted as before." in decoded.stdout


def test_a_data_converter_and_a_setting_decode_as_the_codec_does(export: Exporter, decoded: Result) -> None:
    by_converter = export(*PATIENTS, "--data-converter", CONVERTER, *FAST)
    assert by_converter.code == 0, by_converter.stderr
    assert corpus(by_converter) == corpus(decoded)
    project = Project({"pyproject.toml": settings(MODULE, codec=CODEC)})
    by_setting = replace(export, project=project)(*PATIENTS, *FAST)
    assert corpus(by_setting) == corpus(decoded)


def test_a_codec_server_decodes_with_the_token_of_the_environment(
    export: Exporter, decoded: Result, codec_server: str
) -> None:
    result = export.run(*PATIENTS, "--codec-endpoint", codec_server, *FAST, env={"TEMPORAL_CODEC_AUTH": TOKEN})
    assert result.code == 0, result.stderr
    assert corpus(result) == corpus(decoded)
    assert "t0ken" not in result.stdout + result.stderr + "".join(corpus(result).values())


def test_a_codec_server_that_refuses_the_token_is_told_and_nothing_is_written(
    export: Exporter, codec_server: str
) -> None:
    result = export("done", "--codec-endpoint", codec_server, "--codec-auth", "Bearer wr0ng")
    assert result.code == 2
    assert "refuses access with status 401" in result.stderr
    assert "docs/errors.md#codec-server-failed" in result.stderr
    assert "wr0ng" not in result.stdout + result.stderr
    assert not notes(result)


@dataclass(frozen=True, slots=True)
class Kept:
    """An export with --keep-encrypted, and the project it went into."""

    result: Result
    project: Project


@pytest.fixture(scope="module")
def kept(export: Exporter) -> Kept:
    result = export("done", "waiting", "--keep-encrypted", "--codec", CODEC, *FAST)
    assert result.code == 0, result.stderr
    return Kept(result, Project(result.files))


def test_kept_histories_are_as_the_server_holds_them(kept: Kept) -> None:
    for text in corpus(kept.result).values():
        document = json.loads(text)
        [payload] = document["events"][0]["workflowExecutionStartedEventAttributes"]["input"]["payloads"]
        assert payload["metadata"]["encoding"] == "YmluYXJ5L2VuY3J5cHRlZA=="
        assert document["replaykit"]["payloads"] == "encoded"


def test_kept_histories_replay_with_the_codec(kept: Kept) -> None:
    replayed = kept.project.run_cli("replay", "fixtures", "--codec", CODEC)
    assert replayed.code == 0, replayed.stdout
    assert "2 clean" in replayed.stdout


def test_kept_histories_are_inconclusive_without_the_codec_and_say_what_is_missing(kept: Kept) -> None:
    replayed = kept.project.run_cli("replay", "fixtures")
    assert replayed.code == 3
    assert "0 clean, 0 drifted, 0 diverged, 2 inconclusive" in replayed.stdout
    assert "encoding 'binary/encrypted', and no configured data converter reads it" in replayed.stdout


def test_a_kept_corpus_becomes_a_decoded_one_through_files(kept: Kept, export: Exporter, decoded: Result) -> None:
    again = export.after(kept.result)("--from", "fixtures", "--out", "open", "--codec", CODEC)
    assert again.code == 0, again.stderr
    assert ids(again, "open/") == ["done", "waiting"]
    for path in notes(again, "open/"):
        assert again.files[path] == decoded.files[path.replace("open/", "fixtures/")]


def test_what_was_kept_is_fetched_again_where_it_is_wanted_decoded(
    export: Exporter, kept: Kept, decoded: Result
) -> None:
    asked = ("--query", "WorkflowId = 'done'", *FAST)
    again = export.after(kept.result)(*asked, "--keep-encrypted")
    assert again.stdout.startswith("0 histories exported, 1 already there\n")
    opened = export.after(kept.result)(*asked, "--codec", CODEC)
    assert opened.code == 0, opened.stderr
    done = "fixtures/LabReport/done.json"
    assert opened.files[done] == decoded.files[done]


def test_a_payload_that_cannot_be_decoded_is_named_and_the_others_are_exported(export: Exporter) -> None:
    result = export("--query", "WorkflowType = 'LabReport'", "--codec", CODEC, *FAST)
    assert result.code == 2
    assert ids(result) == sorted(PATIENTS)
    assert result.stderr.count("Cause:") == 1
    assert result.stderr.startswith("input[0] of WorkflowExecutionStarted (event 1) in lost cannot be decoded.\n")
    assert f"the codec {CODEC}: it raised UnknownKeyError" in result.stderr
    assert "its key lost" in result.stderr
    assert "--keep-encrypted" in result.stderr
    assert "docs/errors.md#payload-undecodable" in result.stderr


def test_without_any_codec_nothing_encrypted_is_written_by_mistake(export: Exporter) -> None:
    result = export("done")
    assert result.code == 2
    assert "no codec is configured" in result.stderr
    assert "--codec MODULE:OBJECT" in result.stderr
    assert not notes(result)


def test_an_update_decodes_before_it_looks(export: Exporter) -> None:
    result = export("--update", "--query", "WorkflowId != 'lost'", "--codec", CODEC, *FAST)
    assert result.code == 0, result.stderr
    assert ids(result) == sorted(PATIENTS)
    assert "  new: " in result.stdout
    assert export.after(result)("--update", "--query", "WorkflowId != 'lost'", "--codec", CODEC).files == result.files
