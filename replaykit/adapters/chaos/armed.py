"""One run under a plan: which strikes are still to come, and what the run passed; safe to use from several threads."""

import asyncio
import threading
import time
from collections import Counter, defaultdict
from collections.abc import Callable, Collection, Iterable
from typing import TYPE_CHECKING

from replaykit.model.chaos import Boundary, FaultPlan, Moment, Place, Sighting, Spend, Strike, Trait
from replaykit.rules.chaos.catalogue import kind_of
from replaykit.rules.chaos.kinds import Fidelity
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
        self._bad: Counter[tuple[str, str]] = Counter()
        self.spend = Spend()
        self.running = 0
        self.closed = False
        self.hold: Hold | None = None
        # What the wire knows: updates begun, completions of workflow tasks that came, and the steps they ask for.
        self.told = 0
        # In a process that is to be killed: tells who kills it that a run stands where it is to die.
        self.parks: Callable[[Strike], None] | None = None
        self.dying: set[str] = set()
        self.outage: Outage | None = None
        # What another process found missing in the cassette.
        self.missed_there: tuple[str, ...] = ()
        self.task_came = asyncio.Event()
        # Whether a run of the family, by its id, was told of a cancel; looked at in the event loop only.
        self.cancel_heard: defaultdict[str, asyncio.Event] = defaultdict(asyncio.Event)
        self.late: dict[str, None] = {}
        self._asked: dict[str, list[Boundary]] = {}
        self._sightings: dict[Boundary, set[Trait]] = {}
        self._keys: dict[tuple[str, str], tuple[str, int]] = {}
        self._counts: Counter[tuple[str, str, str]] = Counter()
        self._within: dict[str, str] = {workflow_id: ""}
        self._runs: dict[str, list[str]] = {}
        self._started: dict[tuple[Place, str, int, str], int] = {}
        self._acted: dict[tuple[Place, str, int, str], int] = {}
        self._struck: dict[Strike, dict[tuple[int, int], set[int]]] = {}
        self._collapsed: set[tuple[str, str]] = set()
        self._lock = threading.RLock()

    def begins(self, workflow_id: str, run_id: str) -> str:
        """Note a run of the family; returns how its steps are named."""
        with self._lock:
            runs = self._runs.setdefault(workflow_id, [])
            if run_id not in runs:
                runs.append(run_id)
            return self.within(workflow_id, run_id)

    def within(self, workflow_id: str, run_id: str) -> str:
        """Name whose step it is: empty for the first run itself."""
        with self._lock:
            child = self._within.get(workflow_id, f"child workflow {workflow_id}")
            runs = self._runs.get(workflow_id, [run_id])
            number = runs.index(run_id) + 1 if run_id in runs else 1
            again = f"run {number}" if number > 1 else ""
            return ", ".join(part for part in (child, again) if part)

    def child(self, workflow_id: str, name: str, within: str) -> None:
        """Note a child that a run asks for."""
        with self._lock:
            if workflow_id not in self._within:
                self._counts["child", within, name] += 1
                number = self._counts["child", within, name]
                inside = f"{within}, " if within else ""
                self._within[workflow_id] = f"{inside}child workflow {name} #{number}"

    @property
    def missed(self) -> tuple[str, ...]:
        """What the cassette does not hold and the run asked for."""
        said = () if self.answers is None else (each.problem.what for each in self.answers.player.problems)
        return (*self.missed_there, *said)

    @property
    def has_children(self) -> bool:
        """Whether a child was asked for: while one is open, the clock of its parent does not skip."""
        with self._lock:
            return len(self._within) > 1

    @property
    def family(self) -> tuple[tuple[str, str], ...]:
        """Every run of the family that was seen: workflow id and run id."""
        with self._lock:
            return tuple((workflow_id, run_id) for workflow_id, runs in self._runs.items() for run_id in runs)

    def scheduled(self, run_id: str, activity_id: str, name: str, nth: int) -> None:
        """Note which step an activity's id stands for."""
        with self._lock:
            self._keys[run_id, activity_id] = (name, nth)

    def nth(self, run_id: str, activity_id: str) -> int:
        """Return the occurrence of an activity's step."""
        with self._lock:
            return self._keys.get((run_id, activity_id), ("", 1))[1]

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
            return _step(at) == _step(boundary) and at.attempt <= boundary.attempt < at.attempt + PERSISTENCE
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

    def too_late(self, what: str) -> None:
        """Note what happened beside the plan because the machine was slow."""
        with self._lock:
            self.late[what] = None

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

    def ends_badly(self, run_id: str, activity_id: str) -> None:
        """Note that an attempt failed or was lost, as its activity's code or the plan would have it."""
        with self._lock:
            self._bad[run_id, activity_id] += 1

    def ended_badly(self, run_id: str, activity_id: str) -> int:
        """Return how many attempts of an activity failed or were lost."""
        with self._lock:
            return self._bad[run_id, activity_id]

    def starts(self, boundary: Boundary) -> None:
        """Note that an attempt starts; out of turn it says that the machine was slow, and nothing of the plan.

        An attempt whose timeout was brought on, and that starts late, is timed out by the server once more.
        """
        with self._lock:
            self.running += 1
            step = _step(boundary)
            last = self._started.get(step, 0)
            self._started[step] = max(last, boundary.attempt)
            if boundary.attempt > last + 1 and not self._burns_attempts():
                self.late[f"{boundary} came without the one before it"] = None
            elif boundary.attempt <= last and boundary.place is Place.ACTIVITY and not self._burns_attempts():
                self.late[f"{boundary} came after the one that follows it"] = None

    def _burns_attempts(self) -> bool:
        """Say whether the plan itself makes attempts that never run, or run twice."""
        return any(kind_of(strike.fault).fidelity is not Fidelity.IN_PROCESS for strike in self.plan.strikes)

    def acts(self, boundary: Boundary) -> None:
        """Note that an attempt has done its work."""
        with self._lock:
            self._acted[_step(boundary)] = max(boundary.attempt, self._acted.get(_step(boundary), 0))

    def has_acted(self, boundary: Boundary) -> bool:
        """Say whether a later attempt than this one has done its work."""
        with self._lock:
            return self._acted.get(_step(boundary), 0) > boundary.attempt

    def is_followed(self, boundary: Boundary) -> bool:
        """Say whether a later attempt than this one has started."""
        with self._lock:
            return self._started.get(_step(boundary), 0) > boundary.attempt

    def happens(self, what: str) -> None:
        """Note a line of the timeline."""
        with self._lock:
            self.moments.append(Moment(time.monotonic() - self.began, what))

    def collapses(self, run_id: str, activity_id: str) -> None:
        """Note that an activity's timeouts were shortened on the server."""
        with self._lock:
            self._collapsed.add((run_id, activity_id))

    def is_collapsed(self, run_id: str, activity_id: str) -> bool:
        """Say whether an activity's timeouts are shortened, and from now on they are not."""
        with self._lock:
            found = (run_id, activity_id) in self._collapsed
            self._collapsed.discard((run_id, activity_id))
            return found


def _step(boundary: Boundary) -> tuple[Place, str, int, str]:
    return boundary.place, boundary.name, boundary.nth, boundary.within
