"""Findings are gathered: what many plans show alike is one finding, with the simplest plan that shows it."""

import re
from collections.abc import Iterable

from replaykit.model.chaos_report import PROVES_NOTHING, ChaosFinding, Violation
from replaykit.rules.chaos.plans import cost

# Of these the step that was struck is the finding; of all others what they name is.
BY_PLACE = frozenset({Violation.WEDGED, Violation.HUNG, Violation.DIVERGED, Violation.NOT_FIRED, Violation.UNVERIFIED})
_NUMBER = re.compile(r"\d+")
_GRAVITY = {violation: place for place, violation in enumerate(Violation)}


def key_of(finding: ChaosFinding) -> tuple[str, ...]:
    """Tell which findings are one: the violation, and what it is of, numbers aside."""
    if finding.violation in BY_PLACE:
        steps = sorted({f"{s.at.within} {s.at.place} {s.at.name}" for s in finding.result.plan.strikes})
        return finding.violation, *steps
    return finding.violation, _NUMBER.sub("#", finding.what)


def gather(findings: Iterable[ChaosFinding]) -> tuple[ChaosFinding, ...]:
    """Return one finding of each kind, with its simplest plan; the gravest first, what proves nothing last."""
    best: dict[tuple[str, ...], ChaosFinding] = {}
    for finding in findings:
        key = key_of(finding)
        if key not in best or cost(finding.result.plan) < cost(best[key].result.plan):
            best[key] = finding
    return tuple(
        sorted(
            (finding for finding in best.values() if not _shown_by_less(finding, best.values())),
            key=lambda f: (f.violation in PROVES_NOTHING, _GRAVITY[f.violation], cost(f.result.plan)),
        )
    )


def others_of(finding: ChaosFinding, findings: Iterable[ChaosFinding]) -> tuple[ChaosFinding, ...]:
    """Return the same finding as other plans show it, the simplest first."""
    key, plan = key_of(finding), finding.result.plan
    same = (other for other in findings if other.result.plan != plan and key_of(other) == key)
    return tuple(sorted(same, key=lambda other: cost(other.result.plan)))


def _shown_by_less(finding: ChaosFinding, others: Iterable[ChaosFinding]) -> bool:
    """Say whether a part of the plan shows it already: what else is struck on the way out of it is no news."""
    strikes = set(finding.result.plan.strikes)
    return finding.violation in BY_PLACE and any(
        other.violation is finding.violation and set(other.result.plan.strikes) < strikes for other in others
    )
