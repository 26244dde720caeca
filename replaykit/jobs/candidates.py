"""The histories that may be written: fetched from a server, with their families, or read from files."""

from collections.abc import AsyncIterator, Iterable, Sequence
from contextlib import aclosing
from dataclasses import dataclass
from pathlib import Path
from typing import TypeAlias, TypeVar

from replaykit.adapters.choosing import chosen
from replaykit.adapters.connect import Connection
from replaykit.adapters.corpus_index import CorpusIndex, Held
from replaykit.adapters.families import Beyond, Elsewhere, Gone, Kin, Visited, family
from replaykit.adapters.fetch import Fetched, fetch, fetch_run
from replaykit.adapters.history import status_of
from replaykit.adapters.history_sources import fetched_from
from replaykit.adapters.rate import Rate
from replaykit.adapters.visibility import count
from replaykit.errors import Problem, ReplaykitError
from replaykit.jobs.in_order import in_order
from replaykit.jobs.preparing import Preparation
from replaykit.model.history import RunStatus
from replaykit.model.run import Run
from replaykit.model.selection import Selection
from replaykit.model.source import Counts, SkippedActivities, Unread
from replaykit.model.wanted import Wanted
from replaykit.rules.query import query_for
from replaykit.rules.strata import Share, in_turns

AT_ONCE = 8


@dataclass(frozen=True, slots=True)
class There:
    """The corpus holds the run as it is; it was not fetched."""

    path: Path


@dataclass(frozen=True, slots=True)
class Lost:
    """A run that could not be had; the others go on."""

    name: str
    problem: Problem


@dataclass(frozen=True, slots=True)
class Remark:
    """Something about a history, or a relative left out, that is worth a line."""

    text: str


@dataclass(frozen=True, slots=True)
class Expected:
    """How many histories there will be; 0 where that is not known beforehand."""

    total: int


Candidate: TypeAlias = Fetched | There | Lost | Remark | Expected | Counts
_Asked: TypeAlias = Run | str
_Item = TypeVar("_Item")


@dataclass(frozen=True, slots=True)
class Server:
    """A server, the pace at which it is asked, and what of the corpus need not be fetched again."""

    connection: Connection
    rate: Rate
    index: CorpusIndex
    preparation: Preparation

    async def candidates(self, wanted: Wanted, shares: Sequence[Share]) -> AsyncIterator[Candidate]:
        """Yield what a person wants, in order, each with its family behind it.

        Args:
            wanted: What a person wants.
            shares: What the survey of a selection that is spread over kinds has found.

        Raises:
            ServerError: The server cannot be asked at all.
        """
        visited = Visited()
        follow = frozenset(Kin(kind) for kind in wanted.follow)
        asked: AsyncIterator[_Asked]
        if wanted.selection is None:
            names = dict.fromkeys(wanted.workflow_ids)
            yield Expected(len(names))
            asked = _each(names)
        elif wanted.selection.stratify:
            yield Expected(sum(share.taken for share in shares))
            asked = self._unvisited(_each(in_turns(shares)), visited)
        else:
            yield Expected(await self._expected(wanted.selection))
            asked = self._unvisited(chosen(self.connection, wanted.selection, rate=self.rate), visited)

        async def have(one: _Asked) -> Candidate:
            return await self._have(one, wanted.run_id, again=bool(follow))

        async with aclosing(in_order(asked, have, at_once=AT_ONCE)) as found:
            async for candidate in found:
                yield candidate
                if follow and isinstance(candidate, Fetched):
                    async for relative in self._family(candidate, follow, visited):
                        yield relative

    async def _have(self, one: _Asked, run_id: str | None, *, again: bool) -> Candidate:
        try:
            if isinstance(one, str):
                return await fetch(self.connection, one, run_id=run_id, rate=self.rate)
            # The family of a run stands in its history: following needs it once more.
            held = None if again else self.index.get(one.identity.run_id)
            if held and one.closed is not None and is_as_wanted(held, self.preparation):
                return There(held.path)
            return await fetch_run(
                self.connection, one.identity.workflow_id, run_id=one.identity.run_id, rate=self.rate
            )
        except ReplaykitError as error:
            return Lost(one if isinstance(one, str) else one.identity.workflow_id, error.problem)

    async def _expected(self, selection: Selection) -> int:
        total = await count(self.connection, query_for(selection), rate=self.rate)
        return min(round(total * selection.sample), selection.limit or total)

    @staticmethod
    async def _unvisited(runs: AsyncIterator[Run], visited: Visited) -> AsyncIterator[Run]:
        async for run in runs:
            if visited.meet(run.identity.namespace, run.identity.workflow_id, run.identity.run_id):
                yield run

    async def _family(self, fetched: Fetched, follow: frozenset[Kin], visited: Visited) -> AsyncIterator[Candidate]:
        async for found in family(self.connection, fetched, follow=follow, visited=visited, rate=self.rate):
            match found:
                case Elsewhere(relative):
                    yield Remark(
                        f"{relative.workflow_id} ({relative.kin.value}) lives in namespace {relative.namespace}: "
                        f"replaykit export {relative.workflow_id} --run-id {relative.run_id} -n {relative.namespace}"
                    )
                case Gone(relative, problem):
                    yield Lost(relative.workflow_id, problem)
                case Beyond():
                    continue
                case _:
                    yield found


async def from_files(
    wanted: Wanted, *, base: Path, index: CorpusIndex, preparation: Preparation
) -> AsyncIterator[Candidate]:
    """Yield the histories of files, what could not be read of them, and the counts last."""
    yield Expected(0)
    for found in fetched_from(wanted.locations, base=base, namespace=wanted.namespace):
        match found:
            case Unread(source, problem):
                yield Lost(source, problem)
            case SkippedActivities(source, number):
                yield Remark(f"{source} holds {number} standalone activities, which have no history: skipped")
            case Counts():
                yield found
            case _:
                held = index.get(found.identity.run_id)
                if held and status_of(found.history.events) is not RunStatus.OPEN and is_as_wanted(held, preparation):
                    yield There(held.path)
                    continue
                yield found
                for remark in found.remarks:
                    yield Remark(f"{found.source}: {remark}")


def is_as_wanted(held: Held, preparation: Preparation) -> bool:
    """Say whether a run that has ended is in its file as it would be written now: ended, and made alike."""
    return held.is_closed and preparation.made(held.note)


async def _each(items: Iterable[_Item]) -> AsyncIterator[_Item]:
    for item in items:
        yield item
