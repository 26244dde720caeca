"""What a fault is: where it can strike, how far it is the real thing, and what it entitles a run to."""

from dataclasses import dataclass, replace
from enum import StrEnum

from replaykit.model.chaos import Boundary, Place, Sighting, Trait


class Group(StrEnum):
    """Faults that are chosen together: `--faults crash,llm`."""

    ERROR = "error"
    CRASH = "crash"
    TIMEOUT = "timeout"
    CANCEL = "cancel"
    SIGNAL = "signal"
    UPDATE = "update"
    QUERY = "query"
    TASK = "task"
    ANSWER = "answer"
    LLM = "llm"
    WIRE = "wire"
    KILL = "kill"
    SERVER = "server"


class Fidelity(StrEnum):
    """How a fault is injected, and so how far it is the real thing."""

    IN_PROCESS = "in process"
    PROXY = "gRPC proxy"
    KILL = "SIGKILL"
    HTTP = "HTTP transport"


class Entitles(StrEnum):
    """What a run may make of a fault, beside ending as the baseline did."""

    NOTHING = "nothing"
    FAIL = "fail cleanly"
    CANCEL = "be cancelled cleanly"


@dataclass(frozen=True, slots=True)
class FaultKind:
    """A fault by its stable name.

    Attributes:
        name: The name.
        rows: The rows of the table in docs/reference/faults.md.
        group: What it is chosen with.
        places: Where it can strike.
        fidelity: How it is injected.
        summary: What happens, in one sentence.
        entitles: What a run may make of it.
        needs: What must be true of the boundary.
        unless: What must not be true of it.
        persists: Whether it can strike every attempt from one on.
    """

    name: str
    rows: str
    group: Group
    places: frozenset[Place]
    fidelity: Fidelity
    summary: str
    entitles: Entitles = Entitles.NOTHING
    needs: frozenset[Trait] = frozenset()
    unless: frozenset[Trait] = frozenset()
    persists: bool = False

    def strikes_at(self, sighting: Sighting) -> bool:
        """Say whether the fault can happen there."""
        return (
            sighting.boundary.place in self.places
            and self.needs <= sighting.traits
            and not self.unless & sighting.traits
        )


def of_what_ends(kind: FaultKind) -> FaultKind:
    """Keep what comes after an activity's work from one that works until its run has ended."""
    after = kind.name.endswith("_after") or kind.name.startswith("completion_")
    if after or kind.name in {"zombie", "cancel_with_result"}:
        return replace(kind, unless=kind.unless | {Trait.OUTLIVES})
    return kind


def whole_run(within: str = "", *, updates: bool = False) -> Sighting:
    """Return the boundary that every run passes; `updates` says whether the scenario sends any."""
    return Sighting(Boundary(Place.RUN, within=within), frozenset({Trait.UPDATES} if updates else ()))
