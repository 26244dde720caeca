"""The judgements on one history under several hash seeds become one."""

from collections.abc import Sequence
from dataclasses import replace

from replaykit.model.case import Judgement
from replaykit.model.verdict import Clean, Diverged, Drifted, Inconclusive, name_of
from replaykit.rules.clusters import cause_of

_WORST_FIRST = (Diverged, Drifted, Inconclusive, Clean)


def combined(judgements: Sequence[Judgement]) -> Judgement:
    """Return the worst of the judgements, one a seed from 0; where they disagree it names the seeds.

    Code whose steps depend on the order of a set or on `hash()` goes another way under another seed: it is
    non-deterministic in itself, whatever was changed.
    """
    worst = min(judgements, key=lambda judgement: _WORST_FIRST.index(type(judgement.verdict)))
    seconds = sum(judgement.seconds for judgement in judgements)
    if len({cause_of(judgement) for judgement in judgements}) == 1:
        return replace(worst, seconds=seconds)
    seeds = tuple((seed, name_of(judgement.verdict)) for seed, judgement in enumerate(judgements))
    return replace(worst, seconds=seconds, seeds=seeds)
