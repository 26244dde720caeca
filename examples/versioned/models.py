"""The values that pass between a digest's workflow and its activities."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class DigestRequest:
    """A digest of the headlines about a topic, posted when the quiet hours are over."""

    topic: str
    quiet_seconds: float = 0.5


@dataclass(frozen=True, slots=True)
class Draft:
    """The headlines that were found."""

    headlines: list[str]


@dataclass(frozen=True, slots=True)
class Posting:
    """Put a digest on the board, once per key."""

    key: str
    headlines: list[str]
