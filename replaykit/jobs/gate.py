"""The gate job: base and head replay the corpus, and what differs between them is the change."""

import time
from collections.abc import AsyncGenerator, Iterable
from contextlib import aclosing
from dataclasses import dataclass, field, fields, replace
from pathlib import Path
from typing import TypeAlias

from replaykit.adapters.corpus import find
from replaykit.adapters.gate_cache import Asked, GateCache, settings_of
from replaykit.adapters.git import repository_around
from replaykit.adapters.history_file import LARGEST, title_of
from replaykit.adapters.project import FILE, load_config
from replaykit.config import Config
from replaykit.errors import BaseUnloadable, ConfigInvalid, NothingConfigured
from replaykit.jobs.gate_blind import Seen, Wish, blind_spots, demands, removed_histories
from replaykit.jobs.gate_side import WHOLE, Side
from replaykit.jobs.replay import Found, check_workflows, no_histories
from replaykit.model.case import Case, Judgement
from replaykit.model.gate import Effort, GateReport, GateVerdict, Revision, Standing
from replaykit.model.passed import Passed, Traits
from replaykit.model.patches import PatchVerdict, of_change
from replaykit.rules import accept
from replaykit.rules.gate import SAME, gated
from replaykit.rules.gate_patches import explained
from replaykit.rules.passed import passed_of, traits_of
from replaykit.rules.relocate import relocated


@dataclass(frozen=True, slots=True)
class Gated:
    """The change has been judged by one more history."""

    verdict: GateVerdict


@dataclass(frozen=True, slots=True)
class Reported:
    """Every history has been looked at."""

    report: GateReport


Event: TypeAlias = Found | Gated | Reported


async def gate(
    config: Config, configured: Config, paths: Iterable[str], wish: Wish, *, base: Path
) -> AsyncGenerator[Event, None]:
    """Judge what changed between a revision and the working tree by every history below `paths`.

    Args:
        config: The settings in force.
        configured: Those of the project alone: what differs was given as options, and holds for the base, too.
        paths: Files and directories of histories.
        wish: What is asked.
        base: What relative paths count from.

    Yields:
        `Found` once, `Gated` for each history, `Reported` last. Whoever stops iterating closes the generator: that ends
        every replay process and takes the checkout of the base away.

    Raises:
        NothingConfigured: No paths or no workflows are given.
        NoHistories: The paths hold no history.
        GateError: The base cannot be compared with.
        WorkflowsUnloadable: No workflow of the head could be loaded.
    """
    check_workflows(config)
    accept.parse(config.accept)
    given = tuple(paths)
    if not given:
        raise NothingConfigured(
            "There is nothing to gate with.",
            cause="no PATH was given, and [tool.replaykit] histories is not set",
            fix="replaykit gate --base origin/main fixtures/   (histories come from: replaykit export WORKFLOW_ID)",
        )
    found = list(find(given, base=base))
    if not found:
        raise no_histories(given)
    config = replace(config, root=str(Path(config.root).resolve()))
    repository = repository_around(Path(config.root))
    commit = repository.commit_of(wish.base)
    yield Found(len(found))
    started = time.perf_counter()
    with repository.checked_out(commit) as tree:
        of_base = _of_base(config, configured, repository.top, tree)
        cases = [case for case in found if isinstance(case, Case)]
        removed = removed_histories(given, cases, base=base, top=repository.top, tree=tree)
        async with (
            Side(config, repository.top) as head,
            Side(of_base, tree, instead_of=repository.top) as other,
        ):
            run = _Run(config, head, other, GateCache(Path(config.root), on=wish.cache))
            for one in found:
                if isinstance(one, Judgement):
                    yield Gated(run.missing(one))
            async with aclosing(run.verdicts(cases)) as verdicts:
                async for verdict in verdicts:
                    yield Gated(verdict)
            ready = await head.ready()
            blind = blind_spots(
                run.seen,
                run.given,
                names=ready.names,
                imported=ready.imported,
                changed=_below(repository.changed_lines(commit), repository.top, Path(config.root)),
                removed=removed,
                root=Path(config.root),
                fresh_since=wish.fresh_since,
            )
            patched = await _patches(config, commit, given, wish, here=base)
            cached = sum(verdict.cached for verdict in run.given)
            effort = Effort(other.replays, head.replays, cached, time.perf_counter() - started)
    yield Reported(
        GateReport(
            root=config.root,
            base=Revision(wish.base, commit),
            head=Revision("working tree", repository.head(), dirty=repository.is_dirty()),
            verdicts=tuple(sorted(explained(run.given, patched), key=lambda verdict: verdict.case.shown)),
            blind=blind,
            demands=demands(wish, blind),
            problems=ready.problems,
            effort=effort,
            patches=patched,
        )
    )


async def _patches(
    config: Config, commit: str, corpus: tuple[str, ...], wish: Wish, *, here: Path
) -> tuple[PatchVerdict, ...]:
    """Judge what the change does to patches; those that it leaves alone are no part of it."""
    # It speaks with servers: `replaykit gate --help` does not.
    from replaykit.jobs.patches import Answered, Question, patches  # noqa: PLC0415 - it loads the SDK's client

    question = Question((), commit, corpus, wish.connection, wish.limit)
    found: tuple[PatchVerdict, ...] = ()
    async with aclosing(patches(config, question, here=here)) as events:
        async for event in events:
            if isinstance(event, Answered):
                found = event.verdicts
    return tuple(verdict for verdict in found if of_change(verdict))


@dataclass(slots=True)
class _Item:
    """One history on its way: what is known of both versions, from the cache or from a replay."""

    case: Case
    group: str
    asked: dict[str, Asked] = field(default_factory=dict)
    base: Passed | None = None
    head: Passed | None = None
    base_judged: Judgement | None = None
    head_judged: Judgement | None = None

    @property
    def alike(self) -> bool:
        """Whether both versions are known to pass, asking for the same."""
        return self.base is not None and self.head is not None and self.base.stream == self.head.stream


class _Run:
    def __init__(self, config: Config, head: Side, base: Side, cache: GateCache) -> None:
        self._accepted = accept.parse(config.accept)
        self._head, self._base, self._cache = head, base, cache
        self.seen = Seen()
        self.given: list[GateVerdict] = []

    def missing(self, judgement: Judgement) -> GateVerdict:
        """Give the verdict on a path that does not exist."""
        return self._give(gated(judgement, judgement, self._accepted), None)

    async def verdicts(self, cases: Iterable[Case]) -> AsyncGenerator[GateVerdict, None]:
        """Judge the change: by the cache, by head alone where base read the same, else by both versions."""
        items = [await self._looked_up(case) for case in cases]
        await self._replay_head([item for item in items if item.head is None])
        for item in items:
            if item.base is None and item.asked:
                # What head has just read may be what base would read.
                item.base = self._cache.look_up(item.asked["base"], self._base.code)
            if item.alike:
                yield self._passed(item)
        apart = [item for item in items if not item.alike]
        await self._replay_base(apart)
        differing = [item for item in apart if not item.alike and item.head_judged is None]
        await self._replay_head(differing)
        for item in apart:
            if item.alike and item.head_judged is None:
                yield self._passed(item)
            elif item.base_judged is not None and item.head_judged is not None:
                verdict = gated(item.base_judged, item.head_judged, self._accepted)
                yield self._give(verdict, traits_of(item.head_judged) or traits_of(item.base_judged))

    async def _looked_up(self, case: Case) -> _Item:
        try:
            content = Path(case.path).read_bytes()
        except OSError:
            return _Item(case, WHOLE)
        workflow_type, _ = title_of(Path(case.path), largest=LARGEST)
        group = await self._head.group_of(workflow_type)
        item = _Item(case, group)
        name = Path(case.path).name
        item.asked = {
            "head": self._cache.asked(content, name, self._head.config, group),
            "base": self._cache.asked(content, name, self._base.config, group),
        }
        item.head = self._cache.look_up(item.asked["head"], self._head.code)
        item.base = self._cache.look_up(item.asked["base"], self._base.code)
        return item

    async def _replay_head(self, items: list[_Item]) -> None:
        by_path = {item.case.path: item for item in items}
        async with aclosing(self._head.replay((item.group, item.case) for item in items)) as judged:
            async for judgement, reads in judged:
                item = by_path[judgement.case.path]
                item.head_judged, item.head = judgement, passed_of(judgement)
                if item.head is not None and item.asked:
                    self._cache.keep(item.asked["head"], item.head, reads, self._head.code)

    async def _replay_base(self, items: list[_Item]) -> None:
        if not items:
            return
        # Both load what the base's own configuration says; only where it says the same do entries mean the same.
        shared = settings_of(self._base.config) == settings_of(self._head.config)
        by_path = {item.case.path: item for item in items}
        asked = ((item.group if shared else WHOLE, item.case) for item in items)
        async with aclosing(self._base.replay(asked)) as judged:
            async for judgement, reads in judged:
                item = by_path[judgement.case.path]
                item.base = passed_of(judgement)
                item.base_judged = relocated(judgement, str(self._base.code.root), str(self._head.code.root))
                if item.base is not None and item.asked:
                    self._cache.keep(item.asked["base"], item.base, reads, self._base.code)

    def _passed(self, item: _Item) -> GateVerdict:
        if item.head is None:
            raise RuntimeError(f"{item.case.shown} is not known to pass")
        verdict = GateVerdict(
            case=item.case,
            standing=Standing.PASSED,
            reason=SAME,
            workflow_type=item.head.traits.workflow_type,
            judgement=item.head_judged,
            unverified=item.head.unverified,
            cached=item.head_judged is None and item.base_judged is None,
        )
        return self._give(verdict, item.head.traits)

    def _give(self, verdict: GateVerdict, traits: Traits | None) -> GateVerdict:
        self.given.append(verdict)
        if traits is not None:
            self.seen.traits.append(traits)
        return verdict


def _of_base(config: Config, configured: Config, top: Path, tree: Path) -> Config:
    """Return the settings of the base: its own, overridden by the options given, and by what is asked of the corpus.

    Raises:
        BaseUnloadable: The base has no such project, or settings that cannot be used.
    """
    root = tree / Path(config.root).relative_to(top)
    if not root.is_dir():
        raise BaseUnloadable(
            "The base does not have this project.",
            cause=f"there is no directory {Path(config.root).relative_to(top)} in it",
            fix="name a base that has it: --base REV; replaykit replay checks a project that is new",
        )
    try:
        own = load_config(root) if (root / FILE).is_file() else config
    except ConfigInvalid as error:
        raise BaseUnloadable(
            "The base's settings cannot be used.", cause=error.problem.cause, fix="name a later base: --base REV"
        ) from None
    options = {one.name for one in fields(Config) if getattr(config, one.name) != getattr(configured, one.name)}
    asked = {"histories", "accept", "deadline", "processes", "drift", "codec_access", "seeds", "every_prefix"}
    taken = {name: getattr(config, name) for name in options | asked}
    found = replace(own, **taken)
    paths = tuple(_moved(Path(path), top, tree) for path in found.python_path)
    return replace(found, root=str(root), python_path=paths)


def _moved(path: Path, top: Path, tree: Path) -> str:
    whole = path.resolve()
    return str(tree / whole.relative_to(top)) if whole.is_relative_to(top) else str(path)


def _below(changed: dict[str, frozenset[int]], top: Path, root: Path) -> dict[str, frozenset[int]]:
    """Write the paths of changed files as seen from the project."""
    found = {}
    for name, lines in changed.items():
        path = top / name
        found[path.relative_to(root).as_posix() if path.is_relative_to(root) else path.as_posix()] = lines
    return found
