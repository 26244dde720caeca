"""What a digest does in the world: collect headlines, check their tone, post them."""

import asyncio

from temporalio import activity

from replaykit import effect

from .board import Board
from .models import DigestRequest, Draft, Posting

HEADLINES = (
    "{} is back in town",
    "SHOCKING: what {} does not want you to know",
    "{}: the numbers of the year",
)


class DigestActivities:
    """One board."""

    def __init__(self, board: Board) -> None:
        self._board = board

    @activity.defn
    async def collect_headlines(self, request: DigestRequest) -> Draft:
        """Collect what was written about the topic."""
        return Draft([headline.format(request.topic) for headline in HEADLINES])

    @activity.defn
    async def check_tone(self, draft: Draft) -> Draft:
        """Keep the headlines that do not shout."""
        return Draft([headline for headline in draft.headlines if not headline.startswith("SHOCKING")])

    @activity.defn
    async def post_digest(self, posting: Posting) -> None:
        """Post the digest, once."""
        with effect("post", key=posting.key, idempotency_key=posting.key, input=posting.headlines):
            await asyncio.to_thread(self._board.post, posting.key, posting.headlines)
