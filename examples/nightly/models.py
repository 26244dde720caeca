"""The values that pass between the nightly workflow, the pipeline it starts and its report."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Night:
    """What to analyse each night."""

    collection: str = "energy"


@dataclass(frozen=True, slots=True)
class PipelineJob:
    """The input of AiPipeline, as this caller knows it."""

    job_id: str
    collection: str


@dataclass(frozen=True, slots=True)
class PipelineResult:
    """The result of AiPipeline, as this caller knows it."""

    job_id: str
    documents: int
    analysis: str


@dataclass(frozen=True, slots=True)
class Report:
    """Write down what a night brought; the job's id is the key."""

    job_id: str
    text: str
