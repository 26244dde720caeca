"""Answers that nobody may read on the way are decoded for the cassette, and encrypted again when they are played."""

import asyncio
from pathlib import Path
from typing import Any

from temporalio.client import Client, WorkflowFailureError, WorkflowHistory
from temporalio.exceptions import ApplicationError
from temporalio.worker import Worker

from examples.encrypted.activities import assess, fetch_blood_test, file_report
from examples.encrypted.codec import data_converter
from examples.encrypted.models import Filed, ReportRequest
from examples.encrypted.workflows import LabReport
from replaykit import OpenCassette, use_cassette
from replaykit.config import Config
from replaykit.jobs.from_history import from_history
from tests.codecs import fetched
from tests.recording import Server

CODEC = Config(codec="examples.encrypted.codec:EncryptionCodec")


async def report(
    server: Server, name: str, patient: str, *cassettes: OpenCassette
) -> tuple[Filed | BaseException | None, WorkflowHistory]:
    client = await Client.connect(server.address, data_converter=data_converter())
    activities: list[Any] = [fetch_blood_test, assess, file_report]
    result: Filed | BaseException | None
    async with Worker(
        client, task_queue=name, workflows=[LabReport], activities=activities, interceptors=list(cassettes)
    ):
        try:
            request = ReportRequest(patient, "Dr. Lovelace")
            result = await client.execute_workflow(LabReport.run, request, id=name, task_queue=name)
        except WorkflowFailureError as failure:
            result = failure.cause.__cause__
    return result, (await fetched(server, name)).history


def played(server: Server, tmp_path: Path, name: str, patient: str) -> tuple[Filed | BaseException | None, str]:
    """Run a report for real, make a cassette of its history, and run it on that."""
    _, history = server.run(lambda _: report(server, name, patient))
    file, cassette = tmp_path / f"{name}.json", tmp_path / f"{name}.yaml"
    file.write_text(history.to_json(), "utf-8")
    asyncio.run(from_history(CODEC, [file], out=cassette, declared=(), force=False))
    with use_cassette(cassette, fail_unused=True) as answers:
        result, again = server.run(lambda _: report(server, name, patient, answers))
    held = b"".join(event.SerializeToString() for event in again.events)
    assert patient.encode() not in held
    return result, cassette.read_text("utf-8")


def test_an_encrypted_report_is_filed_again_on_the_answers_of_its_history(server: Server, tmp_path: Path) -> None:
    result, text = played(server, tmp_path, "cassette-lab-1", "P-1001")
    assert result == Filed("R-1001", "nothing remarkable")
    assert "result: nothing remarkable\n" in text


def test_an_encrypted_failure_is_repeated_with_message_and_details(server: Server, tmp_path: Path) -> None:
    result, text = played(server, tmp_path, "cassette-lab-2", "P-9999")
    assert isinstance(result, ApplicationError)
    assert (result.type, result.message) == ("NoBloodTest", "no blood test of P-9999 is on file")
    assert list(result.details) == ["P-9999"]
    assert "message: no blood test of P-9999 is on file" in text
    assert ".py" not in text
