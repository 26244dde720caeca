"""Which findings of different plans say the same, so that the simplest of the plans may stand for all."""

import re
from collections.abc import Iterable

from replaykit.model.chaos_report import ChaosFinding

_NUMBER = re.compile(r"\d+")


def same_finding(finding: ChaosFinding, among: Iterable[ChaosFinding]) -> ChaosFinding | None:
    """Return the finding that says the same, numbers and plans aside."""
    return next((other for other in among if said_by(other) == said_by(finding)), None)


def said_by(finding: ChaosFinding) -> tuple[str, str]:
    """Return what a finding says, numbers aside: the plan is no part of it, for a smaller one is looked for."""
    return finding.violation.value, _NUMBER.sub("#", finding.what)
