"""Requests that change the other side are effects that nobody need declare."""

import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from replaykit.adapters.effects import LedgerOf, append, digest, row_of, watching
from replaykit.adapters.http_bodies import Headers, first
from replaykit.model.cassette import Answer, Interaction, Response

IDEMPOTENCY_KEY = "idempotency-key"
_READS = frozenset({"GET", "HEAD", "OPTIONS"})
_REFUSED = 400


@dataclass(frozen=True, slots=True)
class HttpEffect:
    """A request that is under way, and its row of the ledger."""

    ledger: LedgerOf
    row: Mapping[str, Any]

    def answered(self, answer: Answer) -> None:
        """Note that it was done, unless the other side refused it or nobody knows."""
        if isinstance(answer, Response) and answer.status < _REFUSED:
            append(self.ledger, {**self.row, "row": "commit", "at": time.time()})


def digest_of(request: Interaction) -> str:
    """Digest what a request asks for."""
    said = [(content.encoding, content.data().decode(errors="replace")) for content in request.input or ()]
    return digest([request.name, said])


def effect_in(request: Interaction, headers: Headers) -> HttpEffect | None:
    """Begin the effect of a request; there is none where it only reads, or stands in a declared effect."""
    method, _, url = request.name.partition(" ")
    scope = watching()
    if scope is None or method in _READS:
        return None
    row = row_of(
        scope,
        f"{method} {url.partition('://')[2].partition('?')[0]}",
        idempotency_key=first(headers, IDEMPOTENCY_KEY),
        input_digest=digest_of(request) if request.input else "",
    )
    append(scope.ledger, {**row, "row": "begin", "at": time.time()})
    return HttpEffect(scope.ledger, row)
