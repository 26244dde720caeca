"""How an export treats the histories it takes."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Manner:
    """What becomes of histories on their way into the corpus.

    `update` writes only what brings a new shape. `redact` replaces secrets by pseudonyms. `keep_encrypted` leaves
    payloads as the server holds them. `rps` is the most requests a second, None for the default.
    """

    update: bool = False
    redact: bool = True
    keep_encrypted: bool = False
    rps: float | None = None
