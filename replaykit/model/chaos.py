"""Chaos: where a run can be struck, with what, and what one struck run gave."""

from dataclasses import dataclass, field
from enum import StrEnum

from replaykit.model.value import JsonData

# So many characters of an input are enough to tell one plan from another.
_SHOWN = 80


class Place(StrEnum):
    """What kind of edge a boundary is."""

    ACTIVITY = "activity"
    LOCAL_ACTIVITY = "local activity"
    EFFECT = "effect"
    REQUEST = "request"
    TASK = "workflow task"
    RUN = "run"


@dataclass(frozen=True, slots=True, order=True)
class Boundary:
    """An edge of a step at which a run can be struck; it never names an event id or a clock.

    Attributes:
        place: What kind of edge.
        name: The activity's type; for a workflow task the first step that it asks for, as `activity charge #1`.
        nth: The step's occurrence, from 1, as in `StepKey`.
        attempt: The attempt of an activity, from 1.
        part: Which effect or request inside the attempt, from 1; 0 where that says nothing.
        within: Whose step it is: empty for the run itself, else `child workflow Ship #1` or `run 2` of a chain.
    """

    place: Place
    name: str = ""
    nth: int = 1
    attempt: int = 1
    part: int = 0
    within: str = ""

    @property
    def step(self) -> "Boundary":
        """The edge of the same step, whichever attempt and part of it."""
        return Boundary(self.place, self.name, self.nth, within=self.within)

    def __str__(self) -> str:
        inside = f"{self.within}: " if self.within else ""
        if self.place is Place.RUN:
            return f"{inside}the whole run"
        if self.place is Place.TASK:
            return f"{inside}workflow task of {self.name}" if self.name else f"{inside}workflow task {self.nth}"
        kind = Place.ACTIVITY if self.place in {Place.EFFECT, Place.REQUEST} else self.place
        step = f"{kind} {self.name} #{self.nth}"
        again = f", attempt {self.attempt}" if self.attempt > 1 else ""
        part = f"{self.place} {self.part} of " if self.part else ""
        return f"{inside}{part}{step}{again}"


@dataclass(frozen=True, slots=True, order=True)
class Strike:
    """A fault at a boundary, by its stable name; `persistent` strikes every attempt from this one on."""

    at: Boundary
    fault: str
    persistent: bool = False

    def __str__(self) -> str:
        return f"{self.at}: {self.fault}{' every time' if self.persistent else ''}"


@dataclass(frozen=True, slots=True)
class FaultPlan:
    """The strikes of one run, in a fixed order; the empty plan is the baseline.

    `given` is a JSON array of the arguments that the run needs to show something; empty is the scenario's own.
    """

    strikes: tuple[Strike, ...] = ()
    given: str = ""

    def __post_init__(self) -> None:
        object.__setattr__(self, "strikes", tuple(sorted(set(self.strikes))))

    def __str__(self) -> str:
        struck = "; ".join(map(str, self.strikes)) or "no fault"
        if not self.given:
            return struck
        shown = self.given if len(self.given) <= _SHOWN else f"{self.given[: _SHOWN - 1]}…"
        return f"{struck}; input {shown}"

    def __or__(self, other: "FaultPlan") -> "FaultPlan":
        return FaultPlan((*self.strikes, *other.strikes), self.given or other.given)


class Trait(StrEnum):
    """What is true of a boundary and decides which faults can happen there."""

    HEARTBEATS = "heartbeats"
    CLOSES = "closes the run"
    CONTINUES = "continues as new"
    RETURNS = "returns a value"
    OUTLIVES = "is at work until its run has ended"
    UNTRUSTED = "its answers are not trusted"
    RETURNS_OBJECT = "returns an object"
    MODEL = "asks a language model"
    SAYS = "a model's reply answers it"
    SAYS_JSON = "the reply is JSON"
    CALLS_TOOLS = "the reply calls tools"
    STREAMS = "the reply is a stream"
    FIRST = "is the first of its attempt"
    LOCAL = "runs local activities"
    EAGER = "starts activities eagerly"
    RETRIED = "is retried"
    CHILD = "belongs to a child workflow"
    UPDATES = "the scenario sends updates"


@dataclass(frozen=True, slots=True)
class Sighting:
    """A boundary that a run passed, and what is true of it."""

    boundary: Boundary
    traits: frozenset[Trait] = frozenset()


@dataclass(frozen=True, slots=True)
class Effect:
    """One row of the ledger: a side effect began or was committed.

    Attributes:
        name: What is done, such as `charge`.
        key: What it is done to: one commit a key is allowed.
        idempotency_key: The key by which the other side tells a repetition; empty where it does not.
        input: A digest of what it is done with.
        undo: The name of the effect that takes it back; empty where nothing does.
        committed: Whether it is done, not only begun.
        step: The step that did it, such as `activity charge #1`.
        attempt: The attempt that did it.
        workflow_id: The workflow that did it.
        at: Seconds since 1970.
    """

    name: str
    key: str
    idempotency_key: str
    input: str
    undo: str
    committed: bool
    step: str
    attempt: int
    workflow_id: str
    at: float


class End(StrEnum):
    """How a run stands when nobody waits for it any more."""

    COMPLETED = "completed"
    FAILED = "failed"
    CANCELLED = "cancelled"
    TERMINATED = "terminated"
    TIMED_OUT = "timed out"
    CONTINUED_AS_NEW = "continued as new"
    WEDGED = "wedged"
    HUNG = "hung"


@dataclass(frozen=True, slots=True)
class Moment:
    """A line of a run's timeline: seconds since its start, what happened, and whether it is the strike itself."""

    at: float
    what: str
    struck: bool = False


@dataclass(frozen=True, slots=True)
class Spend:
    """What a run spent on language models; `dollars` is None where a price is not known."""

    calls: int = 0
    tokens: int = 0
    dollars: float | None = 0.0


@dataclass(frozen=True, slots=True)
class RunResult:
    """What one run of a scenario under a plan gave.

    Attributes:
        plan: What was to strike.
        workflow_id: The run's workflow id.
        end: How it stands.
        result: The decoded result, where it completed.
        failure: The failure's text, or the workflow task's failure where it is wedged.
        failure_types: The types of the failure and its causes, outermost first.
        fired: The strikes that struck.
        sightings: The boundaries that it passed, in this order, each once.
        effects: The rows of the ledger.
        normal: The normalised history of the whole family: equal for runs that did the same. Of a simulated run, what
            its workflows were told.
        orphans: Children still running when their parent had ended.
        unfinished: Handlers of signals and updates that had not ended when the run did.
        unhandled: Signals accepted by the server that no code ever saw.
        assumed: Activities of which no answer is known, and that were taken to return nothing.
        repeated: Activities that were asked once more what the recorded run had asked, and answered the same.
        misses: What the cassette does not hold: the run went where no answer is known.
        spend: What was spent on language models.
        timeline: What happened when.
        seconds: How long it took.
        spurious: What happened beside the plan because the machine was slow.
        began: When it was started, in seconds since 1970; 0 where that is not known.
        replays: How often a worker replayed it from its history.
    """

    plan: FaultPlan
    workflow_id: str
    end: End
    result: JsonData = None
    failure: str = ""
    failure_types: tuple[str, ...] = ()
    fired: frozenset[Strike] = frozenset()
    sightings: tuple[Sighting, ...] = ()
    effects: tuple[Effect, ...] = ()
    normal: tuple[str, ...] = ()
    orphans: tuple[str, ...] = ()
    unfinished: tuple[str, ...] = ()
    unhandled: tuple[str, ...] = ()
    assumed: tuple[str, ...] = ()
    repeated: tuple[str, ...] = ()
    misses: tuple[str, ...] = ()
    spend: Spend = field(default_factory=Spend)
    timeline: tuple[Moment, ...] = ()
    seconds: float = 0.0
    spurious: tuple[str, ...] = ()
    began: float = 0.0
    replays: int = 0

    @property
    def committed(self) -> tuple[Effect, ...]:
        """The effects that were done."""
        return tuple(effect for effect in self.effects if effect.committed)
