"""Digests under chaos: `replaykit chaos examples/versioned`."""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from replaykit import Scenario

from .activities import DigestActivities
from .board import Board
from .models import DigestRequest
from .workflows import VersionedDigest


def activities() -> Sequence[Callable[..., Any]]:
    """The real activities on a board of their own."""
    digests = DigestActivities(Board(Path(".replaykit/chaos/versioned.sqlite3")))
    return [digests.collect_headlines, digests.check_tone, digests.post_digest]


DIGEST = Scenario(
    name="versioned",
    workflow=VersionedDigest,
    # A night of quiet hours takes no time here.
    args=[DigestRequest("the ferry", quiet_seconds=28_800)],
    activities=activities,
)
