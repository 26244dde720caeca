"""Faults that led to the same history, ledger and end are one class: what comes after them is the same, too.

Workflow code is a function of its history, so of such faults one stands for all wherever another fault is added. That
holds as far as the activities' outside world is in the ledger: effects that nobody declares are not seen.
"""

from collections.abc import Hashable, Iterable, Mapping
from typing import Self

from replaykit.model.chaos import FaultPlan, RunResult, Strike
from replaykit.model.chaos_report import Judged
from replaykit.rules.chaos.plans import cost


class Classes:
    """The classes of single faults."""

    def __init__(self, baseline: RunResult) -> None:
        self._unchanged = _class_of(baseline)
        self._members: dict[Hashable, list[Strike]] = {}

    @classmethod
    def of(cls, baseline: RunResult, strikes: Iterable[Strike], judged: Mapping[FaultPlan, Judged]) -> Self:
        """Put single faults into classes; those that were not run belong to none."""
        made = cls(baseline)
        for strike in strikes:
            if (its := judged.get(FaultPlan((strike,)))) is not None:
                made.add(strike, its)
        return made

    def add(self, strike: Strike, judged: Judged) -> None:
        """Put a fault into its class; one that struck nothing belongs to none."""
        if strike not in judged.result.fired:
            return
        found = _class_of(judged.result)
        if found == self._unchanged:
            # A fault that leaves no trace leaves none on another one either.
            return
        self._members.setdefault(found, []).append(strike)

    def representatives(self) -> tuple[Strike, ...]:
        """Return the simplest fault of each class, in the order in which the classes came."""
        return tuple(min(members, key=lambda strike: cost(FaultPlan((strike,)))) for members in self._members.values())


def _class_of(result: RunResult) -> Hashable:
    name = result.workflow_id
    ledger = tuple(
        (effect.name, effect.key.replace(name, ""), effect.idempotency_key.replace(name, ""), effect.committed)
        for effect in result.effects
    )
    return result.end, result.normal, ledger
