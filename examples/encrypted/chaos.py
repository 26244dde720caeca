"""Lab reports under chaos, with every payload encrypted: `replaykit chaos examples/encrypted`."""

from temporalio.client import WorkflowHandle

from replaykit import Scenario, Signal

from .activities import assess, fetch_blood_test, file_report
from .codec import data_converter
from .models import Filed, ReportRequest
from .workflows import LabReport

REMARK = "seen, please come in"


async def remark(handle: WorkflowHandle[LabReport, Filed]) -> None:
    """The physician says what to do about the high values."""
    await handle.signal(LabReport.remark, REMARK)


REPORT = Scenario(
    name="encrypted",
    workflow=LabReport,
    args=[ReportRequest("P-1002", "Dr. Lovelace")],
    activities=[fetch_blood_test, assess, file_report],
    data_converter=data_converter,
    drive=remark,
    # Said twice, it is the same remark.
    signals=[Signal("remark", [REMARK])],
)
