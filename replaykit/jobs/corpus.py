"""The corpus job: every history is replayed and told by its shape; what is worth keeping, and what the whole holds."""

from collections.abc import AsyncGenerator, AsyncIterator, Iterable
from contextlib import aclosing
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TypeAlias

from replaykit.adapters.code_coverage import coverage_of
from replaykit.adapters.corpus import find
from replaykit.adapters.discard import Look, discard, look_at
from replaykit.adapters.pool import ReplayPool
from replaykit.config import Config
from replaykit.errors import NothingConfigured, Problem
from replaykit.jobs.given import Found, no_histories
from replaykit.jobs.replay import judgements
from replaykit.model.case import Case, Judgement
from replaykit.model.corpus import Basis, Entry, Plan, Run, Stats
from replaykit.model.reached import Arc, Imported
from replaykit.model.shape import Feature, RunShape
from replaykit.model.verdict import Inconclusive, name_of
from replaykit.rules.cover import Catalogue
from replaykit.rules.fold import text_of
from replaykit.rules.minimal import plan
from replaykit.rules.shape import features, patches_text
from replaykit.rules.stats import stats

DAY = 86400.0


@dataclass(frozen=True, slots=True)
class Surveyed:
    """One more history has been read, and replayed where workflows are configured."""

    entry: Entry


@dataclass(frozen=True, slots=True)
class Planned:
    """It is decided which histories stay; nothing has been deleted yet."""

    plan: Plan


@dataclass(frozen=True, slots=True)
class Deleted:
    """One history that the others cover is gone."""

    path: str


@dataclass(frozen=True, slots=True)
class Counted:
    """The corpus has been counted."""

    stats: Stats


Event: TypeAlias = Found | Surveyed | Planned | Deleted | Counted


async def minimize(config: Config, paths: Iterable[str], *, base: Path, apply: bool) -> AsyncIterator[Event]:
    """Find the smallest set of histories below `paths` that covers what all of them cover.

    Args:
        config: The settings; without workflows the shapes of the runs decide alone.
        paths: Files and directories.
        base: What relative paths count from.
        apply: Delete the others.

    Yields:
        `Found` once, `Surveyed` for each history, `Planned` once, and `Deleted` for each file deleted.

    Raises:
        NothingConfigured: No paths are given.
        NoHistories: The paths hold no history.
        WorkflowsUnloadable: Workflows are configured, and none could be loaded.
        CorpusChanged: A file changed meanwhile; nothing was deleted.
        CorpusUnwritable: A file cannot be deleted.
    """
    survey = _Survey(config, base)
    async with aclosing(survey.events(paths, wanted="minimize")) as events:
        async for event in events:
            yield event
    chosen = plan(survey.entries, survey.catalogue, survey.basis, problems=survey.problems)
    yield Planned(chosen)
    if apply:
        for path in discard([entry.path for entry in chosen.dropped], survey.looks, base=base):
            yield Deleted(path)


async def count(
    config: Config, paths: Iterable[str], *, base: Path, now: float, retention: float | None = None
) -> AsyncIterator[Event]:
    """Say what the histories below `paths` are, and what of the workflow code they reach.

    Args:
        config: The settings; without workflows no code is measured.
        paths: Files and directories.
        base: What relative paths count from.
        now: The time, in seconds since the epoch.
        retention: Days that the namespace keeps a closed run.

    Yields:
        `Found` once, `Surveyed` for each history, `Counted` last.

    Raises:
        NothingConfigured: No paths are given.
        NoHistories: The paths hold no history.
        WorkflowsUnloadable: Workflows are configured, and none could be loaded.
    """
    survey = _Survey(config, base)
    async with aclosing(survey.events(paths, wanted="stats")) as events:
        async for event in events:
            yield event
    expired_before = None if retention is None else now - retention * DAY
    coverage = coverage_of(survey.reached, Path(config.root)) if survey.basis is Basis.CODE else ()
    yield Counted(
        stats(survey.entries, survey.basis, coverage, expired_before=expired_before, problems=survey.problems)
    )


@dataclass(slots=True)
class _Survey:
    """What a walk through a corpus gathers: an entry a history, and never the histories."""

    config: Config
    base: Path
    entries: list[Entry] = field(default_factory=list)
    looks: dict[str, Look] = field(default_factory=dict)
    catalogue: Catalogue[Feature] = field(default_factory=Catalogue)
    reached: dict[str, set[Arc]] = field(default_factory=dict)
    basis: Basis = Basis.UNCONFIGURED
    problems: tuple[Problem, ...] = ()

    async def events(self, paths: Iterable[str], *, wanted: str) -> AsyncGenerator[Found | Surveyed, None]:
        """Walk through the corpus."""
        given = tuple(paths)
        if not given:
            raise NothingConfigured(
                "There is no corpus to look at.",
                cause="no PATH was given, and [tool.replaykit] histories is not set",
                fix=f"replaykit corpus {wanted} fixtures/   (histories come from: replaykit export WORKFLOW_ID)",
            )
        found = list(find(given, base=self.base))
        if not found:
            raise no_histories(given)
        yield Found(len(found))
        self.looks = {case.shown: look_at(self.base / case.shown) for case in found if isinstance(case, Case)}
        # One seed and the whole history reach what there is to reach; more would only take longer.
        config = replace(self.config, seeds=1, every_prefix=False)
        async with ReplayPool(config, measure=True) as pool, aclosing(judgements(pool, found)) as judged:
            async for judgement in judged:
                entry = self._entry(judgement)
                self.entries.append(entry)
                yield Surveyed(entry)
            if config.workflows or config.factory:
                self.basis = Basis.UNMEASURED if pool.imported is None else Basis.CODE
            self._import(pool.imported)
            self.problems = pool.problems

    def _entry(self, judgement: Judgement) -> Entry:
        """Keep of a judgement what is small."""
        path, verdict, shape = judgement.case.shown, judgement.verdict, judgement.shape
        problem = verdict.problem if isinstance(verdict, Inconclusive) else None
        replayed = bool(self.config.workflows or self.config.factory)
        if shape is not None and not replayed:
            problem = None
        return Entry(
            path=path,
            size=self.looks[path].size if path in self.looks else 0,
            run=None if shape is None else self._run(judgement, shape, counts=problem is None),
            problem=problem,
            verdict=name_of(verdict) if replayed else "",
        )

    def _run(self, judgement: Judgement, shape: RunShape, *, counts: bool) -> Run:
        if counts and shape.reached is not None:
            for file, arcs in shape.reached.files:
                self.reached.setdefault(file, set()).update(arcs)
        return Run(
            workflow_type=shape.workflow_type,
            workflow_id=judgement.identity.workflow_id if judgement.identity else "",
            status=shape.status,
            events=judgement.events,
            started=shape.started,
            ended=shape.stamps.ended,
            steps=text_of(shape.steps),
            patches=patches_text(shape),
            sdks=shape.stamps.sdks,
            builds=shape.stamps.builds,
            covers=self.catalogue.bits(features(shape)),
        )

    def _import(self, imported: Imported | None) -> None:
        """Count what importing runs, in files of workflows and in those that a run came through."""
        if imported is None:
            return
        for file in imported.modules:
            self.reached.setdefault(file, set())
        for file, arcs in imported.reached.files:
            if file in self.reached:
                self.reached[file].update(arcs)
