"""Which runs of a namespace a person asked for."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Selection:
    """Runs chosen by what visibility says of them.

    `query` is in the server's own syntax, empty for all runs. `since` is in seconds since the epoch: runs still open,
    or closed since then. `sample` is the share of runs to keep, by a hash of the run id. `stratify` spreads `limit`
    over kinds of runs instead of taking the first that the server lists.
    """

    query: str = ""
    since: float | None = None
    open_only: bool = False
    sample: float = 1.0
    limit: int | None = None
    stratify: bool = False
