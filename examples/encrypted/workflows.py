"""A lab report: fetch the values, assess them, wait for the physician where they are high, file the report."""

from datetime import timedelta

from temporalio import workflow
from temporalio.common import RetryPolicy

with workflow.unsafe.imports_passed_through():
    from .activities import assess, fetch_blood_test, file_report
    from .models import Filed, Report, ReportRequest

STEP = workflow.ActivityConfig(
    start_to_close_timeout=timedelta(seconds=30), retry_policy=RetryPolicy(maximum_attempts=3)
)


@workflow.defn
class LabReport:
    """One report; every value in its history is encrypted."""

    def __init__(self) -> None:
        self._remark: str | None = None

    @workflow.run
    async def run(self, request: ReportRequest) -> Filed:
        """Make and file the report."""
        test = await workflow.execute_activity(fetch_blood_test, request.patient, **STEP)
        finding = await workflow.execute_activity(assess, test, **STEP)
        if finding.startswith("high"):
            await workflow.wait_condition(lambda: self._remark is not None)
            finding = f"{finding}; {self._remark}"
        report = Report(request.patient, request.physician, finding)
        number = await workflow.execute_activity(file_report, report, **STEP)
        return Filed(number, finding)

    @workflow.signal
    def remark(self, text: str) -> None:
        """The physician has seen high values and says what to do."""
        self._remark = text
