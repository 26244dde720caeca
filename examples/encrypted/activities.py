"""What a lab report is made with: measured values, a finding, and a file of reports."""

from collections.abc import Mapping

from temporalio import activity
from temporalio.exceptions import ApplicationError

from replaykit import effect

from .models import BloodTest, Report

MEASURED: Mapping[str, BloodTest] = {
    "P-1001": BloodTest("P-1001", glucose=5.1, cholesterol=4.4),
    "P-1002": BloodTest("P-1002", glucose=9.8, cholesterol=6.9),
}
HIGH_GLUCOSE = 7.0
HIGH_CHOLESTEROL = 6.2


@activity.defn
async def fetch_blood_test(patient: str) -> BloodTest:
    """Fetch what was measured.

    Raises:
        ApplicationError: Nothing was; the text names the patient, so it must not be read on the way either.
    """
    try:
        return MEASURED[patient]
    except KeyError:
        message = f"no blood test of {patient} is on file"
        raise ApplicationError(message, patient, type="NoBloodTest", non_retryable=True) from None


@activity.defn
async def assess(test: BloodTest) -> str:
    """Say what is remarkable about the values."""
    high = [
        name
        for name, value, limit in (
            ("glucose", test.glucose, HIGH_GLUCOSE),
            ("cholesterol", test.cholesterol, HIGH_CHOLESTEROL),
        )
        if value > limit
    ]
    return f"high {' and '.join(high)}" if high else "nothing remarkable"


@activity.defn
async def file_report(report: Report) -> str:
    """File the report under its number, which is the workflow's; filing it again is filing it once."""
    with effect("report", idempotency_key=activity.info().workflow_id or "", input=report.finding):
        return f"R-{report.patient.removeprefix('P-')}"
