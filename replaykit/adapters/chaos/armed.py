"""One run under a plan: which strikes are still to come, and what the run passed; safe to use from several threads."""

import asyncio
import threading
import time
from collections import defaultdict
from collections.abc import Callable, Collection, Iterable
from typing import TYPE_CHECKING

from replaykit.adapters.chaos.attempts import Attempts
from replaykit.adapters.chaos.kin import Kin
from replaykit.model.chaos import Boundary, FaultPlan, Moment, Place, Sighting, Spend, Strike, Trait
from replaykit.rules.usage import Bill

if TYPE_CHECKING:
    from replaykit.adapters.chaos.held import Answers, Hold, Outage
    from replaykit.adapters.http_tape import HttpTape

# How many attempts a persistent fault strikes: without a limit of the activity's own it would never end.
PERSISTENCE = 5
# How many requests of one attempt it strikes.
MOST_REQUESTS = 100


class Armed:
    """A run and its family under one plan."""

    def __init__(
        self, plan: FaultPlan, workflow_id: str, *, untrusted: Collection[str] = (), updates: bool = False
    ) -> None:
        self.plan = plan
        self.updates = updates
        self._untrusted = frozenset(untrusted)
        self.workflow_id = workflow_id
        self.kin = Kin(workflow_id)
        self.attempts = Attempts(plan)
        self.began = time.monotonic()
        self.fired: set[Strike] = set()
        self.moments: list[Moment] = []
        self.answers: Answers | None = None
        self.requests: HttpTape | None = None
        self.task_failure = ""
        self.failed_tasks = 0
        self.unfinished: dict[str, None] = {}
        self.replays = 0
        self.assumed: dict[str, None] = {}
        self.spend = Spend()
        self.closed = False
        self.hold: Hold | None = None
        # What the wire knows: updates begun, completions of workflow tasks that came, and the steps they ask for.
        self.told = 0
        # In a process that is to be killed: tells who kills it that a run stands where it is to die.
        self.parks: Callable[[Strike], None] | None = None
        self.dying: set[str] = set()
        self.outage: Outage | None = None
        # What another process found missing in the cassette, and what it answered once more.
        self.missed_there: tuple[str, ...] = ()
        self.repeated_there: tuple[str, ...] = ()
        self.task_came = asyncio.Event()
        # Whether a run of the family, by its id, was told of a cancel; looked at in the event loop only.
        self.cancel_heard: defaultdict[str, asyncio.Event] = defaultdict(asyncio.Event)
        self._asked: dict[str, list[Boundary]] = {}
        self._sightings: dict[Boundary, set[Trait]] = {}
        self._struck: dict[Strike, dict[tuple[int, int], set[int]]] = {}
        self._lock = threading.RLock()

    @property
    def missed(self) -> tuple[str, ...]:
        """What the cassette does not hold and the run asked for."""
        said = () if self.answers is None else (each.problem.what for each in self.answers.player.problems)
        return (*self.missed_there, *said)

    @property
    def repeated(self) -> tuple[str, ...]:
        """What the run asked more often than the recorded one, and was answered as before."""
        said = () if self.answers is None else self.answers.player.played_again
        return tuple(dict.fromkeys((*self.repeated_there, *said)))

    def passes(self, boundary: Boundary, *traits: Trait) -> None:
        """Note that the run passes a boundary."""
        with self._lock:
            self._sightings.setdefault(boundary, set()).update(traits)

    @property
    def sightings(self) -> tuple[Sighting, ...]:
        """The boundaries that the run has passed, in this order."""
        with self._lock:
            return tuple(Sighting(boundary, frozenset(traits)) for boundary, traits in self._sightings.items())

    # Strikes.

    def take(self, boundary: Boundary, *faults: str) -> Strike | None:
        """Take the strike that is due at a boundary, one of these faults, and note that it fires."""
        with self._lock:
            for strike in self.plan.strikes:
                if strike.fault.partition("(")[0] in faults and self._is_due(strike, boundary):
                    self.fires(strike)
                    return strike
        return None

    def due(self, boundary: Boundary, *faults: str) -> Strike | None:
        """Return the strike that is due at a boundary without noting that it fires."""
        with self._lock:
            for strike in self.plan.strikes:
                if strike.fault.partition("(")[0] in faults and self._is_due(strike, boundary):
                    return strike
        return None

    def fires(self, strike: Strike) -> None:
        """Note that a strike struck."""
        with self._lock:
            self.fired.add(strike)
            self.moments.append(Moment(time.monotonic() - self.began, str(strike), struck=True))

    def _is_due(self, strike: Strike, boundary: Boundary) -> bool:
        if strike.persistent:
            at = strike.at
            if at.place is Place.REQUEST:
                return self._is_struck_still(strike, boundary)
            return at.step == boundary.step and at.attempt <= boundary.attempt < at.attempt + PERSISTENCE
        return strike.at == boundary and strike not in self.fired

    def _is_struck_still(self, strike: Strike, boundary: Boundary) -> bool:
        """Say whether a provider's persistent fault strikes here: every request of its kind from that one on."""
        at = strike.at
        if (at.name, at.within) != (boundary.name, boundary.within):
            return False
        if (boundary.nth, boundary.attempt, boundary.part) < (at.nth, at.attempt, at.part):
            return False
        struck = self._struck.setdefault(strike, {})
        attempt = (boundary.nth, boundary.attempt)
        if attempt not in struck and len(struck) >= PERSISTENCE:
            return False
        # An activity that asks again for ever must end some time: afterwards what it spent tells.
        parts = struck.setdefault(attempt, set())
        if boundary.part not in parts and len(parts) >= MOST_REQUESTS:
            return False
        parts.add(boundary.part)
        return True

    def spends(self, bill: Bill) -> None:
        """Add what a provider bills; dollars are known as long as all prices are."""
        with self._lock:
            spent = self.spend
            known = spent.dollars is not None and not bill.unpriced
            self.spend = Spend(
                spent.calls + bill.answers,
                spent.tokens + bill.tokens,
                (spent.dollars or 0.0) + float(bill.dollars) if known else None,
            )

    def asks(self, run_id: str, boundary: Boundary) -> None:
        """Note a boundary whose workflow task's completion is about to be sent."""
        with self._lock:
            self._asked.setdefault(run_id, []).append(boundary)

    def asked(self, run_id: str) -> tuple[Boundary, ...]:
        """Return the boundaries that a run's completion stands for: several with local activities in it."""
        with self._lock:
            return tuple(self._asked.pop(run_id, ()))

    def task_fails(self, text: str) -> None:
        """Note that a workflow task failed by itself."""
        with self._lock:
            self.failed_tasks += 1
            self.task_failure = text
            self.moments.append(Moment(time.monotonic() - self.began, f"a workflow task fails: {text[:200]}"))

    def task_succeeds(self) -> None:
        """Note that a workflow task went well: what failed before it was no wedge."""
        with self._lock:
            self.failed_tasks = 0

    def leaves_unfinished(self, handlers: Iterable[str]) -> None:
        """Note handlers that had not ended when the run did."""
        with self._lock:
            self.unfinished.update(dict.fromkeys(handlers))

    def distrusts(self, activity_type: str) -> bool:
        """Say whether an activity's results may be malformed."""
        return bool(self._untrusted & {activity_type, "*"})

    def happens(self, what: str) -> None:
        """Note a line of the timeline."""
        with self._lock:
            self.moments.append(Moment(time.monotonic() - self.began, what))
