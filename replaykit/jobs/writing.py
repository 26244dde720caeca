"""Histories are written in their turn, where redaction changed nothing and they bring something."""

import asyncio
from collections import Counter
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import aclosing
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TypeAlias

from replaykit.adapters.corpus import put, shown
from replaykit.adapters.corpus_index import CorpusIndex
from replaykit.adapters.fetch import Fetched
from replaykit.errors import Problem, ReplaykitError
from replaykit.jobs.candidates import Candidate, Expected, Lost, Remark, There
from replaykit.jobs.checking import Checker
from replaykit.jobs.in_order import in_order
from replaykit.jobs.preparing import Preparation, Prepared
from replaykit.model.case import Case, Judgement
from replaykit.model.exports import Check, Checked, Exports
from replaykit.model.history import Identity
from replaykit.model.shape import Feature
from replaykit.model.source import Counts
from replaykit.rules.cover import Covered
from replaykit.rules.shape import features, told

# So many histories are decoded, redacted and replayed ahead of the one that is being written: where one in ten is
# replayed, some three are at a time. A long one counts for several, so that a corpus of long ones is not held whole.
LOOKED_AT = 32
LONG = 2000
# So many are being written.
AT_ONCE = 8


@dataclass(frozen=True, slots=True)
class Exported:
    """A run's history is in its file; `brings` says what no other history of the corpus has (`--update`)."""

    path: Path
    identity: Identity
    events: int
    checked: Checked
    brings: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Familiar:
    """The run brings no shape that the corpus has not (`--update`); it was not written."""

    identity: Identity


@dataclass(frozen=True, slots=True)
class NotExported:
    """A run could not be exported; the others go on."""

    name: str
    problem: Problem


Event: TypeAlias = Expected | Exported | There | Familiar | NotExported | Remark | Counts


@dataclass(frozen=True, slots=True)
class _Looked:
    """A history in front of its turn: checked already, or replayed where it first has to bring something."""

    prepared: Prepared
    case: Case | None = None
    judgement: Judgement | None = None
    checked: Checked | None = None


@dataclass(frozen=True, slots=True)
class _Ready:
    """A history whose turn has come: to be written, and told of then."""

    prepared: Prepared
    event: Exported


class Writing:
    """What one export does to one corpus: a history is looked at ahead of its turn, and written in turn."""

    def __init__(self, index: CorpusIndex, preparation: Preparation, checker: Checker, *, base: Path) -> None:
        """Take what the work is done with; `base` is the directory that messages show paths from."""
        self._index = index
        self._preparation = preparation
        self._checker = checker
        self._base = base
        self._covered: Covered[Feature] | None = None
        # Runs taken, each with its number of events; and files that are being written.
        self._taken: dict[tuple[str, str], int] = {}
        self._saving: dict[Path, asyncio.Future[None]] = {}
        self.exports = Exports()

    async def only_what_is_new(self) -> AsyncIterator[Judgement]:
        """Replay what the corpus holds: from here on only what brings a new shape is written."""
        covered = Covered[Feature]()
        cases = [Case(str(held.path), shown(held.path, self._base)) for held in self._index]
        async with aclosing(in_order(_each(cases), self._checker.judge_file, at_once=LOOKED_AT)) as judged:
            async for judgement in judged:
                if judgement.shape is not None:
                    covered.add(features(judgement.shape))
                yield judgement
        self._covered = covered

    async def events(self, candidates: AsyncIterator[Candidate]) -> AsyncGenerator[Event, None]:
        """Write what is worth it, one event a candidate, in order.

        Raises:
            ReplaykitError: The corpus cannot be written, or the source is at its end.
        """
        async with (
            aclosing(in_order(candidates, self._look, at_once=LOOKED_AT, weight=_weight)) as looked,
            aclosing(in_order(self._turns(looked), self._save, at_once=AT_ONCE)) as saved,
        ):
            async for event in saved:
                self._count(event)
                yield event

    async def _look(self, candidate: Candidate) -> Candidate | _Looked:
        if not isinstance(candidate, Fetched):
            return candidate
        try:
            prepared = await self._preparation.prepare(candidate)
            if self._covered is None and (settled := self._checker.settled(prepared)):
                return _Looked(prepared, checked=settled)
            path = self._index.file_for(prepared.identity)
            case = Case(str(path), shown(path, self._base))
            if self._covered is not None:
                return _Looked(prepared, case, judgement=await self._checker.judge(case, prepared))
            return _Looked(prepared, case, checked=await self._checker.check(case, prepared))
        except ReplaykitError as error:
            return Lost(candidate.identity.workflow_id, error.problem)

    async def _turns(self, looked: AsyncIterator[Candidate | _Looked]) -> AsyncIterator[Event | _Ready]:
        async for one in looked:
            match one:
                case _Looked():
                    try:
                        yield await self._decide(one)
                    except ReplaykitError as error:
                        yield NotExported(one.prepared.identity.workflow_id, error.problem)
                case Lost(name, problem):
                    yield NotExported(name, problem)
                case Fetched():
                    raise AssertionError(one)
                case _:
                    yield one

    async def _decide(self, looked: _Looked) -> _Ready | Familiar | Counts:
        prepared, checked = looked.prepared, looked.checked
        if self._is_taken(prepared):
            return Counts(duplicates=1)
        brings: frozenset[Feature] = frozenset()
        if self._covered is not None and looked.case is not None:
            shape = looked.judgement.shape if looked.judgement else None
            has = features(shape) if shape else frozenset()
            brings = self._covered.brings(has)
            if has and not brings:
                return Familiar(prepared.identity)
            checked = await self._checker.check(looked.case, prepared, after=looked.judgement)
            self._covered.add(has)
        # Chosen in turn: another run of the same workflow id may have taken the name meanwhile.
        path = self._index.file_for(prepared.identity)
        self._index.add(path, prepared.note)
        event = Exported(path, prepared.identity, prepared.events, checked or Checked(Check.UNVERIFIED), told(brings))
        return _Ready(prepared, event)

    def _is_taken(self, prepared: Prepared) -> bool:
        """Say whether a run was there before, from another source, with as many events; older files name no run."""
        run = (prepared.identity.workflow_id, prepared.identity.run_id)
        if self._taken.get(run, 0) >= prepared.events:
            return True
        if run[1]:
            self._taken[run] = prepared.events
        return False

    async def _save(self, one: Event | _Ready) -> Event:
        if not isinstance(one, _Ready):
            return one
        prepared = one.prepared
        try:
            await self._put(one.event.path, prepared.content)
        except ReplaykitError as error:
            return NotExported(prepared.identity.workflow_id, error.problem)
        secrets = {place.secret: place.kind for place in prepared.places}
        self.exports = replace(
            self.exports,
            secrets=self.exports.secrets + Counter(secrets.values()),
            bytes=self.exports.bytes + len(prepared.content),
        )
        return one.event

    async def _put(self, path: Path, content: bytes) -> None:
        # A run that was read once more, with more events, goes into the same file, and comes last.
        before, done = self._saving.get(path), asyncio.get_running_loop().create_future()
        self._saving[path] = done
        try:
            if before is not None:
                await before
            # Mostly waiting for the disk, so several are on their way at once.
            await asyncio.to_thread(put, path, content)
        finally:
            if not done.done():
                done.set_result(None)
            if self._saving[path] is done:
                del self._saving[path]

    def _count(self, event: Event) -> None:
        now = self.exports
        match event:
            case Exported(checked=checked):
                now = replace(now, exported=now.exported + 1, checks=now.checks + Counter({checked.check: 1}))
                if checked.reason:
                    now = replace(now, unverified=now.unverified + Counter({checked.reason: 1}))
            case There():
                now = replace(now, there=now.there + 1)
            case Familiar():
                now = replace(now, familiar=now.familiar + 1)
            case NotExported():
                now = replace(now, failed=now.failed + 1)
            case Counts(duplicates=duplicates):
                now = replace(now, dropped=now.dropped + duplicates)
            case _:
                pass
        self.exports = now


def _weight(candidate: Candidate) -> int:
    return 1 + len(candidate.history.events) // LONG if isinstance(candidate, Fetched) else 1


async def _each(cases: list[Case]) -> AsyncIterator[Case]:
    for case in cases:
        yield case
