"""Whether two judgements on one history say the same, whatever values their findings show."""

from typing import TypeAlias

from replaykit.model.case import Judgement
from replaykit.model.finding import Divergence, Drift
from replaykit.model.step import Step
from replaykit.model.verdict import Clean, Diverged, Drifted, Inconclusive, Verdict, name_of

Signature: TypeAlias = tuple[object, ...]


def same(one: Judgement, other: Judgement) -> bool:
    """Say whether two judgements agree: the same verdict, at the same steps, about the same values' places."""
    return signature(one.verdict) == signature(other.verdict)


def signature(verdict: Verdict) -> Signature:
    """Reduce a verdict to what does not depend on the values in a history."""
    name = name_of(verdict)
    match verdict:
        case Clean(steps=steps):
            return (name, steps)
        case Drifted(steps=steps, drifts=drifts):
            return (name, steps, *map(_drift, drifts))
        case Diverged(divergence=divergence, drifts=drifts):
            return (name, *_divergence(divergence), *map(_drift, drifts))
        case Inconclusive(problem=problem):
            return (name, problem.slug)


def where(verdict: Verdict) -> str:
    """Say in a few words what a verdict is and at which step, for a sentence."""
    match verdict:
        case Diverged(divergence=divergence):
            return f"{name_of(verdict)} at step {divergence.number}{_named(divergence)}"
        case Drifted(drifts=(first, *_)):
            return f"{name_of(verdict)} at step {first.number} ({first.recorded.key})"
        case Inconclusive(problem=problem):
            return f"{name_of(verdict)} ({problem.slug})"
        case _:
            return name_of(verdict)


def _named(divergence: Divergence) -> str:
    steps = divergence.recorded or divergence.observed
    return f" ({steps[0].key})" if steps else ""


def _divergence(divergence: Divergence) -> Signature:
    failure = divergence.failure.type if divergence.failure else None
    return (
        divergence.shape,
        divergence.task,
        divergence.number,
        tuple(map(_kind, divergence.recorded)),
        tuple(map(_kind, divergence.observed)),
        failure,
    )


def _drift(drift: Drift) -> Signature:
    return (drift.number, _kind(drift.recorded), tuple(sorted(change.path for change in drift.changes)))


def _kind(step: Step) -> Signature:
    # The name and the id of a step may hold what was redacted: its kind and its count do not.
    return (step.key.kind, step.key.nth)
