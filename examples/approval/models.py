"""The values that pass between an approval, its people and its activities."""

from dataclasses import dataclass
from enum import StrEnum


class Verdict(StrEnum):
    """What a reviewer may say."""

    APPROVE = "approve"
    CHANGES = "changes"
    REJECT = "reject"


@dataclass(frozen=True, slots=True)
class ApprovalRequest:
    """A text that needs a human's yes.

    Attributes:
        topic: What the text is about.
        remind_after_seconds: Reviewers are reminded each time so much has passed; 0 for never.
        companion: Another approval's workflow id, told by a comment when this text is published.
    """

    topic: str
    remind_after_seconds: float = 86_400
    companion: str | None = None


@dataclass(frozen=True, slots=True)
class Review:
    """One reviewer's word on the current draft."""

    reviewer: str
    verdict: Verdict
    wish: str = ""


@dataclass(frozen=True, slots=True)
class Standing:
    """Where an approval stands."""

    state: str
    drafts: int
    reminders: int
    comments: list[str]


@dataclass(frozen=True, slots=True)
class ApprovalResult:
    """How the approval ended: published or withdrawn, after so many drafts."""

    outcome: str
    drafts: int


@dataclass(frozen=True, slots=True)
class DraftOrder:
    """Ask the model for a draft."""

    key: str
    topic: str
    wishes: list[str]


@dataclass(frozen=True, slots=True)
class Notice:
    """Put a text up for all to see, or say a word to the reviewers; once per key."""

    key: str
    text: str


@dataclass(frozen=True, slots=True)
class Withdrawal:
    """Throw away what was prepared under this workflow id."""

    key: str
