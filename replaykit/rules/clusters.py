"""Histories with one cause become one finding: 300 red histories of one change read as one change."""

import re
from collections.abc import Hashable, Iterable
from dataclasses import dataclass

from replaykit.model.case import Judgement
from replaykit.model.finding import Divergence, Drift
from replaykit.model.history import RunStatus
from replaykit.model.step import SourceLine, Step
from replaykit.model.verdict import Clean, Diverged, Drifted, Inconclusive

_GRAVITY = (Diverged, Drifted, Inconclusive)


@dataclass(frozen=True, slots=True)
class Cluster:
    """Judgements of one cause: the shortest history as the example, and the others."""

    example: Judgement
    others: tuple[Judgement, ...] = ()

    @property
    def still_open(self) -> int:
        """How many of the others are open runs: those that a deploy breaks."""
        return sum(other.status is RunStatus.OPEN for other in self.others)


def clusters(judgements: Iterable[Judgement]) -> tuple[Cluster, ...]:
    """Gather the judgements that are not clean by their cause: diverged first, then drifted, then inconclusive."""
    by_cause: dict[Hashable, list[Judgement]] = {}
    for judgement in judgements:
        if not isinstance(judgement.verdict, Clean):
            by_cause.setdefault(cause_of(judgement), []).append(judgement)
    found = []
    for alike in by_cause.values():
        example, *others = sorted(alike, key=lambda j: (j.events, j.case.shown))
        found.append(Cluster(example, tuple(sorted(others, key=lambda j: j.case.shown))))
    return tuple(sorted(found, key=lambda c: (_GRAVITY.index(type(c.example.verdict)), c.example.case.shown)))


def cause_of(judgement: Judgement) -> Hashable:
    """Return what two judgements share when they have the same cause."""
    kind = (
        judgement.identity.workflow_type if judgement.identity else judgement.case.shown,
        judgement.prefix is not None,
        bool(judgement.seeds),
    )
    match judgement.verdict:
        case Clean():
            return ("clean", kind)
        case Diverged(divergence):
            return ("diverged", kind, *_divergence_cause(divergence))
        case Drifted(drifts=drifts):
            return ("drifted", kind, frozenset(cause for drift in drifts for cause in _drift_causes(drift)))
        case Inconclusive(problem):
            return ("inconclusive", kind, problem.slug)


def _divergence_cause(divergence: Divergence) -> tuple[Hashable, ...]:
    recorded = divergence.recorded[0] if divergence.recorded else None
    new = divergence.observed[0] if divergence.observed else None
    failure = divergence.failure
    return (
        divergence.shape,
        _name(recorded),
        _name(new),
        _line(new.site if new else divergence.standing),
        (failure.type, _line(failure.site)) if failure else None,
    )


def _drift_causes(drift: Drift) -> Iterable[Hashable]:
    for change in drift.changes:
        # The turns of a loop differ in their indexes alone.
        path = re.sub(r"\d+", "*", change.path)
        yield (_name(drift.recorded), path, _line(drift.observed.site))


def _name(step: Step | None) -> Hashable:
    return (step.key.kind, step.key.name) if step else None


def _line(site: SourceLine | None) -> Hashable:
    return (site.path, site.line) if site else None
