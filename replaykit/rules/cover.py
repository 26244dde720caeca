"""The smallest set of histories that covers what all of them cover, or close to it: nobody knows a fast exact way."""

import heapq
from collections.abc import Hashable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Generic, TypeVar

F = TypeVar("F", bound=Hashable)


class Catalogue(Generic[F]):
    """Features by number, so that what a history covers is one integer with a bit for each."""

    def __init__(self) -> None:
        self._numbers: dict[F, int] = {}
        self._features: list[F] = []

    def bits(self, features: Iterable[F]) -> int:
        """Write features as an integer."""
        bits = 0
        for feature in features:
            number = self._numbers.get(feature)
            if number is None:
                number = self._numbers[feature] = len(self._features)
                self._features.append(feature)
            bits |= 1 << number
        return bits

    def features(self, bits: int) -> Iterator[F]:
        """Read the features of an integer."""
        while bits:
            lowest = bits & -bits
            yield self._features[lowest.bit_length() - 1]
            bits ^= lowest


@dataclass(frozen=True, slots=True)
class Candidate:
    """A history that may be kept: what it covers, and what decides where two bring as much."""

    name: str
    covers: int
    is_open: bool = False
    size: int = 0

    @property
    def rank(self) -> tuple[bool, int, str]:
        """Open runs go before closed ones, small files before large ones; the name decides the rest."""
        return (not self.is_open, self.size, self.name)


@dataclass(frozen=True, slots=True)
class Kept:
    """A history that is kept, with what no other kept one covers."""

    candidate: Candidate
    alone: int


def cover(candidates: Sequence[Candidate]) -> tuple[Kept, ...]:
    """Choose histories that together cover what all of them cover, ranked; each covers something alone.

    The one that brings most comes first, and again, until nothing is missing (greedy set cover: at most 1 + ln n
    times as many as the best choice, n the most that one history covers). What the later ones made superfluous is
    taken out then.
    """
    chosen = _without_superfluous(_greedy(candidates))
    alone = _alone(chosen)
    return tuple(sorted((Kept(c, c.covers & alone) for c in chosen), key=lambda kept: kept.candidate.rank))


def _greedy(candidates: Sequence[Candidate]) -> list[Candidate]:
    """Choose with a queue of what each brought when last asked: it can only have become less."""
    queue = [(-c.covers.bit_count(), c.rank, index) for index, c in enumerate(candidates)]
    heapq.heapify(queue)
    chosen: list[Candidate] = []
    covered = 0
    while queue:
        _, rank, index = heapq.heappop(queue)
        brings = (candidates[index].covers & ~covered).bit_count()
        if not brings:
            continue
        now = (-brings, rank, index)
        if queue and queue[0] < now:
            heapq.heappush(queue, now)
            continue
        chosen.append(candidates[index])
        covered |= candidates[index].covers
    return chosen


def _without_superfluous(chosen: list[Candidate]) -> list[Candidate]:
    """Take out what the others cover: closed and large ones first."""
    kept = list(chosen)
    alone = _alone(kept)
    for candidate in sorted(chosen, key=lambda c: c.rank, reverse=True):
        if not candidate.covers & alone:
            kept.remove(candidate)
            alone = _alone(kept)
    return kept


def _alone(chosen: Iterable[Candidate]) -> int:
    """Return what exactly one of them covers."""
    once = twice = 0
    for candidate in chosen:
        twice |= once & candidate.covers
        once |= candidate.covers
    return once & ~twice


@dataclass(slots=True)
class Covered(Generic[F]):
    """What a growing corpus covers so far: a run is worth adding when it brings something."""

    features: set[F] = field(default_factory=set)

    def brings(self, features: Iterable[F]) -> frozenset[F]:
        """Return what is new among these features."""
        return frozenset(features) - self.features

    def add(self, features: Iterable[F]) -> None:
        """Count these features as covered."""
        self.features.update(features)
