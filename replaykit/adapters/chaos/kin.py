"""Who is who in the family of a run: its runs and children, and which steps their activities' ids stand for."""

import threading
from collections import Counter


class Kin:
    """The family of one run, as its members show up; safe to use from several threads."""

    def __init__(self, workflow_id: str) -> None:
        """Begin with the run itself."""
        self._within: dict[str, str] = {workflow_id: ""}
        self._runs: dict[str, list[str]] = {}
        self._children: Counter[tuple[str, str]] = Counter()
        self._keys: dict[tuple[str, str], tuple[str, int]] = {}
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
                self._children[within, name] += 1
                inside = f"{within}, " if within else ""
                self._within[workflow_id] = f"{inside}child workflow {name} #{self._children[within, name]}"

    @property
    def has_children(self) -> bool:
        """Whether a child was asked for: while one is open, the clock of its parent does not skip."""
        with self._lock:
            return len(self._within) > 1

    @property
    def runs(self) -> tuple[tuple[str, str], ...]:
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
