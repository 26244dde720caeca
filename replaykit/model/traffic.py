"""What an export asked of a server."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Traffic:
    """Requests sent, those repeated among them, by why they had to be repeated.

    `slowed`: the server asked to slow down. `unanswered`: it was away, or an answer took too long.
    """

    requests: int = 0
    slowed: int = 0
    unanswered: int = 0
