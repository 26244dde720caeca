"""The histories of a gate on their way: from the cache, by head alone, or by both versions."""

import os
from collections.abc import AsyncGenerator, Iterable
from contextlib import aclosing
from dataclasses import dataclass
from pathlib import Path

from replaykit.adapters.gate_cache import Asked, GateCache, settings_of
from replaykit.adapters.history_file import LARGEST, title_of
from replaykit.config import Config
from replaykit.jobs.gate_blind import Seen
from replaykit.jobs.gate_side import WHOLE, Side
from replaykit.model.case import Case, Judgement
from replaykit.model.gate import GateVerdict, Standing
from replaykit.model.passed import Passed, Traits
from replaykit.rules import accept
from replaykit.rules.passed import SAME, passed_of, traits_of
from replaykit.rules.relocate import relocated


@dataclass(slots=True)
class _Item:
    """One history on its way: what is known of both versions, from the cache or from a replay."""

    case: Case
    group: str
    of_head: Asked | None = None
    of_base: Asked | None = None
    base: Passed | None = None
    head: Passed | None = None
    base_judged: Judgement | None = None
    head_judged: Judgement | None = None

    @property
    def alike(self) -> bool:
        """Whether both versions are known to pass, asking for the same."""
        return self.base is not None and self.head is not None and self.base.stream == self.head.stream


class Run:
    """Judges histories one after the other, and remembers what they told."""

    def __init__(self, config: Config, head: Side, base: Side, cache: GateCache) -> None:
        """Compare the two versions; `cache` holds what earlier runs found."""
        self._accepted = accept.parse(config.accept)
        self._head, self._base, self._cache = head, base, cache
        # Both load what the base's own configuration says; only where it says the same do entries mean the same.
        self._alike = settings_of(base.config) == settings_of(head.config)
        self.seen = Seen()
        self.given: list[GateVerdict] = []

    def missing(self, judgement: Judgement) -> GateVerdict:
        """Give the verdict on a path that does not exist."""
        return self._give(self._gated(judgement, judgement), None)

    async def verdicts(self, cases: Iterable[Case]) -> AsyncGenerator[GateVerdict, None]:
        """Judge the change: by the cache, by head alone where base read the same, else by both versions."""
        items = [await self._looked_up(case) for case in cases]
        await self._replay_head([item for item in items if item.head is None])
        for item in items:
            if item.base is None and item.of_base:
                # What head has just read may be what base would read.
                item.base = self._cache.look_up(item.of_base, self._base.code)
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
                verdict = self._gated(item.base_judged, item.head_judged)
                yield self._give(verdict, traits_of(item.head_judged) or traits_of(item.base_judged))

    async def _looked_up(self, case: Case) -> _Item:
        digest = self._cache.digest_of(case.path)
        if digest is None:
            return _Item(case, WHOLE)
        name = os.path.basename(case.path)  # noqa: PTH119 - there may be ten thousand
        group = await self._head.group_of(self._type_of(case.path, digest)) if self._head.has_groups else WHOLE
        of_head = self._cache.asked(digest, name, self._head.config, group)
        of_base = of_head if self._alike else self._cache.asked(digest, name, self._base.config, group)
        item = _Item(case, group, of_head, of_base)
        item.head = self._cache.look_up(of_head, self._head.code)
        item.base = self._cache.look_up(of_base, self._base.code)
        return item

    def _type_of(self, path: str, digest: str) -> str:
        known = self._cache.title(digest)
        if known is None:
            known, _ = title_of(Path(path), largest=LARGEST)
            self._cache.entitle(digest, known)
        return known

    async def _replay_head(self, items: list[_Item]) -> None:
        by_path = {item.case.path: item for item in items}
        async with aclosing(self._head.replay((item.group, item.case) for item in items)) as judged:
            async for judgement, reads in judged:
                item = by_path[judgement.case.path]
                item.head_judged, item.head = judgement, passed_of(judgement)
                if item.head is not None and item.of_head:
                    self._cache.keep(item.of_head, item.head, reads, self._head.code)

    async def _replay_base(self, items: list[_Item]) -> None:
        if not items:
            return
        by_path = {item.case.path: item for item in items}
        asked = ((item.group if self._alike else WHOLE, item.case) for item in items)
        async with aclosing(self._base.replay(asked)) as judged:
            async for judgement, reads in judged:
                item = by_path[judgement.case.path]
                item.base = passed_of(judgement)
                item.base_judged = relocated(judgement, str(self._base.code.root), str(self._head.code.root))
                if item.base is not None and item.of_base:
                    self._cache.keep(item.of_base, item.base, reads, self._base.code)

    def _gated(self, base: Judgement, head: Judgement) -> GateVerdict:
        # Where all is known to pass nothing is compared, and what compares is not loaded.
        from replaykit.rules.gate import gated  # noqa: PLC0415 - as said above

        return gated(base, head, self._accepted)

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
