"""What one export did: its counts, without the histories themselves."""

from collections import Counter
from dataclasses import dataclass, field
from enum import StrEnum


class Check(StrEnum):
    """How far it is known that a history replays after redaction as it did before."""

    REPLAYED = "replayed before and after, with the same verdict"
    UNTOUCHED = "nothing redacted that a workflow sees"
    UNVERIFIED = "not verified"
    NOT_REDACTED = "not redacted"


@dataclass(frozen=True, slots=True)
class Checked:
    """How far it is known of one history, and why no further."""

    check: Check
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Exports:
    """The counts of an export.

    `there` were in the corpus already, `familiar` brought no new shape (`--update`). `secrets` counts the secrets of
    each history by kind, `checks` the histories written by how they were checked, `unverified` the reasons where they
    were not. `slowed` counts the requests that the server answered with "later". `dropped` are duplicates in files.
    """

    exported: int = 0
    there: int = 0
    familiar: int = 0
    failed: int = 0
    dropped: int = 0
    slowed: int = 0
    bytes: int = 0
    seconds: float = 0.0
    secrets: Counter[str] = field(default_factory=Counter)
    checks: Counter[Check] = field(default_factory=Counter)
    unverified: Counter[str] = field(default_factory=Counter)

    @property
    def seen(self) -> int:
        """The number of runs that were looked at."""
        return self.exported + self.there + self.familiar + self.failed
