"""Plans are enumerated: every fault at every boundary, what a fault reveals, and pairs; simplest first."""

from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import replace

from replaykit.model.chaos import Boundary, FaultPlan, Place, Sighting, Strike, Trait
from replaykit.rules.chaos.catalogue import KINDS, RANK, kind_of
from replaykit.rules.chaos.kinds import FaultKind, Group, whole_run

# An attempt that a fault has revealed is struck once more; after that each further attempt looks the same.
MOST_ATTEMPTS = 2
# So are the first of an attempt's requests that a fault has revealed: what asks again for ever makes any number.
MOST_REQUESTS = 2


def singles(
    sightings: Iterable[Sighting], kinds: Collection[FaultKind], *, signals: Collection[str] = ()
) -> Iterator[Strike]:
    """Yield every fault at every boundary where it can happen, in the order of the run, the simplest first.

    Args:
        sightings: The boundaries.
        kinds: The faults.
        signals: The signals that may come at any moment; without any, one comes that no workflow handles.
    """
    passed = tuple(sightings)
    updates = any(Trait.UPDATES in sighting.traits for sighting in passed)
    for sighting in (*passed, whole_run(updates=updates)):
        for kind in kinds:
            if not kind.strikes_at(sighting):
                continue
            sends = kind.group is Group.SIGNAL
            for fault in [f"{kind.name}({name})" for name in signals] if sends and signals else [kind.name]:
                yield Strike(sighting.boundary, fault)
            if kind.persists and sighting.boundary.attempt == 1 and Trait.RETRIED in sighting.traits:
                yield Strike(sighting.boundary, kind.name, persistent=True)


def revealed(
    opener: FaultPlan,
    sightings: Iterable[Sighting],
    known: Collection[Boundary],
    kinds: Collection[FaultKind],
    *,
    signals: Collection[str] = (),
) -> Iterator[FaultPlan]:
    """Yield the plans that strike what a run under `opener` passed and no run before it did."""
    requests: Counter[Boundary] = Counter()
    for sighting in sightings:
        boundary = sighting.boundary
        if boundary in known or boundary.attempt > MOST_ATTEMPTS:
            continue
        if boundary.place is Place.REQUEST:
            requests[replace(boundary, part=0)] += 1
            if requests[replace(boundary, part=0)] > MOST_REQUESTS:
                continue
        for strike in singles([sighting], kinds, signals=signals):
            if strike.at.place is not Place.RUN and not _comes_second(strike, opener):
                yield opener | FaultPlan((strike,))


def _comes_second(strike: Strike, opener: FaultPlan) -> bool:
    """Say whether a request is struck already: what persists there strikes every one from its own on."""
    return kind_of(strike.fault).group is Group.LLM and any(
        other.persistent and other.at.place is Place.REQUEST and _asker(other.at) == _asker(strike.at)
        for other in opener.strikes
    )


def _asker(at: Boundary) -> tuple[str, str]:
    return at.name, at.within


def pairs(first: Iterable[Strike], *, known: Collection[FaultPlan]) -> Iterator[FaultPlan]:
    """Yield every two strikes at different boundaries."""
    strikes = tuple(first)
    for place, one in enumerate(strikes):
        for other in strikes[place + 1 :]:
            if one.at == other.at:
                continue
            plan = FaultPlan((one, other))
            if plan not in known:
                yield plan


def spread(strikes: Sequence[Strike], count: int) -> list[Strike]:
    """Choose so many strikes, of each fault as many as of any other, evenly spread over the run.

    Loops make most of a long run, and the faults of one turn do much the same as those of the next.

    Args:
        strikes: All of them, in the order in which a run passes their boundaries.
        count: How many at most.
    """
    alike: dict[tuple[str, bool, Place], list[int]] = {}
    for place, strike in enumerate(strikes):
        alike.setdefault((strike.fault, strike.persistent, strike.at.place), []).append(place)
    chosen: list[int] = []
    left = min(count, len(strikes))
    # Those with the fewest first: what they leave is for the others.
    for number, places in enumerate(sorted(alike.values(), key=len)):
        share = min(len(places), left // (len(alike) - number))
        last = len(places) - 1
        chosen += [places[last * step // max(1, share - 1)] for step in range(share)]
        left -= share
    return [strikes[place] for place in sorted(chosen)]


def longest_first(plans: Iterable[FaultPlan]) -> list[FaultPlan]:
    """Begin with what persists: it waits for one timeout after another, and would outlast all else at the end."""
    return sorted(plans, key=lambda plan: not any(strike.persistent for strike in plan.strikes))


def cost(plan: FaultPlan) -> tuple[int, int, tuple[int, ...], tuple[Boundary, ...], bool]:
    """Order plans by how simple they are.

    Fewer strikes first, then fewer that persist, then simpler faults in the order of the catalogue, then earlier
    boundaries by name and occurrence; at last those that need no input of their own.
    """
    ranks = tuple(sorted(RANK[kind_of(strike.fault).name] for strike in plan.strikes))
    return (
        len(plan.strikes),
        sum(strike.persistent for strike in plan.strikes),
        ranks,
        tuple(strike.at for strike in plan.strikes),
        bool(plan.given),
    )


def simpler(plan: FaultPlan) -> Iterator[FaultPlan]:
    """Yield the plans one step simpler than this one, the simplest first: fewer strikes, weaker, simpler, no input."""
    found: set[FaultPlan] = {replace(plan, given="")}
    for strike in plan.strikes:
        rest = tuple(other for other in plan.strikes if other != strike)
        found.add(replace(plan, strikes=rest))
        if strike.persistent:
            found.add(replace(plan, strikes=(*rest, Strike(strike.at, strike.fault))))
        for kind in KINDS.values():
            if RANK[kind.name] >= RANK[kind_of(strike.fault).name]:
                break
            if strike.at.place in kind.places and not kind.needs:
                found.add(replace(plan, strikes=(*rest, Strike(strike.at, kind.name))))
    found.discard(plan)
    found.discard(replace(plan, strikes=()))
    yield from sorted(found, key=cost)


def earlier(plan: FaultPlan) -> Iterator[FaultPlan]:
    """Yield the plans that strike a step's first attempt in place of a later one and of what led to that."""
    for strike in plan.strikes:
        if strike.at.attempt > 1:
            first = replace(strike.at, attempt=1)
            rest = [other for other in plan.strikes if replace(other.at, attempt=1) != first]
            yield replace(plan, strikes=(*rest, replace(strike, at=first)))
