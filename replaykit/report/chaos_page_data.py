"""The runs of a sweep as the data of its page: each text once, and timelines only where they say something."""

from dataclasses import dataclass, field
from typing import Any

from replaykit.model.chaos import FaultPlan
from replaykit.model.chaos_report import PROVES_NOTHING, ChaosReport, Judged
from replaykit.report.chaos_timeline import Mark, as_baseline, ended, timeline_of
from replaykit.report.printable import plain

# A run that wedges or retries for long repeats itself; two thousand runs must stay below a few MB.
MOST_LINES = 120
WORDS = {"found": "did not hold", "held": "held", "unproven": "not proven", "unreachable": "cannot happen"}
_MARKS = {mark: number for number, mark in enumerate(Mark)}


def outcome_of(judged: Judged) -> str:
    """Name what came of a run in one word."""
    if judged.unreachable:
        return "unreachable"
    if not judged.findings:
        return "held"
    return "unproven" if all(each.violation in PROVES_NOTHING for each in judged.findings) else "found"


@dataclass(slots=True)
class PageData:
    """Runs by number, the baseline first, and the texts that they point to."""

    texts: dict[str, int] = field(default_factory=dict)
    runs: list[dict[str, Any]] = field(default_factory=list)
    numbers: dict[FaultPlan, int] = field(default_factory=dict)

    @classmethod
    def of(cls, report: ChaosReport) -> "PageData":
        """Lay out a sweep, and the smallest plans of its findings."""
        data = cls()
        data._add(Judged(report.baseline, None), timed=True)
        for judged in report.judged:
            data._add(judged, timed=bool(judged.findings) or not as_baseline(judged.result, report.baseline))
        for finding in report.findings:
            if finding.result.plan not in data.numbers:
                data._add(Judged(finding.result, None, (finding,)), timed=True)
        return data

    def number_of(self, plan: FaultPlan) -> int:
        """Return the number of a plan's run."""
        return self.numbers[plan]

    def document(self) -> dict[str, Any]:
        """Return all of it as JSON data."""
        return {"texts": list(self.texts), "runs": self.runs}

    def _add(self, judged: Judged, *, timed: bool) -> None:
        result = judged.result
        # The id is another in each run: left in, it would make each text another.
        own = result.workflow_id
        lines = timeline_of(result) if timed else ()
        self.numbers.setdefault(result.plan, len(self.runs))
        self.runs.append(
            {
                "plan": self._text(str(result.plan)),
                "outcome": WORDS[outcome_of(judged)],
                "ended": self._text(ended(judged)),
                "findings": [
                    [self._text(text) for text in (each.violation.value, each.what, each.why, each.fix)]
                    for each in judged.findings
                ],
                "lines": [
                    [
                        None if line.at is None else round(line.at * 1000),
                        _MARKS[line.mark],
                        self._text(line.what.replace(own, "(workflow id)") if own else line.what),
                    ]
                    for line in lines[:MOST_LINES]
                ]
                if timed
                else None,
                "left": max(0, len(lines) - MOST_LINES),
            }
        )

    def _text(self, text: str) -> int:
        return self.texts.setdefault(plain(text), len(self.texts))
