"""Lab reports: nothing of them can be read at the server, and whoever holds the key or the token reads them."""

import asyncio
import base64
import json
import os
import subprocess
import sys
import uuid
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import pytest
from temporalio.api.common.v1 import Payload
from temporalio.client import Client, WorkflowFailureError, WorkflowHistory
from temporalio.exceptions import ApplicationError

from examples.encrypted.codec import EncryptionCodec, UnknownKeyError, data_converter, keys_of
from examples.encrypted.models import Filed, ReportRequest
from examples.encrypted.worker import TASK_QUEUE, new_worker
from examples.encrypted.workflows import LabReport
from examples.record import reports
from examples.record.stage import Stage
from replaykit.adapters.codec_server import RemoteCodec
from replaykit.adapters.codecs import Decoder, decoder_of
from replaykit.adapters.decode import decoded
from replaykit.config import CodecAccess, Config
from tests.codecs import fetched
from tests.recording import Server

ROOT = Path(__file__).parents[2]
PHYSICIAN = "Dr. Lovelace"


def environment(**more: str) -> Mapping[str, str]:
    inherited = {key: value for key, value in os.environ.items() if not key.startswith(("LAB_", "TEMPORAL"))}
    return {**inherited, "PYTHONPATH": str(ROOT), **more}


@dataclass(frozen=True, slots=True)
class Told:
    """How a report ended, and the history as the server holds it."""

    result: Filed | BaseException
    history: WorkflowHistory


def report(server: Server, patient: str, *, remark: str = "") -> Told:
    async def story(_client: Client) -> Told:
        client = await Client.connect(server.address, data_converter=data_converter())
        name = f"report-{uuid.uuid4().hex[:8]}"
        async with new_worker(client, task_queue=name):
            handle = await client.start_workflow(
                LabReport.run, ReportRequest(patient, PHYSICIAN), id=name, task_queue=name
            )
            if remark:
                await handle.signal(LabReport.remark, remark)
            try:
                result: Filed | BaseException = await handle.result()
            except WorkflowFailureError as failure:
                result = failure.cause
        return Told(result, (await fetched(server, name)).history)

    return server.run(story)


def test_report_without_remarkable_values_is_filed_at_once(server: Server) -> None:
    assert report(server, "P-1001").result == Filed("R-1001", "nothing remarkable")


def test_report_with_high_values_waits_for_the_physician(server: Server) -> None:
    told = report(server, "P-1002", remark="repeat in a week")
    assert told.result == Filed("R-1002", "high glucose and cholesterol; repeat in a week")


def test_nothing_of_a_report_can_be_read_at_the_server(server: Server) -> None:
    for told in (report(server, "P-1002", remark="repeat in a week"), report(server, "P-9999")):
        held = b"".join(event.SerializeToString() for event in told.history.events)
        for word in (b"P-1002", b"P-9999", b"Lovelace", b"glucose", b"repeat", b"on file"):
            assert word not in held


def test_report_of_an_unknown_patient_fails_and_the_client_reads_why(server: Server) -> None:
    error = report(server, "P-9999").result
    assert isinstance(error, BaseException)
    cause = error.__cause__
    assert isinstance(cause, ApplicationError)
    assert cause.message == "no blood test of P-9999 is on file"
    assert cause.details == ("P-9999",)


def test_older_keys_still_decrypt_and_the_first_encrypts() -> None:
    payload = Payload(metadata={"encoding": b"json/plain"}, data=b"1")
    old, new = {"old": b"o" * 32}, {"new": b"n" * 32, "old": b"o" * 32}
    [sealed] = asyncio.run(EncryptionCodec(old).encode([payload]))
    assert asyncio.run(EncryptionCodec(new).decode([sealed, payload])) == [payload, payload]
    [renewed] = asyncio.run(EncryptionCodec(new).encode([payload]))
    with pytest.raises(UnknownKeyError):
        asyncio.run(EncryptionCodec(old).decode([renewed]))


def test_keys_are_read_by_their_ids() -> None:
    assert keys_of("b=Qg==, a=QQ==") == {"b": b"B", "a": b"A"}


@pytest.fixture
def codec_server() -> Iterator[str]:
    with subprocess.Popen(
        [sys.executable, "-m", "examples.encrypted.codec_server"],
        cwd=ROOT,
        env=environment(LAB_CODEC_TOKEN="t0ken"),  # noqa: S106 - made up here
        stdout=subprocess.PIPE,
        text=True,
    ) as process:
        try:
            assert process.stdout is not None
            yield process.stdout.readline().strip()
        finally:
            process.terminate()


def test_the_codec_server_decodes_a_report_for_whoever_has_the_token(server: Server, codec_server: str) -> None:
    async def story(_client: Client) -> str:
        client = await Client.connect(server.address, data_converter=data_converter())
        async with new_worker(client, task_queue="report-served"):
            request = ReportRequest("P-1001", PHYSICIAN)
            await client.execute_workflow(LabReport.run, request, id="report-served", task_queue="report-served")
        config = Config(codec_endpoint=f"{codec_server}/{{namespace}}", codec_access=CodecAccess("Bearer t0ken"))
        decoder = decoder_of(config, namespace="default")
        assert isinstance(decoder.converter.payload_codec, RemoteCodec)
        return (await decoded(await fetched(server, "report-served"), decoder)).history.to_json()

    end = json.loads(server.run(story))["events"][-1]
    [result] = end["workflowExecutionCompletedEventAttributes"]["result"]["payloads"]
    assert json.loads(base64.b64decode(result["data"]))["finding"] == "nothing remarkable"


def test_the_recorded_reports_decode_and_do_not_tell_where_they_were_made(server: Server, tmp_path: Path) -> None:
    async def story(client: Client) -> list[str]:
        stage = Stage(client, server.address, model=None, llm=None, folder=tmp_path)  # type: ignore[arg-type]  # not used
        runs = await reports.record(stage)
        assert {run.codec for run in runs} == {"examples.encrypted.codec:EncryptionCodec"}
        decoder = Decoder(data_converter(), "the codec")
        histories = [(await decoded(await fetched(server, run.workflow_id), decoder)).history for run in runs]
        return [history.to_json() for history in histories]

    texts = server.run(story)
    assert len(texts) == 4
    assert TASK_QUEUE in texts[0]
    assert [text for text in texts if "no blood test of P-9999" in text]
    assert not [text for text in texts if 'File \\"/' in text or "binary/encrypted" in text]
