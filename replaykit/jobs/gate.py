"""The gate job: base and head replay the corpus, and what differs between them is the change."""

import asyncio
import time
from collections.abc import AsyncGenerator, Iterable
from contextlib import aclosing, closing
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, TypeAlias

from replaykit.adapters.corpus import find
from replaykit.adapters.file_digests import Digests
from replaykit.adapters.gate_cache import GateCache
from replaykit.adapters.git import repository_around
from replaykit.config import Config
from replaykit.errors import NothingConfigured
from replaykit.jobs.gate_base import base_of
from replaykit.jobs.gate_blind import Wish, blind_spots, demands, removed_histories
from replaykit.jobs.gate_run import Run
from replaykit.jobs.gate_side import BaseSide, Side
from replaykit.jobs.given import Found, check_workflows, no_histories
from replaykit.jobs.patch_sources import sources
from replaykit.model.case import Case, Judgement
from replaykit.model.gate import Effort, GateReport, GateVerdict, Revision
from replaykit.rules import accept

if TYPE_CHECKING:
    from replaykit.model.patches import PatchVerdict


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
    # What git tells of the working tree needs nobody's waiting.
    told = asyncio.gather(
        asyncio.to_thread(repository.changed_lines, commit),
        asyncio.to_thread(repository.head),
        asyncio.to_thread(repository.is_dirty),
    )
    with repository.beside(commit) as checkout:
        version = base_of(checkout)
        of_base = version.config(config, configured)
        cases = [case for case in found if isinstance(case, Case)]
        removed = removed_histories(version.histories(given, base=base), cases, base=base)
        cache = GateCache(Path(config.root), on=wish.cache)
        with closing(cache):
            async with Side(config, Digests(repository.top), cache) as head, BaseSide(of_base, version, cache) as other:
                run = Run(config, head, other, cache)
                for one in found:
                    if isinstance(one, Judgement):
                        yield Gated(run.missing(one))
                async with aclosing(run.verdicts(cases)) as verdicts:
                    async for verdict in verdicts:
                        yield Gated(verdict)
                ready = await head.ready()
        code, before = sources(config, (), commit, here=base)
        judged: Iterable[GateVerdict] = run.given
        patched: tuple[PatchVerdict, ...] = ()
        if before is not None and code != before:
            # Most changes leave workflow code alone, and need nothing of this.
            from replaykit.jobs.gate_patches import patches_of_change  # noqa: PLC0415 - as said above
            from replaykit.rules.gate_patches import explained  # noqa: PLC0415 - as said above

            patched = await patches_of_change(code, before, config, wish, commit=commit, corpus=given, here=base)
            judged = explained(run.given, patched)
        changed, at, dirty = await told
        blind = blind_spots(
            run.seen,
            run.given,
            names=ready.names,
            imported=ready.imported,
            changed=_below(changed, repository.top, Path(config.root)),
            removed=removed,
            root=Path(config.root),
            fresh_since=wish.fresh_since,
        )
        cached = sum(verdict.cached for verdict in run.given)
        effort = Effort(other.replays, head.replays, cached, time.perf_counter() - started)
    yield Reported(
        GateReport(
            root=config.root,
            base=Revision(wish.base, commit),
            head=Revision("working tree", at, dirty=dirty),
            verdicts=tuple(sorted(judged, key=lambda verdict: verdict.case.shown)),
            blind=blind,
            demands=demands(wish, blind),
            problems=ready.problems,
            effort=effort,
            patches=patched,
        )
    )


def _below(changed: dict[str, frozenset[int]], top: Path, root: Path) -> dict[str, frozenset[int]]:
    """Write the paths of changed files as seen from the project."""
    found = {}
    for name, lines in changed.items():
        path = top / name
        found[path.relative_to(root).as_posix() if path.is_relative_to(root) else path.as_posix()] = lines
    return found
