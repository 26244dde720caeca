"""The values that pass between a lab report's workflow and its activities: none of them may be read on the way."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class ReportRequest:
    """A report is wanted on the latest blood test of a patient."""

    patient: str
    physician: str


@dataclass(frozen=True, slots=True)
class BloodTest:
    """What the laboratory measured, in mmol/l."""

    patient: str
    glucose: float
    cholesterol: float


@dataclass(frozen=True, slots=True)
class Report:
    """What the physician reads."""

    patient: str
    physician: str
    finding: str


@dataclass(frozen=True, slots=True)
class Filed:
    """Where the report is."""

    number: str
    finding: str
