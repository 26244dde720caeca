"""The export job: runs of a Temporal server, or histories from files, become a corpus."""

import time
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import aclosing
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TypeAlias

from replaykit.adapters.corpus import find, save, shown
from replaykit.adapters.corpus_index import CorpusIndex
from replaykit.adapters.fetch import Fetched
from replaykit.adapters.history_file import document_from, identity_note
from replaykit.adapters.pool import ReplayPool
from replaykit.errors import Problem, ReplaykitError
from replaykit.jobs.checking import Checked, Checker
from replaykit.jobs.in_order import in_order
from replaykit.jobs.preparing import Preparation, Prepared
from replaykit.model.case import Case, Judgement
from replaykit.model.exports import Check, Exports
from replaykit.model.history import Identity
from replaykit.model.shape import Feature
from replaykit.rules.cover import Covered
from replaykit.rules.shape import features, told

# So many histories are fetched, decoded and redacted ahead of the one that is being written.
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
class There:
    """The corpus holds the run already; it was not fetched again."""

    path: Path


@dataclass(frozen=True, slots=True)
class Familiar:
    """The run brings no shape that the corpus has not (`--update`); it was not written."""

    identity: Identity


@dataclass(frozen=True, slots=True)
class NotExported:
    """A run could not be exported; the others go on."""

    name: str
    problem: Problem


@dataclass(frozen=True, slots=True)
class Finished:
    """Nothing is left to do."""

    exports: Exports


Event: TypeAlias = Exported | There | Familiar | NotExported | Finished


@dataclass(frozen=True, slots=True)
class _Looked:
    """A history that may be written: how it was checked, or the judgement on it where that is still to come."""

    prepared: Prepared
    case: Case
    judgement: Judgement | None
    checked: Checked | None


class Export:
    """One export into one corpus: a history is prepared and looked at ahead of its turn, and written in turn."""

    def __init__(self, index: CorpusIndex, preparation: Preparation, checker: Checker, *, base: Path) -> None:
        """Take what the parts of the work are done with; `base` is where messages show paths from."""
        self._index = index
        self._preparation = preparation
        self._checker = checker
        self._base = base
        self._covered: Covered[Feature] | None = None
        self.exports = Exports()

    async def measure(self, out: Path) -> AsyncIterator[Judgement]:
        """Replay what the corpus holds, so that from here on only what brings a new shape is written."""
        self._covered = Covered()
        async for judgement in self._checker.measured(find([str(out)], base=self._base)):
            if judgement.shape is not None:
                self._covered.add(features(judgement.shape))
            yield judgement

    async def look(self, fetched: Fetched) -> _Looked:
        """Do what needs no turn: decode, redact, replay.

        Raises:
            ReplaykitError: The history cannot be written.
        """
        prepared = await self._preparation.prepare(fetched)
        path = self._index.file_for(prepared.identity)
        case = Case(str(path), shown(path, self._base))
        if self._covered is not None:
            return _Looked(prepared, case, await self._checker.judge(case, prepared), None)
        return _Looked(prepared, case, None, await self._checker.check(case, prepared, None))

    async def write(self, looked: _Looked) -> Event:
        """Write a history in its turn, unless it brings nothing.

        Raises:
            ReplaykitError: The history cannot be written.
        """
        prepared, judgement = looked.prepared, looked.judgement
        brings: frozenset[Feature] = frozenset()
        if self._covered is not None:
            shape = judgement.shape if judgement else None
            has = features(shape) if shape else frozenset()
            brings = self._covered.brings(has)
            if has and not brings:
                return Familiar(prepared.identity)
            checked = await self._checker.check(looked.case, prepared, judgement)
            self._covered.add(has)
        else:
            checked = looked.checked or Checked(Check.UNVERIFIED)
        # Chosen in turn: another run of the same workflow id may have taken the name meanwhile.
        path = self._index.file_for(prepared.identity)
        save(path, prepared.text)
        self._index.add(path, prepared.note)
        return Exported(path, prepared.identity, prepared.events, checked, told(brings))
