"""Which histories of a corpus stay, and what each is for."""

from collections.abc import Sequence

from replaykit.errors import Problem
from replaykit.model.corpus import Basis, Entry, KeptFile, Plan
from replaykit.model.history import RunStatus
from replaykit.model.shape import Aspect, Feature
from replaykit.rules.cover import Candidate, Catalogue, cover
from replaykit.rules.shape import told


def plan(
    entries: Sequence[Entry], catalogue: Catalogue[Feature], basis: Basis, *, problems: tuple[Problem, ...] = ()
) -> Plan:
    """Choose the histories that stay: together they cover what all cover.

    What could not be read or replayed stays, and covers nothing: it vouches for nothing.
    """
    known = {entry.path: entry for entry in entries if entry.run is not None and entry.problem is None}
    candidates = [_candidate(entry) for entry in known.values()]
    kept = cover(candidates)
    names = {one.candidate.name for one in kept}
    whole = 0
    for candidate in candidates:
        whole |= candidate.covers
    covered = [feature.aspect for feature in catalogue.features(whole)]
    lines, branches = covered.count(Aspect.LINE), covered.count(Aspect.BRANCH)
    return Plan(
        basis=basis,
        kept=tuple(
            KeptFile(known[one.candidate.name], told(frozenset(catalogue.features(one.alone))))
            for one in sorted(kept, key=lambda one: one.candidate.name)
        ),
        dropped=tuple(sorted((e for e in known.values() if e.path not in names), key=lambda e: e.path)),
        unsure=tuple(sorted((e for e in entries if e.path not in known), key=lambda e: e.path)),
        lines=lines,
        branches=branches,
        traits=len(covered) - lines - branches,
        problems=problems,
    )


def _candidate(entry: Entry) -> Candidate:
    run = entry.run
    return Candidate(
        entry.path,
        covers=run.covers if run else 0,
        is_open=run is not None and run.status is RunStatus.OPEN,
        size=entry.size,
    )
