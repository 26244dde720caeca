"""A shadow: what is asked of it, what goes between its workflow and its workers, and what comes of it.

All of it travels as JSON through Temporal, so it is small: of a history its run, its verdict and the key of its cause.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field

TASK_QUEUE = "replaykit-shadow"
WORKFLOW = "replaykit.Shadow"
LIST_RUNS = "replaykit.list_runs"
JUDGE_SHARD = "replaykit.judge_shard"
PROGRESS = "progress"
STOP = "stop"

SKIPPED = "skipped"
VERDICTS = ("clean", "drifted", "diverged", "inconclusive", SKIPPED)
# Causes that a report tells of one by one, each with the text of an example; further ones are counted alone.
MOST_CAUSES = 20
LONGEST_TEXT = 4000
# Ids of runs that were open when they were listed: one that closes before the scan is over is listed once more.
MOST_OPEN = 10_000


@dataclass(frozen=True, slots=True)
class Asked:
    """What a person wants judged, and when it is enough.

    `limit` counts histories, `seconds` is for how long; None is without end. `shard_size` histories go to a worker
    together, `at_once` shards are under way together. A worker that is silent for `lost_after` seconds is lost. After
    `shards_a_run` shards the workflow continues as new.
    """

    query: str = ""
    sample: float = 1.0
    limit: int | None = None
    seconds: float | None = None
    until_divergence: bool = False
    shard_size: int = 20
    at_once: int = 16
    lost_after: float = 10.0
    shards_a_run: int = 500
    page: int = 500


@dataclass(frozen=True, slots=True)
class Listed:
    """A run that visibility has listed and the sample holds; the namespace is that of the shadow."""

    workflow_id: str
    run_id: str
    closed: float | None = None


@dataclass(frozen=True, slots=True)
class Listing:
    """A page of runs to be listed: those that `query` finds and that began by `before`, behind `token`."""

    query: str
    before: float
    sample: float
    page: int
    token: str = ""


@dataclass(frozen=True, slots=True)
class Page:
    """The runs of a page that the sample holds, out of `seen`; no token where it was the last."""

    runs: tuple[Listed, ...]
    seen: int
    token: str = ""


@dataclass(frozen=True, slots=True)
class Shard:
    """The runs that one worker judges in one go."""

    runs: tuple[Listed, ...]


@dataclass(frozen=True, slots=True)
class Judged:
    """The verdict on one run. `cause` gathers verdicts of one cause, and says why a run was skipped."""

    run_id: str
    verdict: str
    seconds: float = 0.0
    replayed: bool = False
    cause: str = ""
    still_open: bool = False


@dataclass(frozen=True, slots=True)
class Example:
    """A finding as a person reads it; `path` is the file that it can be reproduced with, empty where there is none."""

    cause: str
    verdict: str
    headline: str
    text: str
    path: str = ""


@dataclass(frozen=True, slots=True)
class Verdicts:
    """What a shard has come to so far: a verdict a run, and an example of each cause."""

    judged: tuple[Judged, ...] = ()
    examples: tuple[Example, ...] = ()
    attempts: int = 1


@dataclass(frozen=True, slots=True)
class Cause:
    """An example, and how many histories have its cause, and how many of them were open."""

    example: Example
    count: int
    still_open: int


@dataclass(frozen=True, slots=True)
class Tally:
    """What has been counted: each run once, when its shard came back.

    `listed` are the runs that visibility has, `sampled` those of the sample, `left` those that a stop left without a
    verdict. `replayed` had something that could be compared. `retried` are shards whose worker was lost or failed.
    """

    listed: int = 0
    sampled: int = 0
    clean: int = 0
    drifted: int = 0
    diverged: int = 0
    inconclusive: int = 0
    skipped: int = 0
    left: int = 0
    replayed: int = 0
    shards: int = 0
    retried: int = 0
    skips: Mapping[str, int] = field(default_factory=dict)

    @property
    def total(self) -> int:
        """The number of histories that have a verdict, the skipped ones left out."""
        return self.clean + self.drifted + self.diverged + self.inconclusive


@dataclass(frozen=True, slots=True)
class State:
    """All that a shadow takes along when it continues as new.

    `started` is in seconds since the epoch. `backlog` are runs listed and not yet in a shard, a page at most. `opened`
    are the run ids of those that were open when they were listed, MOST_OPEN at most. `unnamed` counts the histories
    of causes beyond MOST_CAUSES.
    """

    asked: Asked
    started: float = 0.0
    token: str = ""
    exhausted: bool = False
    limited: bool = False
    backlog: tuple[Listed, ...] = ()
    opened: tuple[str, ...] = ()
    tally: Tally = Tally()
    causes: tuple[Cause, ...] = ()
    unnamed: int = 0
    stopped: str = ""


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a shadow is."""

    tally: Tally
    under_way: int
    stopped: str


@dataclass(frozen=True, slots=True)
class Report:
    """What a shadow came to, and what ended it."""

    asked: Asked
    tally: Tally
    causes: tuple[Cause, ...]
    unnamed: int
    ended: str
    seconds: float
