"""The values that pass between the pipeline's workflow and its activities: references, not documents."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Job:
    """One run of the pipeline over one collection of documents."""

    job_id: str
    collection: str = "energy"


@dataclass(frozen=True, slots=True)
class PipelineResult:
    """What is left to say when everything is stored."""

    job_id: str
    documents: int
    analysis: str


@dataclass(frozen=True, slots=True)
class Embedding:
    """Embed the stored documents of a job."""

    key: str
    job_id: str
    documents: list[str]


@dataclass(frozen=True, slots=True)
class Question:
    """Ask the model about the stored documents of a job."""

    key: str
    job_id: str
    text: str


@dataclass(frozen=True, slots=True)
class Finding:
    """Store the model's answer, once per key."""

    key: str
    job_id: str
    analysis: str
