"""The values that pass between a batch, its children and their activities."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Document:
    """One document of a batch."""

    document_id: str
    text: str


@dataclass(frozen=True, slots=True)
class Batch:
    """Documents to sum up, so many at a time."""

    documents: list[Document]
    at_a_time: int = 10


@dataclass(frozen=True, slots=True)
class Summary:
    """What one child found in its document."""

    document_id: str
    words: int
    text: str


@dataclass(frozen=True, slots=True)
class BatchResult:
    """What became of a batch's documents."""

    summaries: list[Summary]
    failed: list[str]
    skipped: list[str]


@dataclass(frozen=True, slots=True)
class Digest:
    """Ask the model for a summary of a text."""

    key: str
    text: str
