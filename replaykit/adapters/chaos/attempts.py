"""The attempts of a run's activities: which have started, which did their work, and which were lost."""

import threading
from collections import Counter

from replaykit.model.chaos import Boundary, FaultPlan, Place
from replaykit.rules.chaos.catalogue import kind_of
from replaykit.rules.chaos.kinds import Fidelity


class Attempts:
    """The attempts under one plan; safe to use from several threads.

    `running` counts those that are at work; `late` are the things that happened beside the plan because the machine was
    slow.
    """

    def __init__(self, plan: FaultPlan) -> None:
        """Begin without any."""
        self.running = 0
        self.late: dict[str, None] = {}
        # A plan may itself make attempts that never run, or run twice.
        self._burnt = any(kind_of(strike.fault).fidelity is not Fidelity.IN_PROCESS for strike in plan.strikes)
        self._started: dict[Boundary, int] = {}
        self._acted: dict[Boundary, int] = {}
        self._bad: Counter[tuple[str, str]] = Counter()
        self._collapsed: set[tuple[str, str]] = set()
        self._staying: set[tuple[str, str]] = set()
        self._lock = threading.RLock()

    def starts(self, boundary: Boundary) -> None:
        """Note that an attempt starts; out of turn it says that the machine was slow, and nothing of the plan.

        An attempt whose timeout was brought on, and that starts late, is timed out by the server once more.
        """
        with self._lock:
            self.running += 1
            last = self._started.get(boundary.step, 0)
            self._started[boundary.step] = max(last, boundary.attempt)
            if boundary.attempt > last + 1 and not self._burnt:
                self.late[f"{boundary} came without the one before it"] = None
            elif boundary.attempt <= last and boundary.place is Place.ACTIVITY and not self._burnt:
                self.late[f"{boundary} came after the one that follows it"] = None

    def is_followed(self, boundary: Boundary) -> bool:
        """Say whether a later attempt than this one has started."""
        with self._lock:
            return self._started.get(boundary.step, 0) > boundary.attempt

    def acts(self, boundary: Boundary) -> None:
        """Note that an attempt has done its work."""
        with self._lock:
            self._acted[boundary.step] = max(boundary.attempt, self._acted.get(boundary.step, 0))

    def has_acted(self, boundary: Boundary) -> bool:
        """Say whether a later attempt than this one has done its work."""
        with self._lock:
            return self._acted.get(boundary.step, 0) > boundary.attempt

    def ends_badly(self, run_id: str, activity_id: str) -> None:
        """Note that an attempt failed or was lost, as its activity's code or the plan would have it."""
        with self._lock:
            self._bad[run_id, activity_id] += 1

    def ended_badly(self, run_id: str, activity_id: str) -> int:
        """Return how many attempts of an activity failed or were lost."""
        with self._lock:
            return self._bad[run_id, activity_id]

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

    def stays(self, run_id: str, activity_id: str) -> None:
        """Note an activity that works until its run has ended or gives it up."""
        with self._lock:
            self._staying.add((run_id, activity_id))

    def staying(self, run_id: str) -> frozenset[str]:
        """Return the ids of a run's activities that work until its end."""
        with self._lock:
            return frozenset(activity_id for its, activity_id in self._staying if its == run_id)

    def too_late(self, what: str) -> None:
        """Note what happened beside the plan because the machine was slow."""
        with self._lock:
            self.late[what] = None
