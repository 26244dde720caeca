"""Histories of LabReport: filed, waiting for the physician, remarked on, and of a patient nobody knows."""

from temporalio.api.enums.v1 import EventType
from temporalio.api.failure.v1 import Failure
from temporalio.client import Client, WorkflowHandle
from temporalio.converter import DataConverter, DefaultFailureConverterWithEncodedAttributes, PayloadConverter

from examples.encrypted.codec import EncryptionCodec
from examples.encrypted.models import Filed, ReportRequest
from examples.encrypted.worker import TASK_QUEUE, new_worker
from examples.encrypted.workflows import LabReport

from .failures import PortableFailureConverter
from .stage import IDENTITY, Run, Stage, ended_badly, reached

CODEC = "examples.encrypted.codec:EncryptionCodec"


class PortableEncodedFailures(DefaultFailureConverterWithEncodedAttributes):
    """Encodes messages and stack traces, the traces without the recording machine's paths."""

    def to_failure(self, exception: BaseException, payload_converter: PayloadConverter, failure: Failure) -> None:
        """Convert, shorten the paths, and only then put away what is encrypted."""
        PortableFailureConverter().to_failure(exception, payload_converter, failure)
        link: Failure | None = failure
        while link is not None:
            if not link.HasField("encoded_attributes"):
                told = {"message": link.message, "stack_trace": link.stack_trace}
                link.encoded_attributes.CopyFrom(payload_converter.to_payload(told))
                link.message, link.stack_trace = "Encoded failure", ""
            link = link.cause if link.HasField("cause") else None


async def record(stage: Stage) -> list[Run]:
    """Make all reports; returns those to export, decoded."""
    converter = DataConverter(payload_codec=EncryptionCodec(), failure_converter_class=PortableEncodedFailures)
    client = await Client.connect(
        stage.address, identity=IDENTITY, data_converter=converter, runtime=stage.client.service_client.config.runtime
    )
    async with new_worker(client):
        filed = await _start(client, "report-9001", "P-1001")
        remarked = await _start(client, "report-9002", "P-1002")
        waiting = await _start(client, "report-9003", "P-1002")
        unknown = await _start(client, "report-9004", "P-9999")
        await remarked.signal(LabReport.remark, "repeat in a week")
        await filed.result()
        await remarked.result()
        await reached(waiting, EventType.EVENT_TYPE_ACTIVITY_TASK_COMPLETED, times=2)
        await reached(waiting, EventType.EVENT_TYPE_WORKFLOW_TASK_COMPLETED, times=3)
        await ended_badly(unknown, "FAILED")
    return [Run(report.id, codec=CODEC) for report in (filed, remarked, waiting, unknown)]


async def _start(client: Client, report_id: str, patient: str) -> WorkflowHandle[LabReport, Filed]:
    request = ReportRequest(patient, "Dr. Lovelace")
    return await client.start_workflow(LabReport.run, request, id=report_id, task_queue=TASK_QUEUE)
