"""One workflow run as a server's visibility lists it, before its history is fetched."""

from dataclasses import dataclass

from replaykit.model.history import Identity, RunStatus


@dataclass(frozen=True, slots=True)
class Run:
    """A run that could be exported.

    `started` and `closed` are seconds since the epoch, `closed` None while the run is open. `patches` are the ids of
    its `TemporalChangeVersion`, sorted. `build_id` is empty where the run's workers are not versioned. `length` is the
    number of events, 0 where the server does not tell (it counts them when a run closes). `behavior` is the versioning
    behaviour in force (`Pinned`, `AutoUpgrade`), overrides included, empty without versioning.
    """

    identity: Identity
    status: RunStatus
    started: float
    closed: float | None = None
    patches: tuple[str, ...] = ()
    build_id: str = ""
    length: int = 0
    behavior: str = ""
